"""What a test needs from the system and does not find."""

import os
from typing import NoReturn

import pytest


def missing(what: str, command: str) -> NoReturn:
    """Skip with the command that installs it; in CI (CI=true) nothing may be missing, so fail."""
    message = f"{what} is not installed: {command}"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(f"{message} (with CI=true this is a failure)", pytrace=False)
    pytest.skip(message)
