"""A thousand real reports, where they are at hand: bench/corpus.py says what must become of each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"


def test_every_file_of_the_corpus_is_read_as_its_source_counts_it_or_refused_rightly() -> None:
    if not (CORPUS / "index.json").exists():
        message = f"there is no corpus beside the checkout ({CORPUS.relative_to(ROOT.parent)})"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(f"{message}, and with CI=true that is a failure")
        pytest.skip(message)
    # The command touches no database: one that cannot be reached proves it.
    environment = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing"}
    run = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "corpus.py"), str(CORPUS)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
