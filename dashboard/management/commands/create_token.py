"""Make an API token from a shell: for the first one, and for scripts that set kindmap up."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dashboard.models import ApiToken, Repository
from dashboard.models.repositories import parts_of


class Command(BaseCommand):
    help = "Make a token that may upload results, and show it once with a command line that uses it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("repository", nargs="?", metavar="OWNER/NAME", help="the repository that it is for")
        parser.add_argument("--create", action="store_true", help="make the repository if there is none")
        parser.add_argument("--name", default="ci", help="where it is used (default: ci)")
        parser.add_argument("--days", type=int, default=365, help="how long it is good for (default: 365; 0: for ever)")
        parser.add_argument(
            "--all-repositories",
            action="store_true",
            help="good for every repository; an unknown one is made by its upload",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["repository"]) == options["all_repositories"]:
            raise CommandError("Name a repository (owner/name) or give --all-repositories, one of the two.")
        if options["days"] < 0:
            raise CommandError("--days cannot be negative.")
        repository = None if options["all_repositories"] else self._repository(options["repository"], options["create"])
        token, secret = ApiToken.issue(
            options["name"],
            expires_at=timezone.now() + timedelta(days=options["days"]) if options["days"] else None,
            is_for_all_repositories=repository is None,
        )
        if repository:
            token.repositories.add(repository)
        until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "for ever"
        self.stdout.write(
            f"The token {token.name} for {repository or 'all repositories'}, good {until}, shown only now:\n\n"
        )
        self.stdout.write(f"    {secret}\n\nSend a report with it:\n\n    {self._curl(secret, repository)}\n")

    @staticmethod
    def _repository(full_name: str, create: bool) -> Repository:
        try:
            owner, name = parts_of(full_name)
        except ValueError as error:
            raise CommandError(str(error)) from None
        repository = Repository.objects.filter(slug=full_name.lower()).first()
        if repository is None:
            if not create:
                raise CommandError(f"There is no repository {full_name}; --create makes it.")
            repository = Repository.objects.create(owner=owner, name=name)
        return repository

    @staticmethod
    def _curl(secret: str, repository: Repository | None) -> str:
        site = settings.SITE_URL or "http://127.0.0.1:8000"
        name = repository.full_name if repository else "OWNER/NAME"
        query = f"repository={name}&commit=$(git rev-parse HEAD)&branch=main&job=unit"
        return (
            f'curl -fsS -H "Authorization: Bearer {secret}" --data-binary @report.xml "{site}/api/v1/uploads?{query}"'
        )
