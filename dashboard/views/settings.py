"""A repository's settings, for its maintainers: who may read it, its default branch, its members, its end."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from dashboard.access import maintained_repository
from dashboard.models import Branch, Membership, Repository
from dashboard.removal import remove_repository


class SettingsForm(forms.ModelForm):
    class Meta:
        model = Repository
        fields = ("is_public", "default_branch")

    def clean_default_branch(self) -> str:
        name: str = self.cleaned_data["default_branch"].strip()
        if name and not Branch.objects.filter(repository=self.instance, name=name).exists():
            raise forms.ValidationError(f"There are no results for a branch called {name} yet.")
        return name


class MemberForm(forms.Form):
    username = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=Membership.Role.choices)

    def clean_username(self) -> User:
        try:
            return User.objects.get(username=self.cleaned_data["username"].strip())
        except User.DoesNotExist:
            raise forms.ValidationError("Nobody here has this user name.") from None


class DeleteForm(forms.Form):
    confirmation = forms.CharField(max_length=201)

    def __init__(self, repository: Repository, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.repository = repository

    def clean_confirmation(self) -> str:
        if self.cleaned_data["confirmation"].strip() != self.repository.full_name:
            raise forms.ValidationError(f"Type {self.repository} to delete it.")
        return self.repository.full_name


@login_required
def settings(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    repository = maintained_repository(request, owner, name)
    form = SettingsForm(request.POST if request.method == "POST" else None, instance=repository)
    if form.is_valid():
        form.save()
        messages.success(request, "The settings are saved.", extra_tags="good")
        return redirect("settings", repository.owner, repository.name)
    return _page(request, repository, form, MemberForm(), DeleteForm(repository))


@login_required
@require_POST
def members(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    """Add a member or change their role (`username`, `role`), or remove one (`remove`)."""
    repository = maintained_repository(request, owner, name)
    if "remove" in request.POST:
        remove = request.POST["remove"]
        membership = get_object_or_404(repository.memberships, pk=int(remove) if remove.isdecimal() else 0)
        membership.delete()
        messages.success(request, f"{membership.user} is no longer a member.", extra_tags="good")
        # Whoever removed themselves may not come back to this page.
        page = "repositories" if membership.user == request.user and not request.user.is_superuser else "settings"
        return redirect(page, *(() if page == "repositories" else (repository.owner, repository.name)))
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _page(request, repository, SettingsForm(instance=repository), form, DeleteForm(repository))
    user, role = form.cleaned_data["username"], form.cleaned_data["role"]
    Membership.objects.update_or_create(user=user, repository=repository, defaults={"role": role})
    messages.success(request, f"{user}: {Membership.Role(role).label}.", extra_tags="good")
    return redirect("settings", repository.owner, repository.name)


@login_required
@require_POST
def delete_repository(request: HttpRequest, owner: str, name: str) -> HttpResponse:
    repository = maintained_repository(request, owner, name)
    form = DeleteForm(repository, request.POST)
    if not form.is_valid():
        return _page(request, repository, SettingsForm(instance=repository), MemberForm(), form)
    full_name = repository.full_name
    remove_repository(repository)
    messages.success(request, f"{full_name} and all its results are deleted.", extra_tags="good")
    return redirect("repositories")


def _page(
    request: HttpRequest, repository: Repository, form: SettingsForm, member_form: MemberForm, delete_form: DeleteForm
) -> HttpResponse:
    is_wrong = form.errors or member_form.errors or delete_form.errors
    context = {
        "repository": repository,
        "form": form,
        "member_form": member_form,
        "delete_form": delete_form,
        "memberships": repository.memberships.select_related("user").order_by("user__username"),
        "roles": Membership.Role.choices,
    }
    return render(request, "dashboard/settings.html", context, status=400 if is_wrong else 200)
