"""Try rejected uploads again, after an upgrade or a change of limits."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.intake import queue
from dashboard.models import Upload


class Command(BaseCommand):
    help = "Try rejected uploads again: all of them, those of a repository, or some by their ids. The worker does the work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "uploads", nargs="*", type=int, metavar="ID", help="ids of uploads; none: all rejected ones"
        )
        parser.add_argument("--repository", metavar="OWNER/NAME", help="only this repository's")

    def handle(self, *args: Any, **options: Any) -> None:
        rejected = Upload.objects.filter(state=Upload.State.REJECTED)
        if options["repository"]:
            rejected = rejected.filter(repository__slug=options["repository"].lower())
        if options["uploads"]:
            rejected = rejected.filter(pk__in=options["uploads"])
            if unknown := sorted(set(options["uploads"]) - set(rejected.values_list("pk", flat=True))):
                raise CommandError(f"no rejected uploads: {', '.join(map(str, unknown))}")
        count = rejected.update(state=Upload.State.RECEIVED, reason="", finished_at=None)
        queue.wake()
        self.stdout.write(f"{count:,} uploads are waiting for the worker.")
