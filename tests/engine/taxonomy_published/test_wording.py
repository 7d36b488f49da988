"""Sentences say their numbers, and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.taxonomy.wording import item, item_id, quoted, sentence, unsupported_numbers


@given(
    name=st.text(max_size=120),
    count=st.integers(0, 10**9),
    share=st.floats(0, 1),
    effect=st.floats(0, 10_000),
)
def test_a_filled_template_never_states_a_number_it_does_not_carry(name, count, share, effect):
    numbers = {"count": count, "share": share, "effect": effect}

    text = sentence(
        "{name} holds {count:n} records ({share:%}) in {year}, {effect:.2f} times as many.",
        names={"name": name},
        numbers=numbers,
        words={"year": "FY2012"},
    )

    assert unsupported_numbers(text, numbers) == ()


@pytest.mark.parametrize(
    ("text", "unsupported"),
    [
        ("It rose to 12.0 % (1,490 records).", ()),
        ("It rose to 12.1 % (1,490 records).", ("12.1 %",)),
        ("It rose to 12 % (1,491 records).", ("1,491",)),
        ("“Windows 10” rose in FY2012.", ()),
        ("Windows 10 rose.", ("10",)),
        ("0.12 of the records, or 12.04 %.", ("12.04 %",)),
    ],
)
def test_a_number_that_is_not_carried_is_found(text, unsupported):
    assert unsupported_numbers(text, {"share": 0.12, "count": 1_490}) == unsupported


def test_a_name_stays_on_one_line_inside_its_quotation_marks():
    assert quoted("paper\n “jam” ") == "“paper jam”"
    assert len(quoted("x" * 500)) == 82


def test_an_item_keeps_its_id_when_its_numbers_change():
    def said(count):
        return item(
            namespace="topic",
            kind="size",
            about="jam",
            template="{name} has {count:n} records.",
            names={"name": "jam"},
            numbers={"count": count},
            confidence=1.2,
        )

    assert said(1).id == said(2).id == item_id("topic", "size", "jam")
    assert said(1).statement != said(2).statement
    assert said(1).confidence == 1.0
