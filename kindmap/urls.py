"""Every address of kindmap. What is not a repository's lies below /-/, /api/, /admin/ and /static/."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from dashboard.api.docs import docs, no_such_route
from dashboard.api.v1 import api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", RedirectView.as_view(pattern_name="api_docs")),
    path("api/docs", docs, name="api_docs"),
    path("api/v1/", api.urls),
    path("api/<path:rest>", no_such_route),
    path("", include("dashboard.urls")),
]
