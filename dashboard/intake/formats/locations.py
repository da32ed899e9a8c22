"""File and line of a failure, from its text, where a look at the text is cheap and can be trusted."""

import re

# Only so much of a text is searched: the frame that matters is near its start.
_SEARCHED = 8_000

_ANY_PLACE = re.compile(r"\.[A-Za-z]{1,6}:\d")
_PYTHON = re.compile(r'^\s*File "([^"\n]+)", line (\d{1,7})', re.MULTILINE)
_JAVA = re.compile(r"^\s*at ([\w.$/@]+)\(([\w$-]+\.(?:java|kt|scala|groovy)):(\d{1,7})\)", re.MULTILINE)
_DOTNET = re.compile(r" in ([^\n]{1,300}?\.(?:cs|fs|vb)):line (\d{1,7})")
_PERL = re.compile(r"^#?\s*at (\S+\.(?:t|pl|pm)) line (\d{1,7})", re.MULTILINE)
_JAVASCRIPT = re.compile(r"(?:^|[\s(])((?:file://)?[\w@./\\:-]{1,300}\.[cm]?[jt]sx?):(\d{1,7}):\d+", re.MULTILINE)
_LINE_START = re.compile(
    r"^\s*([\w@./\\-]{1,300}\.(?:go|py|rs|rb|php|c|cc|cpp|cxx|h|hpp|swift|m|mm|ex|exs|bats|sh|t)):(\d{1,7})\b",
    re.MULTILINE,
)


def find_location(text: str, owner: str = "") -> tuple[str, int | None]:
    """(file, line) that a failure text points at, ("", None) when it does not.

    Python: the innermost frame. Java: the first frame in owner (the test's class), else the first frame.
    Everything else: the first place named that is not inside the test framework's own files.
    """
    text = text[:_SEARCHED]
    if 'File "' in text and (frames := _PYTHON.findall(text)):
        return frames[-1][0], int(frames[-1][1])
    # The patterns below cost a millisecond a text; where there is no "x.go:1" at all there is nothing for most of them.
    has_place = _ANY_PLACE.search(text) is not None
    if has_place and "at " in text and (java := _JAVA.findall(text)):
        _, file, line = next((frame for frame in java if owner and frame[0].startswith(owner)), java[0])
        return file, int(line)
    patterns = [
        *([_LINE_START] if has_place else []),
        *([_DOTNET] if ":line " in text else []),
        *([_PERL] if " line " in text else []),
        *([_JAVASCRIPT] if has_place else []),
    ]
    for pattern in patterns:
        for match in pattern.finditer(text):
            file, line = match.groups()
            if "node_modules" not in file and "internal/" not in file:
                return file, int(line)
    return "", None
