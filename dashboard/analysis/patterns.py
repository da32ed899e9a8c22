"""Regular expressions that cannot hang the server: a pattern becomes a finite automaton, built as far as the text needs it.

Python's `re` backtracks: `(a+)+b` against thirty letters takes minutes, and it cannot be interrupted. Here a text of n characters
takes n steps, whatever the pattern. The price: no back-references and no look-around, which is what makes this possible.
"""

import re
import time
from collections.abc import Callable, Iterable
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MAX_LENGTH = 200  # characters of a pattern
MAX_STATES = 500  # of the automaton: `(a{50}){50}` is short and large
MAX_WORK = 5_000  # steps of building it: `(((){99}){99}){99}` is large without having states
MAX_SECONDS = 0.5  # of one search; what is bounded above keeps a single text within a tenth of that
_CACHED = 200_000  # numbers of states remembered before the cache starts again

_START, _END = "^", "$"
_ANCHORS = {
    constants.AT_BEGINNING: _START,
    constants.AT_BEGINNING_STRING: _START,
    constants.AT_END: _END,
    constants.AT_END_STRING: _END,
}


class PatternError(ValueError):
    """The pattern cannot be used; the message says why."""


class Pattern:
    """A compiled pattern; upper and lower case are the same."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise PatternError(f"the expression is longer than {MAX_LENGTH} characters")
        try:
            parsed = parser.parse(text, re.IGNORECASE)
        except (re.error, RecursionError, OverflowError) as error:
            raise PatternError(f"not a regular expression: {error}") from None
        # Each state: the tests that lead on by one character, the states reached without any, and where alone that is allowed.
        self._steps: list[list[tuple[Callable[[str], bool], int]]] = []
        self._free: list[list[int]] = []
        self._only: list[str] = []
        self._work = 0
        self._accept = self._state()
        try:
            self._start = self._sequence(list(parsed), self._accept)
        except RecursionError:
            raise PatternError("the expression is nested too deeply") from None
        self._known: dict[tuple[frozenset[int], str, bool], frozenset[int]] = {}
        self._cached = 0

    def matching(self, texts: Iterable[str]) -> list[bool]:
        """Which of the texts the pattern is found in; PatternError when that takes too long."""
        deadline = time.monotonic() + MAX_SECONDS
        found = []
        for text in texts:
            if time.monotonic() > deadline:
                raise PatternError("the search took too long: use a simpler expression, or plain text")
            found.append(self.found_in(text))
        return found

    def found_in(self, text: str) -> bool:
        """Whether the pattern matches anywhere in the text."""
        known, accept, last = self._known, self._accept, len(text) - 1
        states = self._closure([self._start], _START if text else _START + _END)
        for index, character in enumerate(text):
            if accept in states:
                return True
            key = (states, character, index == last)
            states = known.get(key) or self._following(*key)
        return accept in states

    def _following(self, states: frozenset[int], character: str, is_last: bool) -> frozenset[int]:
        if self._cached > _CACHED:
            self._known.clear()
            self._cached = 0
        reached = [target for state in states for matches, target in self._steps[state] if matches(character)]
        # A match may begin after every character.
        following = self._closure([*reached, self._start], _END if is_last else "")
        self._known[states, character, is_last] = following
        self._cached += len(following)
        return following

    def _closure(self, states: Iterable[int], place: str) -> frozenset[int]:
        """The states and all that they reach without a character, where `place` says which ends of the text are here."""
        seen, waiting = set(states), list(states)
        while waiting:
            state = waiting.pop()
            if self._only[state] and self._only[state] not in place:
                continue
            new = [target for target in self._free[state] if target not in seen]
            seen.update(new)
            waiting.extend(new)
        return frozenset(seen)

    def _state(self) -> int:
        if len(self._steps) >= MAX_STATES:
            raise PatternError("the expression is too large: use smaller counts")
        self._steps.append([])
        self._free.append([])
        self._only.append("")
        return len(self._steps) - 1

    def _sequence(self, nodes: list[Any], after: int) -> int:
        """The state from which the nodes lead to `after`."""
        self._work += 1
        if self._work > MAX_WORK:
            raise PatternError("the expression is too large: use smaller counts")
        for node in reversed(nodes):
            after = self._node(node, after)
        return after

    def _node(self, node: tuple[Any, Any], after: int) -> int:
        operation, argument = node
        if operation in (constants.MAX_REPEAT, constants.MIN_REPEAT):
            least, most, nodes = argument
            return self._repeat(least, most, nodes, after)
        if operation is constants.SUBPATTERN:
            _group, added_flags, removed_flags, nodes = argument
            if added_flags or removed_flags:
                raise PatternError("(?flags:…) is not supported")
            return self._sequence(list(nodes), after)
        if operation is constants.BRANCH:
            start = self._state()
            self._free[start] = [self._sequence(list(branch), after) for branch in argument[1]]
            return start
        start = self._state()
        if operation is constants.AT:
            if argument not in _ANCHORS:
                raise PatternError(r"\b and \B are not supported")
            self._only[start] = _ANCHORS[argument]
            self._free[start] = [after]
        else:
            self._steps[start].append((_character_test(operation, argument), after))
        return start

    def _repeat(self, least: int, most: int, nodes: Any, after: int) -> int:
        nodes = list(nodes)
        if most is constants.MAXREPEAT:
            again = self._state()
            self._free[again] = [after, self._sequence(nodes, again)]
            after = again
        else:
            end = after
            for _ in range(most - least):
                optional = self._state()
                self._free[optional] = [end, self._sequence(nodes, after)]
                after = optional
        for _ in range(least):
            after = self._sequence(nodes, after)
        return after


def _character_test(operation: Any, argument: Any) -> Callable[[str], bool]:
    """Whether one character fits a literal, a class or a dot."""
    if operation is constants.ANY:
        return lambda _character: True
    if operation is constants.LITERAL:
        return _one_of(_set_test(constants.LITERAL, argument))
    if operation is constants.NOT_LITERAL:
        return _none_of(_set_test(constants.LITERAL, argument))
    if operation is constants.IN:
        negated = argument[0][0] is constants.NEGATE
        tests = [_set_test(*item) for item in argument[negated:]]
        return (_none_of if negated else _one_of)(*tests)
    raise PatternError("back-references, look-ahead, look-behind and atomic groups are not supported")


def _one_of(*tests: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda character: any(
        test(form) for form in {character, character.lower(), character.upper()} for test in tests
    )


def _none_of(*tests: Callable[[str], bool]) -> Callable[[str], bool]:
    positive = _one_of(*tests)
    return lambda character: not positive(character)


def _set_test(operation: Any, argument: Any) -> Callable[[str], bool]:
    if operation is constants.LITERAL:
        return chr(argument).__eq__
    if operation is constants.RANGE:
        low, high = argument
        return lambda character: len(character) == 1 and low <= ord(character) <= high
    if operation is constants.CATEGORY:
        letter = {"DIGIT": "d", "SPACE": "s", "WORD": "w"}[str(argument).rpartition("_")[2]]
        matches = re.compile("\\" + (letter.upper() if "NOT" in str(argument) else letter)).fullmatch
        return lambda character: matches(character) is not None
    raise PatternError("this kind of character class is not supported")
