"""Fill the demo repository, or remove it."""

import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dashboard.demo.send import NotAccepted, send_all
from dashboard.models import ApiToken, Repository
from dashboard.removal import remove_repository

OWNER, NAME = "demo", "kind-matrix"


class Command(BaseCommand):
    help = f"Fill the repository {OWNER}/{NAME} with made-up results, sent to the running server like any CI's."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="the running server (default: %(default)s)")
        parser.add_argument("--remove", action="store_true", help="remove the demo and everything in it instead")

    def handle(self, *args: Any, **options: Any) -> None:
        self.verbosity = options["verbosity"]
        if options["remove"]:
            self._remove()
        else:
            self._fill(options["url"].rstrip("/"))

    def _fill(self, site: str) -> None:
        repository, _ = Repository.objects.get_or_create(
            slug=f"{OWNER}/{NAME}", defaults={"owner": OWNER, "name": NAME, "is_demo": True, "is_public": True}
        )
        if not repository.is_demo:
            raise CommandError(f"{repository} exists and is not the demo's.")
        token, secret = ApiToken.issue("demo", may_read=False, expires_at=timezone.now() + timedelta(minutes=15))
        token.repositories.add(repository)
        started = time.monotonic()
        try:
            # Counted from when the repository was made, so that the same runs are sent when this is run again.
            newest_at = repository.created_at - timedelta(minutes=30)
            count = send_all(site, repository.full_name, secret, newest_at, self._progress)
        except (NotAccepted, OSError) as error:
            raise CommandError(f"{site} did not take the demo's results: {error}") from error
        finally:
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
        self.stdout.write(f"{count} reports sent in {time.monotonic() - started:.1f} s; see {site}/{repository}/")

    def _progress(self, count: int) -> None:
        if self.verbosity > 1:
            self.stdout.write(f"{count} reports sent")

    def _remove(self) -> None:
        for repository in Repository.objects.filter(is_demo=True):
            ApiToken.objects.filter(name="demo", repositories=repository).delete()
            files = remove_repository(repository)
            self.stdout.write(f"{repository} and its {files} files are removed.")
