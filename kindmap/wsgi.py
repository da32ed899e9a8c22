"""The web process: gunicorn's entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kindmap.settings")

application = get_wsgi_application()

# gunicorn loads this once and forks: what is frozen here is never touched by the collector, so the processes share it.
gc.collect()
gc.freeze()
