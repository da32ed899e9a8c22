"""The heat maps in a real browser: keyboard, scrolling, without a script, light and dark, nothing from elsewhere."""

import re

import pytest
from playwright.sync_api import expect

from tests.pages import samples


@pytest.fixture
def job(live_stack, repository):
    repository.is_public = True
    repository.save()
    return samples.make_sample(repository, tests=400, runs=60, not_green=0.04)


@pytest.fixture
def address(job):
    return f"/acme/widgets/jobs/{job.job.pk}/"


def focused(page) -> str:
    return page.evaluate("document.activeElement.getAttribute('href') || document.activeElement.className")


def rows_are_drawn(page, first: int) -> bool:
    return page.locator(f"#rows-{first}:not(.later)").count() == 1


def test_no_page_breaks_its_own_rules_or_asks_another_host(job, new_page, maintainer):
    page = new_page(user=maintainer)
    run = job.runs[0]
    failure = run.failures.first()
    for path in (
        "/",
        "/acme/widgets/",
        f"/acme/widgets/jobs/{job.job.pk}/",
        f"/acme/widgets/job-runs/{run.pk}/",
        f"/acme/widgets/failures/{failure.pk}/",
        f"/acme/widgets/tests/{failure.job_test.test_id}/",
        "/acme/widgets/settings/",
        "/-/tokens/",
        "/-/password/",
    ):
        page.goto(path)
        expect(page.locator("h1, h2").first).to_be_visible()
        # Leaving earlier would cancel what the page still fetches.
        page.wait_for_load_state("networkidle")
    page.watch.assert_quiet()


@pytest.mark.parametrize("width", [360, 1600])
def test_no_page_is_wider_than_the_screen(job, new_page, maintainer, width):
    page = new_page(user=maintainer, viewport={"width": width, "height": 740})
    failure = job.runs[0].failures.first()
    for path in (
        "/",
        "/acme/widgets/",
        f"/acme/widgets/jobs/{job.job.pk}/",
        f"/acme/widgets/job-runs/{job.runs[0].pk}/",
        f"/acme/widgets/failures/{failure.pk}/",
        f"/acme/widgets/tests/{failure.job_test.test_id}/",
        "/acme/widgets/settings/",
        "/-/tokens/",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_rows_come_when_they_are_scrolled_to_and_no_others(address, quiet_page):
    quiet_page.goto(address)
    expect(quiet_page.locator("tbody.later")).to_have_count(14)
    height = quiet_page.evaluate("document.querySelector('.grid-box').scrollHeight")
    quiet_page.evaluate("document.querySelector('.grid-box').scrollTop = 300 * 22")
    expect(quiet_page.locator("#rows-301:not(.later) tr")).to_have_count(25)
    assert not rows_are_drawn(quiet_page, 201)
    assert not rows_are_drawn(quiet_page, 376)
    # The scroll bar was true before the rows were there.
    assert quiet_page.evaluate("document.querySelector('.grid-box').scrollHeight") == height


def test_rows_far_away_leave_and_come_back(address, quiet_page):
    quiet_page.goto(address)

    def scroll(row: int) -> None:
        quiet_page.evaluate(f"document.querySelector('.grid-box').scrollTop = {row} * 22")
        expect(quiet_page.locator(f"#rows-{row + 1}:not(.later) tr")).to_have_count(25)

    scroll(300)
    scroll(100)
    expect(quiet_page.locator("#rows-301.later")).to_have_count(1)
    scroll(300)
    expect(quiet_page.locator("#rows-101.later")).to_have_count(1)


def test_the_keyboard_goes_from_failure_to_failure_through_rows_not_loaded_yet(address, quiet_page, job):
    quiet_page.goto(address + "?width=20")
    links = quiet_page.evaluate(
        "[...document.querySelectorAll('td.f a, td.e a, td.t a')].map((link) => link.getAttribute('href'))"
    )
    assert links
    for link in links[:3]:
        quiet_page.keyboard.press("j")
        assert focused(quiet_page) == link
    quiet_page.keyboard.press("k")
    assert focused(quiet_page) == links[1]
    for _ in range(len(links) - 1):
        quiet_page.keyboard.press("j")
    expect(quiet_page.locator("#rows-51:not(.later)")).to_have_count(1)
    expect(quiet_page.locator("#rows-51 a:focus")).to_have_count(1)


def test_arrows_move_and_enter_opens_the_run_of_a_pass(address, quiet_page, job):
    quiet_page.goto(address + "?width=20")
    quiet_page.locator(".grid-box").focus()
    quiet_page.keyboard.press("ArrowDown")
    expect(quiet_page.locator(".cursor")).to_be_visible()
    first = quiet_page.locator(".cursor").bounding_box()
    quiet_page.keyboard.press("ArrowRight")
    assert quiet_page.locator(".cursor").bounding_box()["x"] > first["x"]
    quiet_page.keyboard.press("ArrowDown")
    assert quiet_page.locator(".cursor").bounding_box()["y"] > first["y"]
    said = quiet_page.locator("#grid-say").text_content()
    assert job.runs[1].commit.short_sha in said
    quiet_page.keyboard.press("Enter")
    quiet_page.wait_for_url(re.compile(r"/(job-runs|failures)/"))


def test_a_merged_cell_says_the_column_that_the_pointer_is_over(address, quiet_page, job):
    quiet_page.set_viewport_size({"width": 1700, "height": 800})
    quiet_page.goto(address + "?width=50")
    cell = quiet_page.locator("td.p[colspan]").first
    box = cell.bounding_box()
    columns = int(cell.get_attribute("colspan"))
    start = quiet_page.evaluate(
        """() => {
          let column = 0;
          const cell = document.querySelector("td.p[colspan]");
          for (let other = cell.previousElementSibling; other.tagName === "TD"; other = other.previousElementSibling)
            column += other.colSpan;
          return column;
        }"""
    )
    for offset in (0, columns - 1):
        quiet_page.mouse.move(box["x"] + (offset + 0.5) * box["width"] / columns, box["y"] + 8)
        tip = quiet_page.locator(".tip")
        expect(tip).to_contain_text(job.runs[start + offset].commit.short_sha)
        expect(tip).to_contain_text("passed")
    expect(quiet_page.locator(".crosshair")).to_be_visible()


def test_typing_in_the_filter_changes_the_grid_and_the_address(address, quiet_page):
    quiet_page.goto(address)
    quiet_page.locator("#q").fill("policy")
    expect(quiet_page.locator(".summary")).to_contain_text("40 tests")
    assert "q=policy" in quiet_page.url
    quiet_page.wait_for_load_state("networkidle")
    quiet_page.go_back()
    expect(quiet_page.locator(".summary")).to_contain_text("400 tests")
    quiet_page.wait_for_load_state("networkidle")


def test_without_a_script_every_row_is_a_link_away(address, new_page, job):
    page = new_page(java_script_enabled=False, viewport={"width": 1200, "height": 800})
    page.goto(address)
    expect(page.locator("tbody tr th")).to_have_count(50)
    page.locator("tbody.later a").first.click()
    expect(page.locator("#rows-51 tr")).to_have_count(25)
    page.locator("#q").fill("/policy.*_0004$/")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr th")).to_have_count(1)
    page.goto("/acme/widgets/")
    expect(page.locator("td.runs")).to_have_count(40)
    page.watch.assert_quiet()


def background(page) -> int:
    """How bright a page is behind everything: 0 to 765."""
    colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3])


def test_light_and_dark_follow_the_system_and_then_the_switch(address, new_page):
    page = new_page(color_scheme="dark")
    page.goto(address)
    assert background(page) < 200
    page.locator("#theme").click()
    assert background(page) > 600
    page.reload()
    assert background(page) > 600
    bright = new_page(color_scheme="light")
    bright.goto("/")
    assert background(bright) > 600
    page.watch.assert_quiet()


CONTRAST = """
() => {
  const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => {
    const [red, green, blue] = parse(text).map(channel);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (parse(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const low = [];
  for (const element of document.querySelectorAll(".mark, .muted, a, p, th, td, button, dt, dd, h1, h2, label, .summary, .tag")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || element.closest("tbody td")) continue;
    const [one, other] = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) low.push(`${element.className || element.tagName} ${ratio.toFixed(2)}`);
  }
  return [...new Set(low)];
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(job, new_page, maintainer, scheme):
    """WCAG AA: 4.5 to 1 for every text, those of the cells' letters by the legend, which has each."""
    page = new_page(user=maintainer, color_scheme=scheme)
    run = job.runs[0]
    for path in (
        "/",
        "/acme/widgets/",
        f"/acme/widgets/jobs/{job.job.pk}/",
        f"/acme/widgets/job-runs/{run.pk}/",
        "/-/tokens/",
    ):
        page.goto(path)
        assert page.evaluate(CONTRAST) == [], path


def test_a_link_is_where_the_focus_shows(address, quiet_page):
    quiet_page.goto(address)
    quiet_page.keyboard.press("Tab")
    assert quiet_page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_repository_page_names_its_cells(job, quiet_page):
    quiet_page.goto("/acme/widgets/")
    cell = quiet_page.locator("td.runs a").first
    expect(cell).to_have_attribute("aria-label", re.compile(rf"deep on {job.runs[0].commit.short_sha}: failed"))
    cell.hover()
    expect(quiet_page.locator(".tip")).to_contain_text("tests failed")
    quiet_page.keyboard.press("j")
    assert "/job-runs/" in focused(quiet_page)
