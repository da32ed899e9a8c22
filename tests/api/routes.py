"""Every read route with an address that exists."""

from tests.api.caller import Caller

LISTS = ("branches", "jobs", "runs", "job-runs", "failures", "tests")


def read_routes(reader: Caller) -> list[str]:
    """The address of each read route below acme/widgets, each filled with what is there."""
    job = reader.json("jobs")["items"][0]["id"]
    run = next(run["id"] for run in reader.pages("job-runs") if run["counts"]["tests"])
    failure = reader.json("failures")["items"][0]["id"]
    test = reader.json("tests")["items"][0]["id"]
    with_attachment = next(
        attachments["items"][0]
        for attachments in (reader.json(f"job-runs/{each['id']}/attachments") for each in reader.pages("job-runs"))
        if attachments["items"]
    )
    return [
        "",
        *LISTS,
        f"job-runs/{run}",
        f"job-runs/{run}/tests",
        f"job-runs/{with_attachment['job_run_id']}/attachments",
        f"attachments/{with_attachment['id']}",
        f"failures/{failure}",
        f"tests/{test}/history",
        f"jobs/{job}/grid",
        "grid",
    ]
