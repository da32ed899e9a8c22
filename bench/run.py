"""All benches, one after the other (`make bench`). The figures go into build/bench.json and are printed at the end.

The machine should have nothing else to do: CPU seconds grow by half when other work takes the caches.
"""

import json
import subprocess
import sys

from figures import BENCH_JSON, ROOT, Figures

BENCHES = ("intake.py", "grid.py")


def main() -> None:
    BENCH_JSON.unlink(missing_ok=True)
    failed = [
        name
        for name in BENCHES
        if subprocess.run([sys.executable, str(ROOT / "bench" / name)], cwd=ROOT, check=False).returncode
    ]
    print()
    figures = Figures()
    figures.figures = json.loads(BENCH_JSON.read_text()) if BENCH_JSON.exists() else {}
    figures.print()
    print(f"\nwritten to {BENCH_JSON.relative_to(ROOT)}")
    if failed:
        raise SystemExit(f"did not run to their end: {', '.join(failed)}")


if __name__ == "__main__":
    main()
