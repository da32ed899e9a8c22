"""Wrong settings, told by `manage.py check`, by `make run` and by every command before it does anything.

What cannot be read at all (DATABASE_URL, a number that is none) stops kindmap earlier: kindmap/environment.py.
"""

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import redis
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register
def data_folder(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    folder = settings.DATA_DIR
    if os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"{folder} cannot be written by the user {os.getuid()}.",
            hint=f"chown {os.getuid()} {folder}, or name another folder with KINDMAP_DATA_DIR.",
            id="kindmap.E001",
        )
    ]


@register
def broker_url(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        redis.ConnectionPool.from_url(settings.REDIS_URL).disconnect()
    except ValueError as error:
        return [
            Error(
                f"REDIS_URL cannot be read: {error}",
                hint="It must be such as redis://user:password@host:6379/0, rediss://… or unix:///path/to.sock?db=0.",
                id="kindmap.E002",
            )
        ]
    return []


@register
def site_url(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.SITE_URL:
        return []
    parts = urlsplit(settings.SITE_URL)
    if parts.scheme in ("http", "https") and parts.hostname and not parts.path and not parts.query:
        return []
    return [
        Error(
            f"SITE_URL is {settings.SITE_URL!r}, which is not the address of a site.",
            hint="It must be a scheme and a host, with no path: https://kindmap.example.org",
            id="kindmap.E003",
        )
    ]


@register
def limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    fields = type(settings.LIMITS).__dataclass_fields__
    return [
        Error(f"KINDMAP_LIMIT_{name.upper()} must be greater than 0.", id="kindmap.E004")
        for name in fields
        if getattr(settings.LIMITS, name) <= 0
    ]


@register(Tags.security, deploy=True)
def site_url_in_production(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.SITE_URL:
        return []
    return [
        Warning(
            "SITE_URL is not set: only this machine can open kindmap, and links in answers name what the caller called.",
            hint="SITE_URL=https://kindmap.example.org",
            id="kindmap.W001",
        )
    ]
