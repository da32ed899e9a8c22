"""Bring in CI history that was kept as plain JSON lists."""

import io
import itertools
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.intake.history import UnreadableHistory, job_runs_of
from dashboard.intake.process import Processor
from dashboard.intake.receive import Body, receive_job_runs
from dashboard.models import Repository, Upload
from dashboard.models.repositories import parts_of

_BATCH = 500


class Command(BaseCommand):
    help = (
        "Import job runs, failure messages and commits from a folder of JSON lists (*jobs*.json, *annotations*.json, "
        "*commits*.json; dashboard/intake/history.py has their shape). Runs get the newest commit of their time, and the "
        "pages say so. A second import of the same files changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--repository", required=True, metavar="OWNER/NAME", help="made if it is not there, private"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner, name = parts_of(options["repository"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        repository, _ = Repository.objects.get_or_create(
            slug=f"{owner}/{name}".lower(), defaults={"owner": owner, "name": name}
        )
        processor = Processor()
        count, repeated = 0, 0
        try:
            runs = job_runs_of(options["folder"])
            while batch := list(itertools.islice(runs, _BATCH)):
                body = io.BytesIO(json.dumps({"job_runs": batch}).encode())
                upload, is_new = receive_job_runs(repository, Body(body))
                if is_new:
                    processor.process({upload.pk: 1})
                    upload.refresh_from_db()
                    if upload.state != Upload.State.RECORDED:
                        raise CommandError(f"upload {upload.pk} is {upload.state}: {upload.reason}")
                count, repeated = count + len(batch), repeated + (0 if is_new else len(batch))
                self.stderr.write(f"{count:,} job runs", ending="\r")
        except UnreadableHistory as error:
            raise CommandError(str(error)) from None
        known = f" ({repeated:,} were there already)" if repeated else ""
        self.stdout.write(f"{count:,} job runs in {repository}{known}, each at the newest commit of its time.")
