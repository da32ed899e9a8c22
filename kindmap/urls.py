"""Every address of kindmap. What is not a repository's lies below /-/, /api/, /admin/ and /static/."""

from django.contrib import admin
from django.urls import include, path

from dashboard.api.v1 import api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("", include("dashboard.urls")),
]
