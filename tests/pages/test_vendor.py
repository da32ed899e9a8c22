"""Files of others in static/vendor are what the manifest says."""

import hashlib
import json

from django.conf import settings

FOLDER = settings.BASE_DIR / "static" / "vendor"


def test_every_vendored_file_is_the_one_that_was_published():
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    assert {path.name for path in FOLDER.iterdir()} == {*manifest, "manifest.json"}
    for name, entry in manifest.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == entry["sha256"]
        assert entry.keys() == {"npm", "version", "path", "licence", "sha256"}


def test_the_script_of_heat_maps_stays_small():
    assert (settings.BASE_DIR / "static" / "js" / "grid.js").stat().st_size < 8 * 1024


def test_every_colour_stands_in_one_file():
    for path in (settings.BASE_DIR / "static" / "css").glob("*.css"):
        if path.name != "tokens.css":
            text = path.read_text()
            assert not [word for word in ("rgb(", "hsl(", "light-dark(") if word in text], path
            assert "#" not in "".join(
                line.split(":", 1)[1] for line in text.splitlines() if line.startswith("  ") and ":" in line
            )
