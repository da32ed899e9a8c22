"""The settings of the test process: kindmap's own, with everything it writes in a folder of this run.

KINDMAP_TEST_DATABASE chooses the database: sqlite (the default) or postgresql, a private cluster that tests/support starts.
What the shell says about databases and brokers is not listened to: a test run must never write into somebody's data.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

RUN_DIR = Path(tempfile.mkdtemp(prefix="kindmap-test-"))
atexit.register(shutil.rmtree, RUN_DIR, ignore_errors=True)
# The cluster may belong to another user (postgres, when the tests run as root), who must be able to pass.
RUN_DIR.chmod(0o755)

TEST_DATABASE = os.environ.get("KINDMAP_TEST_DATABASE", "sqlite")
if TEST_DATABASE not in ("sqlite", "postgresql"):
    raise SystemExit(f"KINDMAP_TEST_DATABASE is {TEST_DATABASE!r}; it may be sqlite or postgresql.")
# As a test process starts them: `tests.support.stack` hands the same on to the servers and workers that it starts.
for name in list(os.environ):
    if name.startswith("KINDMAP_") and not name.startswith("KINDMAP_TEST_"):
        del os.environ[name]
for name in ("SITE_URL", "ALLOWED_HOSTS", "DEBUG", "REDIS_URL", "DATABASE_URL"):
    os.environ.pop(name, None)
os.environ["KINDMAP_DATA_DIR"] = str(RUN_DIR / "data")
os.environ["SECRET_KEY"] = "a key of tests, long enough to be taken for a real one: 0123456789"
if TEST_DATABASE == "postgresql":
    os.environ["DATABASE_URL"] = f"postgresql://kindmap@/kindmap?host={RUN_DIR / 'postgresql'}"
# Playwright's synchronous API keeps an event loop in the test's thread; Django then refuses the ORM there by mistake.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from kindmap.settings import *  # noqa: E402, F403
from kindmap.settings import DATABASES  # noqa: E402

# A file, not memory: locks, WAL and other processes are part of what is tested.
if TEST_DATABASE == "sqlite":
    DATABASES["default"]["TEST"] = {"NAME": str(RUN_DIR / "test.sqlite3")}
