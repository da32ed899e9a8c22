"""Uploads that hold reports, and uploads that hold trouble."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from dashboard.intake.report import Limits, Refused
from dashboard.outcomes import Outcome
from tests.intake.inputs import case, form_of, suite, tar_gz_of, tar_of, uploaded, zip_of

REPORT = suite(case(name="a")).encode()
OTHER = suite(case("<failure/>", name="b")).encode()
TAP = b"1..1\nok 1 - x\n"


def names(data: bytes, content_type: str = "") -> list[str]:
    return [each.name for each in uploaded(data, content_type).reports]


def test_a_report_is_read_as_it_is_and_gzipped() -> None:
    for data in (REPORT, gzip.compress(REPORT)):
        parsed = uploaded(data)
        assert [each.name for each in parsed.reports] == [""]
        assert (parsed.problems, parsed.is_complete) == ([], True)


@pytest.mark.parametrize("pack", [zip_of, tar_gz_of])
def test_an_archive_gives_all_its_reports_and_says_what_it_left_out(pack) -> None:  # type: ignore[no-untyped-def]
    members = {"a/TEST-a.xml": REPORT, "b.xml.gz": gzip.compress(OTHER), "readme.txt": b"words", "__MACOSX/._a": b"x"}
    parsed = uploaded(pack(members))
    assert [each.name for each in parsed.reports] == ["a/TEST-a.xml", "b.xml.gz"]
    assert parsed.problems == ["readme.txt: left out: a text without test results"]
    assert parsed.is_complete


def test_a_form_gives_all_its_files_and_may_carry_archives() -> None:
    body, content_type = form_of(
        {"a.xml": REPORT, "more.zip": zip_of({"b.xml": OTHER}), "c.xml.gz": gzip.compress(REPORT)}
    )
    assert names(body, content_type) == ["a.xml", "b.xml", "c.xml"]


def test_a_plain_tar_is_read() -> None:
    assert names(tar_of([(tarfile.TarInfo("a.xml"), REPORT)])) == ["a.xml"]


def test_tap_has_its_file_for_a_suite_in_an_archive() -> None:
    parsed = uploaded(zip_of({"t/a.t": TAP, "t/b.t": TAP}))
    assert [found.suite for each in parsed.reports for found in each.report.cases] == ["t/a.t", "t/b.t"]
    assert [found.suite for each in uploaded(TAP).reports for found in each.report.cases] == [""]


def test_a_broken_report_does_not_lose_the_others_and_is_never_forgotten() -> None:
    parsed = uploaded(zip_of({"a.xml": REPORT, "b.xml": b"<!DOCTYPE t [<!ENTITY x 'y'>]><testsuite/>"}))
    assert [each.name for each in parsed.reports] == ["a.xml"]
    assert "b.xml: The XML has a DOCTYPE" in parsed.problems[0]
    assert not parsed.is_complete


def test_an_empty_report_beside_others_is_a_crash_and_an_empty_file_is_nothing() -> None:
    assert not uploaded(zip_of({"a.xml": REPORT, "b.xml": b""})).is_complete
    assert uploaded(zip_of({"a.xml": REPORT, ".gitkeep": b""})).is_complete


def test_tests_may_be_missing_in_one_report_and_not_in_all() -> None:
    assert uploaded(zip_of({"a.xml": REPORT, "b.xml": b"<testsuites/>"})).is_complete
    nothing = uploaded(zip_of({"a.xml": b"<testsuites/>", "b.xml": b"<testsuites/>"}))
    assert not nothing.is_complete
    assert not any(each.report.is_complete for each in nothing.reports)


def test_an_archive_inside_an_archive_is_not_opened() -> None:
    with pytest.raises(Refused, match=r"inner\.zip: an archive inside an archive"):
        uploaded(zip_of({"inner.zip": zip_of({"a.xml": REPORT})}))
    parsed = uploaded(zip_of({"a.xml": REPORT, "inner.tgz": tar_gz_of({"b.xml": OTHER})}))
    assert len(parsed.reports) == 1
    assert not parsed.is_complete


def test_names_that_climb_are_harmless(tmp_path: Path) -> None:
    target = tmp_path / "evil.xml"
    climbing = f"../../../../../../../../{target}"
    parsed = uploaded(zip_of({climbing: REPORT, str(target): OTHER}))
    assert len(parsed.reports) == 2
    assert not target.exists()
    assert not any(".." in each.name or each.name.startswith("/") for each in parsed.reports)


def test_links_and_devices_are_left_out() -> None:
    link, device = tarfile.TarInfo("link.xml"), tarfile.TarInfo("null.xml")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device.type = tarfile.CHRTYPE
    parsed = uploaded(tar_of([(link, b""), (device, b""), (tarfile.TarInfo("a.xml"), REPORT)]))
    assert [each.name for each in parsed.reports] == ["a.xml"]
    assert [problem.partition(":")[0] for problem in parsed.problems] == ["link.xml", "null.xml"]
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        info = zipfile.ZipInfo("link.xml")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("a.xml", REPORT)
    assert names(zipped.getvalue()) == ["a.xml"]


def test_a_locked_member_is_said_to_be_locked() -> None:
    locked = bytearray(zip_of({"a.xml": REPORT, "b.xml": OTHER}, zipfile.ZIP_STORED))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.find(signature) + offset] |= 1
    parsed = uploaded(bytes(locked))
    assert parsed.problems == ["a.xml: encrypted: kindmap has no password for it"]
    assert not parsed.is_complete


def test_a_method_that_eats_memory_is_not_tried() -> None:
    with pytest.raises(Refused, match="use deflate"):
        uploaded(zip_of({"a.xml": REPORT}, zipfile.ZIP_LZMA))


@pytest.mark.parametrize("keep", [20, -9, -1])
def test_cut_gzip_is_a_clear_refusal(keep: int) -> None:
    with pytest.raises(Refused, match="cut short"):
        uploaded(gzip.compress(REPORT)[:keep])


def test_damaged_containers_are_clear_refusals() -> None:
    damaged = bytearray(gzip.compress(REPORT))
    damaged[-6] ^= 0xFF
    with pytest.raises(Refused, match="damaged"):
        uploaded(bytes(damaged))
    with pytest.raises(Refused, match="damaged or cut short"):
        uploaded(zip_of({"a.xml": REPORT})[:-30])
    with pytest.raises(Refused, match="cut short"):
        uploaded(gzip.compress(tar_of([(tarfile.TarInfo("a.xml"), REPORT * 100)])[:700]))


def test_a_damaged_member_does_not_lose_the_others() -> None:
    zipped = bytearray(zip_of({"a.xml": REPORT, "b.xml": OTHER}, zipfile.ZIP_STORED))
    position = zipped.find(b"testsuite")
    zipped[position] = ord("T")
    parsed = uploaded(bytes(zipped))
    assert [each.name for each in parsed.reports] == ["b.xml"]
    assert not parsed.is_complete


def test_a_bomb_stops_at_the_ratio_and_at_the_size() -> None:
    zeros = bytes(30_000_000)
    for bomb in (gzip.compress(zeros), zip_of({"a.xml": zeros})):
        with pytest.raises(Refused, match="unpacked_ratio"):
            uploaded(bomb)
        with pytest.raises(Refused, match="unpacked_bytes"):
            uploaded(bomb, limits=Limits(unpacked_bytes=10_000_000, unpacked_ratio=10_000))


def test_gzip_around_another_container_is_opened_for_tar_only() -> None:
    for inner in (gzip.compress(REPORT), zip_of({"a.xml": REPORT})):
        with pytest.raises(Refused, match="inside a gzip is not opened"):
            uploaded(gzip.compress(inner))


def test_many_members_are_too_many_together() -> None:
    member = suite(*(case(name=f"t{number}") for number in range(1000))).encode()
    with pytest.raises(Refused, match="unpacked_bytes"):
        uploaded(
            zip_of({f"{number}.xml": member for number in range(50)}), limits=Limits(unpacked_bytes=len(member) * 20)
        )


def test_too_many_files_are_refused_before_they_are_listed() -> None:
    with pytest.raises(Refused, match="archive_files"):
        uploaded(zip_of({f"{number}.xml": REPORT for number in range(30)}), limits=Limits(archive_files=10))
    with pytest.raises(Refused, match="archive_files"):
        uploaded(tar_gz_of({f"{number}.xml": REPORT for number in range(30)}), limits=Limits(archive_files=10))


def test_an_upload_beyond_the_limit_is_refused_while_it_is_read() -> None:
    with pytest.raises(Refused, match="upload_bytes"):
        uploaded(REPORT, limits=Limits(upload_bytes=10))


def test_a_tar_header_that_would_fill_the_memory_is_not_read() -> None:
    huge = tarfile.TarInfo("x")
    huge.type = tarfile.XHDTYPE
    packed = gzip.compress(tar_of([(huge, b"\x00" * 8_000_000), (tarfile.TarInfo("a.xml"), REPORT)]))
    with pytest.raises(Refused, match="header is longer"):
        uploaded(packed, limits=Limits(unpacked_ratio=100_000))


def test_limits_on_tests_and_texts_hold_for_the_upload_as_a_whole() -> None:
    members = {
        f"{number}.xml": suite(case(f"<failure>{'x' * 1000}</failure>"), case(name="u")).encode() for number in range(5)
    }
    parsed = uploaded(zip_of(members), limits=Limits(tests_per_report=7))
    assert [len(each.report.cases) for each in parsed.reports] == [2, 2, 2]
    assert not parsed.is_complete
    parsed = uploaded(zip_of(members), limits=Limits(kept_text=2500))
    assert sum(len(found.details) for each in parsed.reports for found in each.report.cases) <= 2500


def test_nothing_usable_is_refused_with_what_was_found() -> None:
    with pytest.raises(
        Refused, match=r"There is no report in this upload: a\.txt: left out: a text.*; b\.trx: left out: a TRX"
    ):
        uploaded(zip_of({"a.txt": b"words", "b.trx": b"<TestRun><Times/></TestRun>"}))
    with pytest.raises(Refused, match="the archive holds no file"):
        uploaded(zip_of({}))
    with pytest.raises(Refused, match=r"JunitXml\.TestLogger"):
        uploaded(zip_of({"b.trx": b"<TestRun><Times/></TestRun>"}))


def test_the_list_of_problems_has_a_limit() -> None:
    members = {"a.xml": REPORT} | {f"{number}.txt": b"words" for number in range(20)}
    parsed = uploaded(zip_of(members), limits=Limits(problems=5))
    assert len(parsed.problems) == 6
    assert parsed.problems[-1] == "… and 15 more"


@pytest.mark.parametrize("body", [b"", b"--boundary", b"--boundary\r\nContent-Disposition: form-data\r\n\r\nx"])
def test_a_form_without_files_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        uploaded(body, "multipart/form-data; boundary=boundary")
    with pytest.raises(Refused, match="form"):
        uploaded(b"x", "multipart/form-data")


def test_outcomes_come_through_a_container_unchanged() -> None:
    (each,) = uploaded(zip_of({"b.xml": OTHER})).reports
    assert each.report.cases[0].outcome is Outcome.FAILED
