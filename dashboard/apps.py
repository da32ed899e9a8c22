from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"
    verbose_name = "kindmap dashboard"

    def ready(self) -> None:
        from dashboard import checks  # noqa: F401 (importing it registers the checks)
