"""Where results belong: the run that an upload names, checked before anything is stored."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Self

import msgspec

MAX_DIMENSIONS = 20

CONCLUSIONS = frozenset(
    {
        "success",
        "failure",
        "cancelled",
        "skipped",
        "timed_out",
        "neutral",
        "action_required",
        "stale",
        "startup_failure",
    }
)
"""GitHub's words for how a job ended."""

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DIMENSION = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,49})[:=](?P<value>.{1,100})")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_LENGTHS = {"branch": 255, "workflow": 200, "run": 100, "job": 200, "event": 50, "author": 200, "url": 2_000}


class RunIdentity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A job run as its sender describes it.

    The first seven fields say which run it is; the rest are facts about it, and do not make it another run.
    Times are ISO 8601 with a zone, in UTC when they have none.
    """

    commit: str
    job: str
    branch: str = "main"
    workflow: str = "ci"
    run: str = ""
    attempt: int = 1
    dimensions: dict[str, str] = {}

    pull_request: int | None = None
    event: str = ""
    conclusion: str = ""
    status: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    url: str = ""
    committed_at: datetime | None = None
    message: str = ""
    author: str = ""
    tree: str = ""
    is_commit_guessed: bool = False

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Self:
        """Back from `to_json`."""
        return msgspec.convert(values, cls)

    @classmethod
    def checked(cls, values: Mapping[str, object]) -> Self:
        """From what a sender gave; ValueError with every mistake and its remedy, a line each."""
        mistakes: list[str] = []
        known = {name: value for name, value in values.items() if value not in (None, "")}
        if unknown := sorted(set(known) - set(cls.__struct_fields__)):
            mistakes.append(f"unknown: {', '.join(unknown)}")
        mistakes += [f"{name} is missing" for name in ("commit", "job") if name not in known]
        if mistakes:
            raise ValueError("\n".join(mistakes))
        try:
            run = msgspec.convert(known, cls, strict=False)
        except msgspec.ValidationError as error:
            raise ValueError(_in_words(error)) from None
        run = msgspec.structs.replace(run, commit=run.commit.lower(), tree=run.tree.lower())
        if mistakes := list(run._mistakes()):
            raise ValueError("\n".join(mistakes))
        times = {name: in_utc(getattr(run, name)) for name in ("started_at", "finished_at", "committed_at")}
        message = _UNPRINTABLE.sub(" ", run.message.replace("\r\n", "\n").partition("\n")[0])[:500]
        return msgspec.structs.replace(run, message=message, **times)

    def _mistakes(self) -> Sequence[str]:
        mistakes = []
        for name in ("commit", "tree"):
            sha = getattr(self, name)
            if sha and not _SHA.fullmatch(sha):
                mistakes.append(f"{name} is no full sha: give all 40 hexadecimal digits (git rev-parse HEAD)")
        for name, length in _LENGTHS.items():
            value = getattr(self, name)
            if len(value) > length:
                mistakes.append(f"{name} is longer than {length} characters")
            if _UNPRINTABLE.search(value):
                mistakes.append(f"{name} has a control character")
        if not 1 <= self.attempt <= 10_000:
            mistakes.append("attempt is a number from 1 to 10000")
        if self.pull_request is not None and not 1 <= self.pull_request < 2**31:
            mistakes.append("pull_request is the number of a pull request, from 1")
        if self.conclusion and self.conclusion not in CONCLUSIONS:
            mistakes.append(f"conclusion is one of {', '.join(sorted(CONCLUSIONS))}")
        if self.status and self.status not in ("queued", "in_progress", "completed"):
            mistakes.append("status is one of queued, in_progress, completed")
        if self.url and not self.url.startswith(("https://", "http://")):
            mistakes.append("url begins with https:// or http://")
        for name in ("started_at", "finished_at", "committed_at"):
            time = getattr(self, name)
            if time and not 1990 <= time.year <= 2100:
                mistakes.append(f"{name} is a time between 1990 and 2100")
        if len(self.dimensions) > MAX_DIMENSIONS:
            mistakes.append(f"there are more than {MAX_DIMENSIONS} dimensions")
        for name, value in self.dimensions.items():
            if not _DIMENSION.fullmatch(f"{name}:{value}") or _UNPRINTABLE.search(value):
                mistakes.append(f"dimension {name!r} is no name:value, such as k8s:1.32")
        if len(self.dimensions_key) > 500:
            mistakes.append("the dimensions are longer than 500 characters together")
        return mistakes

    def to_json(self) -> dict[str, object]:
        """Plain values for a JSON column; what was not said is left out."""
        return msgspec.to_builtins(self)

    @property
    def dimensions_key(self) -> str:
        """The dimensions as text that does not depend on their order: a part of the job's identity."""
        return ", ".join(f"{name}={value}" for name, value in sorted(self.dimensions.items()))

    @property
    def branch_name(self) -> str:
        """The row of Branch it belongs to: a pull request has its own, since a fork's `main` is not our `main`."""
        return f"pull/{self.pull_request}" if self.pull_request else self.branch

    def fingerprint(self, body_digest: bytes) -> bytes:
        """16 bytes that are the same for the same body of the same run, and for nothing else."""
        identity = [self.commit, self.branch_name, self.workflow, self.run, self.attempt, self.job, self.dimensions_key]
        return hashlib.blake2b(msgspec.json.encode(identity) + body_digest, digest_size=16).digest()


def dimensions_of(pairs: Sequence[str]) -> dict[str, str]:
    """`["k8s:1.32", "cni=calico"]` as a dict; ValueError names the pair that is none."""
    dimensions: dict[str, str] = {}
    for pair in pairs:
        if not (match := _DIMENSION.fullmatch(pair)):
            raise ValueError(f"dimension {pair[:100]!r} is no name:value, such as k8s:1.32")
        if dimensions.setdefault(match["name"], match["value"]) != match["value"]:
            raise ValueError(f"dimension {match['name']} is given twice")
    return dimensions


def repaired_time(value: str) -> str:
    """A time whose `+` became a blank on its way through a query string, as it was meant."""
    return re.sub(r" (\d\d:?\d\d)$", r"+\1", value) if "T" in value or value.count(" ") > 1 else value


def in_utc(time: datetime | None) -> datetime | None:
    """A time in UTC, which it is taken to be in when it has no zone."""
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _in_words(error: msgspec.ValidationError) -> str:
    text = str(error)
    if match := re.fullmatch(r"(.*) - at `\$\.(\w+)`", text):
        return f"{match[2]}: {match[1]}"
    return text
