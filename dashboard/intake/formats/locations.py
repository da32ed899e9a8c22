"""File and line of a failure, from its text, where a look at the text is cheap and can be trusted."""

import re

# Only so much of a text is searched: the frame that matters is near its start.
_SEARCHED = 10_000

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
    if frames := _PYTHON.findall(text):
        return frames[-1][0], int(frames[-1][1])
    if java := _JAVA.findall(text):
        _, file, line = next((frame for frame in java if owner and frame[0].startswith(owner)), java[0])
        return file, int(line)
    for pattern in (_LINE_START, _DOTNET, _PERL, _JAVASCRIPT):
        for file, line in pattern.findall(text):
            if "node_modules" not in file and "internal/" not in file:
                return file, int(line)
    return "", None
