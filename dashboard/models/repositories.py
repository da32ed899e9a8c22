"""Repositories, and who may see and change them."""

import re
from typing import Any

from django.conf import settings
from django.db import models

RESERVED_OWNERS = frozenset({"-", "admin", "api", "static"})
"""First parts of kindmap's own addresses."""

_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


def parts_of(full_name: str) -> tuple[str, str]:
    """`owner/name` in two; ValueError when it is none."""
    owner, _, name = full_name.partition("/")
    if not _PART.fullmatch(owner) or not _PART.fullmatch(name):
        raise ValueError(f"{full_name[:100]!r} is no owner/name of letters, digits and . _ -")
    if owner.lower() in RESERVED_OWNERS:
        raise ValueError(f"{owner} cannot be an owner: kindmap's own pages live there")
    return owner, name


class Repository(models.Model):
    """A repository, as on GitHub: `owner/name`."""

    owner = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    slug = models.CharField(max_length=201, unique=True, editable=False)  # owner/name in lower case: case is ignored
    is_public = models.BooleanField(default=False, help_text="Anybody may read it without logging in.")
    is_demo = models.BooleanField(default=False, editable=False)
    default_branch = models.CharField(
        max_length=255, blank=True, help_text="The branch its page opens with; empty: main, master or the newest."
    )
    # Counted under the repository's lock when tests are added, so that the limit costs no COUNT.
    test_count = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "repositories"
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.full_name.lower()
        super().save(*args, **kwargs)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


class Membership(models.Model):
    """A person's part in a repository."""

    class Role(models.TextChoices):
        VIEWER = "viewer", "may read"
        MAINTAINER = "maintainer", "may read, make tokens and change settings"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "repository"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.repository}: {self.role}"
