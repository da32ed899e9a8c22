"""Addresses of the dashboard's pages. What is not a repository's lies below /-/."""

from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import StringConverter

from dashboard.views.attachment import attachment
from dashboard.views.failure import failure
from dashboard.views.job import job
from dashboard.views.job_run import job_run
from dashboard.views.new_repository import new_repository
from dashboard.views.repositories import repositories
from dashboard.views.repository import repository
from dashboard.views.settings import delete_repository, members, settings
from dashboard.views.test import test
from dashboard.views.tokens import revoke_token, tokens
from dashboard.views.upload import upload


class RepositoryPart(StringConverter):
    """An owner's or a repository's name, as GitHub allows them."""

    regex = "[A-Za-z0-9._-]+"


register_converter(RepositoryPart, "part")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", repositories, name="repositories"),
    path(
        "-/login/",
        auth.LoginView.as_view(template_name="dashboard/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("-/logout/", auth.LogoutView.as_view(), name="logout"),
    path(
        "-/password/",
        auth.PasswordChangeView.as_view(template_name="dashboard/password_change.html"),
        name="password_change",
    ),
    path(
        "-/password/done/",
        auth.PasswordChangeDoneView.as_view(template_name="dashboard/password_change_done.html"),
        name="password_change_done",
    ),
    path("-/tokens/", tokens, name="tokens"),
    path("-/tokens/<int:pk>/revoke/", revoke_token, name="revoke_token"),
    path("-/repositories/new/", new_repository, name="new_repository"),
    path("<part:owner>/<part:name>/", repository, name="repository"),
    path("<part:owner>/<part:name>/settings/", settings, name="settings"),
    path("<part:owner>/<part:name>/settings/members/", members, name="members"),
    path("<part:owner>/<part:name>/settings/delete/", delete_repository, name="delete_repository"),
    path("<part:owner>/<part:name>/jobs/<int:pk>/", job, name="job"),
    path("<part:owner>/<part:name>/job-runs/<int:pk>/", job_run, name="job_run"),
    path("<part:owner>/<part:name>/failures/<int:pk>/", failure, name="failure"),
    path("<part:owner>/<part:name>/tests/<int:pk>/", test, name="test"),
    path("<part:owner>/<part:name>/uploads/<int:pk>/", upload, name="upload"),
    path("<part:owner>/<part:name>/attachments/<int:pk>/", attachment, name="attachment"),
]
