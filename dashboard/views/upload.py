"""An upload's page: what became of what somebody sent."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from dashboard.access import visible_repository
from dashboard.intake.keep import label_of
from dashboard.models import JobRun, Upload
from dashboard.views.requests import HtmxRequest

JOB_RUNS = 100


def upload(request: HtmxRequest, owner: str, name: str, pk: int) -> HttpResponse:
    repository = visible_repository(request, owner, name)
    upload = get_object_or_404(Upload.objects.select_related("token"), pk=pk, repository=repository)
    runs = (
        JobRun.objects.filter(uploads=upload)
        .select_related("job", "commit", "branch", "workflow_run")
        .defer("statuses", "durations", "commit__message")
        .order_by("id")
    )
    context = {
        "repository": repository,
        "upload": upload,
        "job_runs": runs[:JOB_RUNS],
        "is_waiting": upload.state == Upload.State.RECEIVED,
        "sent": sorted(sent(upload).items()),
        "totals": upload.totals.items(),
    }
    return render(request, "dashboard/_upload.html" if request.htmx else "dashboard/upload.html", context)


def sent(upload: Upload) -> dict[str, object]:
    """What the sender said of the run; nothing when the bytes are no longer kept."""
    try:
        return label_of(upload.file)["run"]
    except FileNotFoundError:
        return {}
