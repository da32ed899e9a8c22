"""manage.py create_token"""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dashboard.models import ApiToken, Repository

SECRET = re.compile(r"^    (kindmap_\S+)$", re.MULTILINE)


def run(*arguments):
    output = StringIO()
    call_command("create_token", *arguments, stdout=output)
    return output.getvalue()


def test_it_makes_the_repository_if_asked_and_a_token_for_it_alone(db):
    with pytest.raises(CommandError, match="no repository acme/widgets; --create"):
        run("acme/widgets")
    output = run("acme/widgets", "--create", "--name", "nightly", "--days", "30")
    token = ApiToken.objects.get(digest=ApiToken.digest_of(SECRET.search(output)[1]))
    assert token.name == "nightly"
    assert [str(repository) for repository in token.repositories.all()] == ["acme/widgets"]
    assert not token.is_for_all_repositories
    assert abs(token.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert not Repository.objects.get().is_public


def test_a_repository_is_found_whatever_its_case(repository):
    run("ACME/Widgets", "--create")
    assert Repository.objects.get().tokens.count() == 1


def test_a_token_for_all_repositories_that_never_expires(db):
    run("--all-repositories", "--days", "0")
    token = ApiToken.objects.get()
    assert token.is_for_all_repositories
    assert token.expires_at is None


@pytest.mark.parametrize(
    "arguments", [[], ["acme/widgets", "--all-repositories"], ["acme", "--create"], ["-/x", "--create"]]
)
def test_what_it_is_for_must_be_clear(db, arguments):
    with pytest.raises(CommandError):
        run(*arguments)
    assert not ApiToken.objects.exists()


def test_the_line_that_it_prints_sends_a_report(live_stack, tmp_path):
    import shutil
    import subprocess

    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    (tmp_path / "report.xml").write_text('<testsuite name="s"><testcase classname="c" name="t"/></testsuite>')
    line = run("acme/widgets", "--create").strip().splitlines()[-1].strip()
    line = line.replace("$(git rev-parse HEAD)", "a" * 40).replace("http://127.0.0.1:8000", live_stack.url)
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    live_stack.wait_until_idle()
    assert Repository.objects.get().uploads.get().state == "recorded"
