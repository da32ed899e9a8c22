"""Regular expressions in time proportional to the text: the same answers as `re`, and none of its traps."""

import re
import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.patterns import Pattern, PatternError

TEXTS = st.text(alphabet="abAB10_/ .-", max_size=12)
ATOMS = st.sampled_from(
    ["a", "b", "A", "0", r"\d", r"\w", r"\s", r"\D", ".", "[ab]", "[^a]", "[0-9_]", "/", r"\.", "$", "^"]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, TEXTS)
def test_it_finds_what_re_finds(expression, text):
    try:
        pattern = Pattern(expression)
    except PatternError:
        return  # too large, in words
    assert pattern.found_in(text) == bool(re.search(expression, text, re.IGNORECASE))


@pytest.mark.parametrize(
    ("expression", "found", "missed"),
    [
        ("^Test", "TestInstall", "MyTest"),
        ("_00[0-4]$", "deep_003", "deep_005"),
        ("install|UPGRADE", "TestUpgrade", "TestInject"),
        (r"with_1\d_", "with_12_replicas", "with_1_replicas"),
        ("", "anything", None),
        ("a.c", "abc", "ac"),
        ("ÄRGER", "ärger", "arger"),
        ("[^a-y]", "z", "abc"),
        (r"\[It\]", "[It] works", "It works"),
        ("^$", "", "a"),
    ],
)
def test_expressions_as_people_write_them(expression, found, missed):
    pattern = Pattern(expression)
    assert pattern.found_in(found)
    assert missed is None or not pattern.found_in(missed)


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+$",
        "(a|a)*$",
        "(a*)*b",
        "(.*)*x",
        "(a|aa)+$",
        ".*.*.*.*.*.*=",
        "(x+x+)+y",
        "(a?){60}a{60}",
        "(.*a){12}b",
        "a*a*a*a*a*a*a*b",
    ],
)
def test_what_hangs_re_takes_milliseconds(expression):
    pattern = Pattern(expression)
    start = time.process_time()
    pattern.matching(["a" * 300 + "!"] * 20)
    assert time.process_time() - start < 1


def test_a_search_that_grows_too_large_stops_in_words():
    pattern = Pattern("(a|b)*a(a|b){120}c")
    random = Random(1)
    texts = ["".join(random.choices("ab", k=500)) for _ in range(20_000)]
    start = time.monotonic()
    with pytest.raises(PatternError, match="took too long"):
        pattern.matching(texts)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("(", "not a regular expression"),
        ("*", "not a regular expression"),
        ("a{2,1}", "not a regular expression"),
        ("a{99999999999999}", "not a regular expression"),
        ("[z-a]", "not a regular expression"),
        ("(a)\\1", "back-references"),
        ("(?=a)", "look-ahead"),
        ("(?<!a)b", "look-behind"),
        (r"\bword", "not supported"),
        ("(?i:a)", "not supported"),
        ("a{1000}", "too large"),
        ("((a{50}){50}){50}", "too large"),
        ("((((){60}){60}){60}){60}", "too large"),
        ("a" * 201, "longer than"),
    ],
)
def test_what_cannot_be_used_is_said_in_words(expression, words):
    with pytest.raises(PatternError, match=re.escape(words)):
        Pattern(expression)
