"""Wrong settings are told by name."""

import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from dashboard import checks
from dashboard.intake.report import Limits
from kindmap import environment


def ids(messages):
    return [message.id for message in messages]


@pytest.mark.parametrize("url", ["kindmap.example.org", "ftp://host", "https://host/kindmap", "https://"])
def test_a_site_url_that_is_no_site(settings, url):
    settings.SITE_URL = url
    assert ids(checks.site_url(None)) == ["kindmap.E003"]


@pytest.mark.parametrize("url", ["", "http://host:8000", "https://kindmap.example.org"])
def test_a_site_url_that_is_right(settings, url):
    settings.SITE_URL = url
    assert not checks.site_url(None)


def test_production_wants_a_site_url(settings):
    settings.SITE_URL = ""
    assert ids(checks.site_url_in_production(None)) == ["kindmap.W001"]
    settings.SITE_URL = "https://kindmap.example.org"
    assert not checks.site_url_in_production(None)


@pytest.mark.parametrize("url", ["localhost:6379", "redis://host:port/0"])
def test_a_broker_url_that_is_none(settings, url):
    settings.REDIS_URL = url
    assert ids(checks.broker_url(None)) == ["kindmap.E002"]


def test_a_limit_of_nothing(settings):
    settings.LIMITS = Limits(nesting=0)
    messages = checks.limits(None)
    assert ids(messages) == ["kindmap.E004"]
    assert "KINDMAP_LIMIT_NESTING" in messages[0].msg


def test_a_data_folder_that_is_not_there(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "gone"
    assert ids(checks.data_folder(None)) == ["kindmap.E001"]


@pytest.mark.parametrize(
    "url", ["mysql://host/db", "kindmap", "postgresql://user:sesame@host:port/db", "postgresql://user:sesame@host"]
)
def test_a_database_url_that_is_none_is_not_repeated_with_its_password(monkeypatch, tmp_path, url):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL") as caught:
        environment.database(environment.Env(), tmp_path)
    assert "sesame" not in str(caught.value)


def test_the_database_is_sqlite_in_the_data_folder_until_told_otherwise(monkeypatch, tmp_path):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert environment.database(environment.Env(), tmp_path)["NAME"] == str(tmp_path / "kindmap.sqlite3")
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:pass@host:5433/name")
    found = environment.database(environment.Env(), tmp_path)
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("host", 5433, "name")


def test_a_number_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("KINDMAP_INTAKE_TRIES", "many")
    with pytest.raises(ImproperlyConfigured, match="KINDMAP_INTAKE_TRIES is 'many', which is no whole number"):
        environment.Env().int("KINDMAP_INTAKE_TRIES", default=5)


def test_a_secret_may_come_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("from a file")
    monkeypatch.setenv("SOME_SECRET_FILE", str(tmp_path / "secret"))
    assert environment.Env()("SOME_SECRET") == "from a file"
    monkeypatch.setenv("OTHER_SECRET_FILE", str(tmp_path / "gone"))
    with pytest.raises(ImproperlyConfigured, match="OTHER_SECRET_FILE"):
        environment.Env()("OTHER_SECRET")


def test_a_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    key = environment.kept_secret_key(tmp_path)
    assert len(key) >= 50
    assert environment.kept_secret_key(tmp_path) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ImproperlyConfigured, match=r"KINDMAP_DATA_DIR: .*file/data"):
        environment.data_folder(str(tmp_path / "file" / "data"))


def test_every_setting_of_the_environment_is_documented_and_every_documented_one_exists():
    root = Path(django_settings.BASE_DIR)
    code = "".join((root / "kindmap" / name).read_text() for name in ("settings.py", "environment.py", "supervisor.py"))
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', code))
    read |= set(re.findall(r'os\.environ\.get\(\s*"([A-Z_]+)"', code))
    read |= {f"KINDMAP_LIMIT_{name.upper()}" for name in Limits.__dataclass_fields__}
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (root / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert documented == read


def test_the_documented_limits_have_their_real_defaults():
    text = (Path(django_settings.BASE_DIR) / "docs" / "settings.md").read_text()
    for name, field in Limits.__dataclass_fields__.items():
        row = re.search(rf"^\| `KINDMAP_LIMIT_{name.upper()}` \| ([\d,]+) ", text, re.MULTILINE)
        assert row is not None, name
        assert int(row[1].replace(",", "")) == field.default, name
