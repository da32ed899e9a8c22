"""Settings, read from the environment. docs/settings.md lists them; `manage.py check` reports wrong ones.

A secret can be given as a file too: `NAME_FILE=/run/secrets/name` stands for `NAME=…`.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from dashboard.intake.report import Limits
from kindmap import broker, environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = environment.Env()

VERSION = match[1] if (match := re.search(r"^## (\S+)", (BASE_DIR / "CHANGELOG.md").read_text(), re.M)) else "unknown"

# Everything kindmap writes lies below this folder: database, uploads, broker socket, secret key.
DATA_DIR = environment.data_folder(env("KINDMAP_DATA_DIR", default=str(BASE_DIR / "var")))
SECRET_KEY = env("SECRET_KEY", default="") or environment.kept_secret_key(DATA_DIR)
DEBUG = env.bool("DEBUG", default=False)
# The address people use, such as https://kindmap.example.org: links in answers and the allowed host come from it.
SITE_URL = env("SITE_URL", default="").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
if SITE_URL:
    ALLOWED_HOSTS.append(urlsplit(SITE_URL).hostname or SITE_URL)
    CSRF_TRUSTED_ORIGINS = [SITE_URL]
ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_rq",
    "ninja",
    "dashboard",
    "runner",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "kindmap.urls"
WSGI_APPLICATION = "kindmap.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": environment.database(env, DATA_DIR) | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# REDIS_URL, else the broker that `make run` starts beside the data.
REDIS_URL = env("REDIS_URL", default=broker.default_url(DATA_DIR))
RQ_QUEUES = {"intake": {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 900}}
RQ = {"WORKER_CLASS": "dashboard.intake.worker.IntakeWorker"}

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files", "base_url": None},
    },
    "staticfiles": {"BACKEND": "kindmap.static.StaticFiles"},
}
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "repositories"
LOGOUT_REDIRECT_URL = "repositories"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# Nothing but kindmap itself is ever asked by a page.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if SITE_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_SUBDOMAINS", default=True)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

# What intake accepts: `KINDMAP_LIMIT_UPLOAD_BYTES=…` and so on, one for each field of Limits.
LIMITS = Limits(
    **{
        name: env.int(f"KINDMAP_LIMIT_{name.upper()}", default=default)
        for name, default in ((field.name, field.default) for field in Limits.__dataclass_fields__.values())
    }
)
# A worker that took an upload and died gives it back after this long.
INTAKE_LEASE_SECONDS = env.int("KINDMAP_INTAKE_LEASE_SECONDS", default=60)
# An upload is tried this often before it is rejected with the error that stopped it.
INTAKE_TRIES = env.int("KINDMAP_INTAKE_TRIES", default=5)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {"rq.worker": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
}
