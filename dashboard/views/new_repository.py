"""Adding a repository: administrators only."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashboard.models import Repository

# These begin addresses that are not a repository's.
RESERVED_OWNERS = ("api", "admin", "static", "-")


class RepositoryForm(forms.Form):
    full_name = forms.CharField(
        label="Owner and name",
        max_length=201,
        help_text="As on GitHub, such as linkerd/linkerd2.",
        validators=[
            RegexValidator(
                r"\A[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}\Z",
                "Write owner/name with letters, digits, points, hyphens and underscores.",
            )
        ],
    )
    is_public = forms.BooleanField(label="Public: anybody may read it without logging in", required=False)

    def clean_full_name(self) -> str:
        full_name: str = self.cleaned_data["full_name"]
        owner, name = full_name.split("/")
        if owner.lower() in RESERVED_OWNERS:
            raise forms.ValidationError(f"kindmap uses {owner}/ for its own pages; choose another owner.")
        if {owner, name} & {".", ".."}:
            raise forms.ValidationError("A point alone is no name.")
        if Repository.objects.filter(slug=full_name.lower()).exists():
            raise forms.ValidationError(f"{full_name} is here already.")
        return full_name

    def save(self) -> Repository:
        owner, name = self.cleaned_data["full_name"].split("/")
        return Repository.objects.create(owner=owner, name=name, is_public=self.cleaned_data["is_public"])


@login_required
def new_repository(request: HttpRequest) -> HttpResponse:
    if not request.user.is_superuser:
        raise PermissionDenied("Only administrators add repositories.")
    data: Any = request.POST if request.method == "POST" else None
    form = RepositoryForm(data)
    if form.is_valid():
        repository = form.save()
        return redirect("repository", repository.owner, repository.name)
    return render(request, "dashboard/new_repository.html", {"form": form}, status=400 if form.errors else 200)
