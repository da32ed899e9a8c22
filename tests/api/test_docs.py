"""The API's description, and its page for people."""

import json

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Page, expect

from dashboard.api.v1 import api


def test_every_route_says_what_it_does_and_what_it_answers() -> None:
    description = api.get_openapi_schema()
    json.dumps(description)
    for path, methods in description["paths"].items():
        for method, route in methods.items():
            where = f"{method} {path}"
            assert route["summary"], where
            assert route["description"], where
            assert route["tags"], where
            assert {401, 403, 404, 422} <= set(route["responses"]), where
            assert "_" not in route["summary"], where
            assert {"BearerToken": []} in route["security"], where
            for parameter in route.get("parameters", []):
                named_by_itself = parameter["in"] == "path"
                assert named_by_itself or parameter["description"], f"{where}: {parameter['name']}"


def test_the_alphabets_are_written_down_where_their_letters_are() -> None:
    schemas = api.get_openapi_schema()["components"]["schemas"]
    assert "`F` failed" in schemas["GridRun"]["properties"]["outcomes"]["description"]
    assert "`I` infra_error" in schemas["GridAnswer"]["properties"]["verdicts"]["description"]


def test_numbers_say_their_unit() -> None:
    for name, schema in api.get_openapi_schema()["components"]["schemas"].items():
        for field in schema.get("properties", {}):
            for word in ("duration", "size", "seconds"):
                assert word not in field or field.rsplit("_", 1)[-1] in ("seconds", "bytes"), (name, field)


def test_addresses_around_the_api(client: Client, db: None) -> None:
    assert client.get("/api/").headers["Location"] == "/api/docs"
    assert client.get("/api/v1/openapi.json").json()["info"]["title"] == "kindmap"
    assert client.post("/api/docs").status_code == 405
    page: HttpResponse = client.get("/api/docs")
    policy = page["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


def test_the_documentation_renders_from_our_own_files_under_our_own_policy(quiet_page: Page) -> None:
    quiet_page.goto("/api/docs")
    expect(quiet_page.locator(".opblock")).to_have_count(len(api.get_openapi_schema()["paths"]))
    grid = quiet_page.locator("#operations-Heat_maps-get_job_grid")
    grid.locator(".opblock-summary-control").click()
    grid.get_by_text("`F` failed").or_(grid.get_by_text("Example Value")).first.wait_for()
    assert grid.get_by_text("only tests in whose suite or name all these words occur").is_visible()


def test_a_route_can_be_tried_from_its_documentation(quiet_page: Page, administrator: User) -> None:
    quiet_page.goto("/api/docs")
    route = quiet_page.locator("#operations-Repositories-list_repositories")
    route.locator(".opblock-summary-control").click()
    route.get_by_role("button", name="Try it out").click()
    route.get_by_role("button", name="Execute").click()
    route.locator(".live-responses-table .response-col_status").get_by_text("200").first.wait_for()
