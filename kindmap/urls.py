"""Every address of kindmap. What is not a repository's lies below /-/, /api/, /admin/ and /static/."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("dashboard.urls")),
]
