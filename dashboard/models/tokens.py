"""Bearer tokens of CI and scripts."""

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from dashboard.models.repositories import Repository


class ApiToken(models.Model):
    """A bearer token. Only its hash is kept: it is shown once, when it is made.

    It is random, so one round of SHA-256 is enough; a slow hash is for passwords that people choose.
    """

    PREFIX = "kindmap_"

    name = models.CharField(max_length=100)
    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(max_length=20)  # its first characters, to tell tokens apart
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens", null=True)
    repositories = models.ManyToManyField(Repository, related_name="tokens", blank=True)
    is_for_all_repositories = models.BooleanField(default=False)
    may_upload = models.BooleanField(default=True)
    may_read = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @classmethod
    def issue(cls, name: str, **fields: Any) -> tuple["ApiToken", str]:
        """A new token and its secret, which nobody can read again later."""
        secret = cls.PREFIX + secrets.token_urlsafe(32)
        hint = secret[: len(cls.PREFIX) + 4]
        return cls.objects.create(name=name, digest=cls.digest_of(secret), hint=hint, **fields), secret

    @staticmethod
    def digest_of(secret: str) -> bytes:
        return hashlib.sha256(secret.encode()).digest()

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())
