"""A person's API tokens: list, make, revoke."""

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dashboard.models import ApiToken, Membership, Repository

EXPIRIES = [("30", "in 30 days"), ("90", "in 90 days"), ("365", "in a year"), ("", "never")]


def maintained(user: User) -> QuerySet[Repository]:
    """The repositories that a person may make tokens for."""
    if user.is_superuser:
        return Repository.objects.all()
    return Repository.objects.filter(memberships__user=user, memberships__role=Membership.Role.MAINTAINER)


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="Where it is used, such as “linkerd2 CI”.")
    is_for_all_repositories = forms.BooleanField(label="all repositories, those to come too", required=False)
    may_upload = forms.BooleanField(label="upload results", required=False, initial=True)
    may_read = forms.BooleanField(label="read results", required=False)
    expires = forms.ChoiceField(choices=EXPIRIES, required=False, initial="365")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A field of its own for each form: its choices depend on who asks.
        self.fields["repositories"] = forms.ModelMultipleChoiceField(
            maintained(user).order_by("slug"), required=False, widget=forms.CheckboxSelectMultiple
        )
        if not user.is_superuser:
            del self.fields["is_for_all_repositories"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("repositories") and not data.get("is_for_all_repositories"):
            self.add_error("repositories", "Choose at least one repository.")
        if not data.get("may_upload") and not data.get("may_read"):
            self.add_error("may_upload", "Choose at least one thing that it may do.")
        return data

    def issue(self, user: User) -> tuple[ApiToken, str]:
        """The token, and the secret to show once."""
        data = self.cleaned_data
        token, secret = ApiToken.issue(
            data["name"],
            created_by=user,
            is_for_all_repositories=data.get("is_for_all_repositories", False),
            may_upload=data["may_upload"],
            may_read=data["may_read"],
            expires_at=timezone.now() + timedelta(days=int(data["expires"])) if data["expires"] else None,
        )
        token.repositories.set(data["repositories"])
        return token, secret


@login_required
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)  # login_required
    secret, made = "", None
    if request.method == "POST":
        form = TokenForm(user, request.POST)
        if form.is_valid():
            made, secret = form.issue(user)
            form = TokenForm(user)
    else:
        asked = request.GET.get("repository", "").lower()
        form = TokenForm(user, initial={"repositories": maintained(user).filter(slug=asked)} if asked else None)
    context = {
        "form": form,
        "tokens": user.tokens.prefetch_related("repositories").order_by("-id"),
        "made": made,
        "secret": secret,
        "repository": made.repositories.first() or "owner/name" if made else None,
        "site": request.build_absolute_uri("/").rstrip("/"),
        "may_make": user.is_superuser or maintained(user).exists(),
    }
    return render(request, "dashboard/tokens.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Nobody's tokens but one's own; what is revoked stays in the list."""
    token = get_object_or_404(ApiToken, pk=pk, created_by=request.user)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
    messages.success(request, f"{token.name} is revoked: it is refused from now on.", extra_tags="good")
    return redirect("tokens")
