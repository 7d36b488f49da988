import json
import re
import sys
from array import array

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.sources.redaction.texts import (
    PLACEHOLDER,
    SUSPICIOUS,
    SUSPICIOUS_BESIDE_KEYWORD,
    Redaction,
    growth,
    shown_place,
    source_place,
)
from tests.engine.sources.redaction.planted import LOOKALIKES, VALUES

REDACTION = Redaction(b"a secret of this test")
EVERY = [(kind, value) for kind, values in VALUES.items() for value in values]
AROUND = [("", ""), ("see ", " for more"), ("(", ")"), ('"', '",'), ("x: ", "\n"), ("<p>", "</p>"), ("_", "_")]
PIECES = st.one_of(st.sampled_from([value for _, value in EVERY]), st.sampled_from(LOOKALIKES), st.text(max_size=12))
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from((" ", "\n", ", ", ""))), max_size=8).map(
    lambda parts: "".join(piece + mark for piece, mark in parts)
)


def value_of(written):
    """The value without the word that says what it is."""
    return re.sub(r"^[A-Za-z. ]+[: ]+(?=[0-9])", "", written)


@pytest.mark.parametrize(("kind", "written"), EVERY)
@pytest.mark.parametrize(("before", "behind"), AROUND)
def test_personal_data_becomes_a_placeholder_of_its_kind(kind, written, before, behind):
    shown = REDACTION.text(f"{before}{written}{behind}")

    placeholders = re.findall(PLACEHOLDER, shown)
    assert [placeholder[1:].partition(":")[0] for placeholder in placeholders] == [kind]
    rest = re.sub(PLACEHOLDER, "", shown)
    assert not re.search(r"[0-9]{2}|@", rest)
    assert (shown.count("\n"), shown.startswith(before)) == ((before + written + behind).count("\n"), True)


@pytest.mark.parametrize("lookalike", LOOKALIKES)
@pytest.mark.parametrize(("before", "behind"), AROUND)
def test_what_looks_like_it_stays(lookalike, before, behind):
    text = f"{before}{lookalike}{behind}"

    assert REDACTION.text(text) == text


@pytest.mark.parametrize(
    "alike",
    [
        ("jane.doe@example.com", "JANE.DOE@Example.com", "jane.doe%40example.com", r"\njane.doe@example.com"),
        ("+1 415 555 2671", "(415) 555-2671", "415.555.2671", "1-415-555-2671", "+14155552671", "415-555-2671 x5"),
        ("+49 30 1234567", "0049 30 1234567", "+49-30-1234567", "+49 (0) 30 1234567"),
        ("4111 1111 1111 1111", "4111111111111111"),
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "de89370400440532013000"),
        ("AB 12 34 56 C", "AB123456C"),
    ],
)
def test_one_value_has_one_placeholder_however_it_is_written(alike):
    assert len({re.search(PLACEHOLDER, REDACTION.text(value))[0] for value in alike}) == 1


def test_placeholders_differ_by_value_and_by_secret():
    assert REDACTION.text("a@example.com") != REDACTION.text("b@example.com")
    assert REDACTION.text("a@example.com") != Redaction(b"another").text("a@example.com")
    assert REDACTION.text("a@example.com") == Redaction(b"a secret of this test").text("a@example.com")


@given(TEXTS)
def test_what_was_redacted_stays_as_it_is(text):
    shown = REDACTION.text(text)

    assert REDACTION.text(shown) == shown


@given(TEXTS)
def test_a_text_that_the_look_over_columns_passes_has_nothing_to_redact(text):
    column = pl.Series([text])
    if not column.str.contains(SUSPICIOUS)[0]:
        assert REDACTION.text(text) == text
    if not column.str.contains(SUSPICIOUS_BESIDE_KEYWORD)[0]:
        assert REDACTION.text(text, "phone bsn ssn sin cpf cnpj aadhaar") == text


@given(TEXTS)
def test_the_places_of_values_give_the_rest_of_the_text_back(text):
    shown, replaced = REDACTION.places(text)
    end = 0
    for start, length, hidden in zip(replaced[::3], replaced[1::3], replaced[2::3], strict=True):
        assert re.match(PLACEHOLDER, shown[start : start + length])
        assert shown[end:start] == text[source_place(end, replaced) : source_place(start, replaced)]
        assert source_place(start + length, replaced) == source_place(start, replaced) + hidden
        end = start + length
    assert shown[end:] == text[source_place(end, replaced) :]
    assert len(shown) == len(text) + growth(replaced)
    places = [source_place(place, replaced) for place in range(len(shown) + 1)]
    assert places == sorted(places)
    back = [shown_place(place, replaced) for place in range(len(text) + 1)]
    assert back == sorted(back)
    assert all(source_place(there, replaced) <= place for place, there in enumerate(back))


def test_places_inside_a_placeholder_are_inside_the_value():
    replaced = array("q", [2, 10, 4])

    assert [source_place(place, replaced) for place in (0, 2, 4, 6, 9, 11, 12, 15)] == [0, 2, 4, 6, 6, 6, 6, 9]
    assert [shown_place(place, replaced) for place in (0, 2, 4, 6, 7)] == [0, 2, 2, 12, 13]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMPLOYER_PHONE", "4155552671"), ("homePhone", "415 5552671"), ("Fax No.", "5552671"), ("tel", "004930123456"),
        ("ssn", "536228726"), ("burgerservicenummer", "111222333"), ("CPF", "52998224725"),
        ("aadhaar_no", "234123412346"),
    ],
)  # fmt: skip
def test_the_name_of_a_column_says_what_bare_digits_are(name, value):
    assert re.fullmatch(PLACEHOLDER, REDACTION.text(value, name))
    assert REDACTION.text(value, "amount") == value


@pytest.mark.parametrize(("name", "value"), [("phone_date", "2012-08-20 10:00"), ("telemetry", "4155552671")])
def test_the_name_of_a_column_does_not_make_everything_a_number(name, value):
    assert REDACTION.text(value, name) == value


def test_a_cell_that_holds_json_still_does():
    cell = (
        '[4111111111111111, "a\\njane@example.com", {"phone": 4155552671, "count": 4155552671, '
        '"jane@example.com": 1.50}, "jane\\u0040example.com", "caf\\u00e9"]'
    )

    shown = REDACTION.cell(cell)

    email, card = REDACTION.text("jane@example.com"), REDACTION.text("4111111111111111")
    number = REDACTION.text("4155552671", "phone")
    assert json.loads(shown) == [card, f"a\n{email}", {"phone": number, "count": 4155552671, email: 1.5}, email, "café"]
    assert "1.50" in shown
    assert "caf\\u00e9" in shown


@pytest.mark.parametrize("cell", ['[1, "jane@example.com"', "[see jane@example.com]", "{jane@example.com}", "[" * 9000])
def test_a_cell_that_only_begins_like_json_is_text(cell):
    assert REDACTION.cell(cell) == cell.replace("jane@example.com", REDACTION.text("jane@example.com"))


def test_names_stay_different():
    names = REDACTION.names(["jane@example.com", "JANE@example.com", "amount"])

    assert len(set(names)) == 3
    assert names[2] == "amount"
    assert not any("example" in name for name in names)


def operations(text):
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += "redaction" in frame.f_code.co_filename

    sys.setprofile(count)
    try:
        REDACTION.text(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("piece", ["jane@example.com ", "@", "4111 1111 1111 1112 ", "a.", "415-555-2671 ", "12 34 "])
def test_work_grows_with_the_text_and_not_faster(piece):
    assert operations(piece * 1000) <= 4.4 * operations(piece * 250) + 200
