"""Texts and names on their way into the database."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.intake.formats.locations import find_location
from dashboard.intake.formats.text import KeptText, clean, cut, first_words, short_name

ANY_TEXT = st.text(st.characters(), max_size=300) | st.text("\x00\x1b[31m#x\u241b \n\r\ud800a", max_size=80)


@given(ANY_TEXT)
def test_a_cleaned_text_can_be_stored_anywhere(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()  # no lone surrogate
    assert not {"\x00", "\x1b", "\r"} & set(cleaned)
    assert clean(cleaned) == cleaned or "[" in cleaned  # what is left may look like the rest of a colour code


@given(ANY_TEXT, st.integers(20, 100))
def test_a_name_is_one_line_within_its_limit(text: str, limit: int) -> None:
    name = short_name(text, limit)
    assert len(name) <= limit
    assert "\n" not in name
    assert name == name.strip()
    assert short_name(name, limit) == name or "[" in name


def test_two_long_names_that_differ_at_their_ends_stay_two() -> None:
    assert short_name("x" * 600 + "a", 500) != short_name("x" * 600 + "b", 500)


def test_two_names_that_differ_in_unicode_normalisation_are_two() -> None:
    assert short_name("caf\u00e9", 500) != short_name("cafe\u0301", 500)


@given(st.text(max_size=500), st.integers(60, 200))
def test_a_cut_text_keeps_both_ends_and_says_how_much_is_missing(text: str, limit: int) -> None:
    shown = cut(text, limit)
    assert len(shown) <= limit or len(text) <= limit
    if len(text) > limit:
        assert "characters left out" in shown
        assert f"of {len(text):,}" in shown


@given(st.lists(st.text(max_size=40), max_size=30), st.integers(3, 60))
def test_kept_text_is_the_start_and_the_end_of_all_that_came(pieces: list[str], limit: int) -> None:
    kept = KeptText(limit)
    for piece in pieces:
        kept.add(piece)
    whole = "".join(pieces)
    shown = str(kept)
    if len(whole) <= limit:
        assert shown == whole
    else:
        assert shown.startswith(whole[: limit * 2 // 3])
        assert shown.endswith(whole[len(whole) - (limit - limit * 2 // 3) :])
        assert f"{len(whole) - limit:,} of {len(whole):,} characters left out" in shown


def test_the_first_words_are_those_that_say_what_broke() -> None:
    assert first_words("\n\n  one\n two", 100) == "one"
    assert first_words("FAILED:\n  1 == 2\nmore", 100) == "FAILED:\n1 == 2"
    assert first_words("def f():\n>   assert 0\nE   assert 0\n", 100) == "assert 0"


def test_colour_codes_without_their_escape_are_removed_and_other_brackets_stay() -> None:
    assert clean("[31mred[0m list[0] a[3m]") == "red list[0] a]"
    assert clean("a [31m in a text without a reset") == "a [31m in a text without a reset"


def test_places_are_found_in_the_texts_of_many_languages() -> None:
    assert find_location("    calc_test.go:19: expected") == ("calc_test.go", 19)
    assert find_location("src/lib.rs:7:5: panicked") == ("src/lib.rs", 7)
    assert find_location("   at N.T.M() in C:\\a\\T.cs:line 25") == ("C:\\a\\T.cs", 25)
    assert find_location("#   at t/a.t line 7.") == ("t/a.t", 7)
    assert find_location("    at f (/w/node_modules/x.js:1:2)\n    at g (/w/a.test.ts:3:4)") == ("/w/a.test.ts", 3)
    assert find_location("nothing to see: 12:30") == ("", None)
