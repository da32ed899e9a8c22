"""Whatever somebody sends, the answer is one that the API documents, and never an error of the server."""

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import positive_data_acceptance

from dashboard.models import Repository
from tests.api.caller import SHAS, Caller, Results
from tests.api.routes import read_routes
from tests.conftest import CiToken

PROBE = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

DESCRIBED = settings(
    max_examples=15,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

# What breaks servers: NUL, surrogates, signs of direction, numbers beyond every integer, LIKE's and SQL's own characters.
ODD = [
    "\x00",
    "%",
    "_",
    "\\",
    "'",
    '"',
    "\ufeff",
    "\u202e",
    "\ud800",
    "🦀",
    "é",
    "\n",
    "null",
    "true",
    "[]",
    "{}",
    "-0",
]
numbers = st.one_of(
    st.integers(),
    st.sampled_from([0, -1, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63), 10**40]),
    st.floats(),
).map(str)
texts = st.one_of(st.text(max_size=30), st.sampled_from(ODD), st.lists(st.sampled_from(ODD)).map("".join), numbers)


def encodable(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


@pytest.fixture
def routes(results: Results, ci: Caller) -> list[str]:
    return read_routes(ci)


@PROBE
@given(data=st.data())
def test_any_query_is_answered(routes: list[str], ci: Caller, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([*routes, "/api/v1/repositories"]))
    names = ["q", "before", "after", "limit", "width", "branch", "commit", "job", "job_id", "test", "since"]
    names += ["verdict", "outcome", "workflow"]
    query = data.draw(st.dictionaries(st.sampled_from(names), texts, max_size=3))
    raw = {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}
    assert ci.get(path, **raw).status_code in (200, 404, 422)


@PROBE
@given(owner=texts, name=texts, kind=st.sampled_from(["job-runs", "failures", "tests", "jobs", ""]), pk=texts)
def test_any_path_is_answered(routes: list[str], ci: Caller, owner: str, name: str, kind: str, pk: str) -> None:
    for path in (f"{owner}/{name}/{kind}", f"acme/widgets/{kind}/{pk}", f"acme/widgets/{kind}/{pk}/tests"):
        response = ci.client.generic("GET", f"/api/v1/repositories/{encodable(path)}", headers=ci.headers)
        assert response.status_code in (200, 404, 422), path
        assert response["Content-Type"] in ("application/json; charset=utf-8", "application/json")


@PROBE
@given(
    body=st.one_of(st.binary(max_size=200), texts.map(lambda text: text.encode("utf-8", "surrogatepass"))),
    query=st.dictionaries(
        st.sampled_from(
            [
                *("commit", "job", "branch", "workflow", "run", "attempt", "dimension", "pull_request", "event"),
                *("conclusion", "started_at", "finished_at", "url", "committed_at", "message", "author", "tree"),
            ]
        ),
        texts,
        max_size=4,
    ),
)
def test_any_upload_is_answered(repository: Repository, ci: Caller, body: bytes, query: dict[str, str]) -> None:
    raw = {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}
    assert ci.upload(body, **raw).status_code in (200, 202, 422)
    assert ci.attach(body, **raw | {"name": raw.get("job", b"x")}).status_code in (200, 201, 422)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([*ODD, SHAS[0], "2026-03-01T10:00:00Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "message", "line"]), inner),
    max_leaves=6,
)


@PROBE
@given(
    fields=st.dictionaries(
        st.sampled_from(
            [
                *("commit", "job", "branch", "run", "attempt", "dimensions", "pull_request", "status", "conclusion"),
                *("started_at", "url", "message", "is_commit_guessed", "steps", "annotations"),
            ]
        ),
        json_values,
        max_size=5,
    )
)
def test_any_job_run_is_answered(repository: Repository, ci: Caller, fields: dict[str, object]) -> None:
    response = ci.send_job_runs({"commit": SHAS[0], "job": "deep"} | fields)
    assert response.status_code in (200, 202, 422)


# Every route against its own description


@pytest.mark.django_db(transaction=True)
def test_every_answer_is_one_that_is_described(results: Results, ci_token: CiToken) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == 20
    for operation in operations:
        for mode in schemathesis.GenerationMode:
            if mode == schemathesis.GenerationMode.NEGATIVE and operation.path.endswith("/{name}"):
                continue  # it takes any two texts: no request breaks its description
            probe(operation, mode, ci_token.headers | {"Accept-Encoding": "identity"})


def probe(operation: schemathesis.APIOperation, mode: schemathesis.GenerationMode, headers: dict[str, str]) -> None:
    """Requests that fit a route's description, or break it, get answers that fit it."""

    # What results must look like is more than a schema says; a mistake in it is told as 422.
    excluded = [positive_data_acceptance] if operation.method == "post" else []

    @DESCRIBED
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers(case: schemathesis.Case) -> None:
        if mode == schemathesis.GenerationMode.POSITIVE and "owner" in case.path_parameters:
            case.path_parameters |= {"owner": "acme", "name": "widgets"}
        case.call_and_validate(headers=headers, excluded_checks=excluded)

    answers()
