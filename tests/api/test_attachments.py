"""Files beside job runs."""

from urllib.parse import unquote

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage

from dashboard.models import Attachment, Repository
from tests.api.caller import SHAS, Caller, junit, work_all_off


def test_a_file_is_kept_listed_and_downloaded_as_it_came(ci: Caller) -> None:
    body = bytes(range(256)) * 5_000
    response = ci.attach(body, name="export.tar.gz")
    assert response.status_code == 201
    attachment = response.json()
    assert (attachment["name"], attachment["size_bytes"]) == ("export.tar.gz", len(body))
    assert ci.json(f"job-runs/{attachment['job_run_id']}/attachments")["items"] == [attachment]
    download = ci.get(attachment["url"])
    assert download.received == body
    assert download["Content-Disposition"] == 'attachment; filename="export.tar.gz"'
    assert download["Content-Type"] == "application/octet-stream"
    assert download["X-Content-Type-Options"] == "nosniff"
    assert download["Content-Length"] == str(len(body))
    assert download["Cache-Control"] == "private, no-cache"


def test_the_same_file_again_is_the_same_attachment(ci: Caller, settings: LazySettings) -> None:
    first, again = ci.attach(b"log"), ci.attach(b"log")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert ci.attach(b"got").status_code == 201  # other bytes of the same name and size
    assert ci.attach(b"log", name="other.txt").status_code == 201
    assert ci.attach(b"log", attempt=2).status_code == 201
    assert Attachment.objects.count() == 4
    assert sum(path.is_file() for path in (settings.DATA_DIR / "files").rglob("*")) == 4


def test_a_file_that_was_lost_can_be_sent_again(ci: Caller) -> None:
    lost = ci.attach(b"log").json()
    default_storage.delete(Attachment.objects.get().file)
    response = ci.get(lost["url"])
    assert (response.status_code, "no longer kept" in response.json()["detail"]) == (404, True)
    again = ci.attach(b"log")
    assert again.status_code == 201
    assert ci.get(again.json()["url"]).received == b"log"


def test_an_attachment_may_come_before_the_results(ci: Caller) -> None:
    attachment = ci.attach(b"log", run="7").json()
    assert ci.json(f"job-runs/{attachment['job_run_id']}")["verdict"] == "queued"
    ci.upload(junit([("TestA", "passed")]), run="7")
    work_all_off()
    (run,) = ci.json("job-runs")["items"]
    assert (run["id"], run["verdict"], run["counts"]["tests"]) == (attachment["job_run_id"], "passed", 1)


def test_an_attachment_after_the_results_changes_nothing_of_them(ci: Caller) -> None:
    ci.upload(junit([("TestA", "passed")]), run="7")
    work_all_off()
    before = ci.json("job-runs")
    ci.attach(b"log", run="7")
    assert ci.json("job-runs") == before


def test_an_empty_file_is_a_file(ci: Caller) -> None:
    assert ci.get(ci.attach(b"").json()["url"]).received == b""


@pytest.mark.parametrize("name", ["Bericht ☃.txt", 'a"b.txt', "a b;c=d.txt", "x.html", "%2e%2e.txt", "a" * 200])
def test_any_printable_name_is_kept_and_only_ever_downloaded(ci: Caller, name: str) -> None:
    response = ci.attach(b"<script>alert(1)</script>", name=name)
    assert response.json()["name"] == name
    download = ci.get(response.json()["url"])
    header = download["Content-Disposition"]
    assert header.startswith("attachment;")
    assert name in unquote(header.replace('\\"', '"')) or name in header
    assert "\n" not in header
    assert download["Content-Type"] == "application/octet-stream"
    assert "sandbox" in download["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", "../x", "a/b", "a\\b", "a\nb", "a\x00b", "a\u202etxt.exe", "a\x7f", "b" * 201, None],
)
def test_a_name_that_is_not_safe_is_refused(ci: Caller, settings: LazySettings, name: str | None) -> None:
    response = ci.attach(b"x", name=name)
    assert response.status_code == 422
    assert "name" in response.json()["detail"]
    assert not Attachment.objects.exists()
    assert not (settings.DATA_DIR / "files").exists()


def test_a_form_is_refused_with_the_remedy(ci: Caller) -> None:
    run = {"repository": "acme/widgets", "commit": SHAS[0], "job": "deep", "name": "x.txt"}
    response = ci.post("attachments", b"--b--", "multipart/form-data; boundary=b", **run)
    assert (response.status_code, "--data-binary" in response.json()["detail"]) == (422, True)


def test_a_mistake_in_a_parameter_is_told(ci: Caller) -> None:
    for query, words in (({"jbo": "x"}, "unknown: jbo"), ({"commit": "abc"}, "all 40 hexadecimal digits")):
        response = ci.attach(b"x", **query)
        assert (response.status_code, words in response.json()["detail"]) == (422, True)


def test_the_page_of_an_attachment_downloads_the_same(ci: Caller, nobody: Caller) -> None:
    attachment = ci.attach(b"log").json()
    page = f"/acme/widgets/attachments/{attachment['id']}/"
    assert nobody.get(page).status_code == 404
    Repository.objects.update(is_public=True)
    download = nobody.get(page)
    assert (download.received, download["Content-Disposition"]) == (b"log", 'attachment; filename="pods.txt"')
    assert download["X-Content-Type-Options"] == "nosniff"
