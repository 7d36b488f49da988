"""Answers come in every shape; one that cannot be used never costs another."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.exchange import answers

ONE = {"chunk_id": "a" * 16, "relevance": "High", "findings": ["fire"]}
TWO = {
    "chunk_id": "b" * 16,
    "relevance": "low",
    "findings": [{"type": "bug", "description": "jam", "evidence": "it jams", "line_hint": "line 7", "impact": "loud"}],
    "summary": "jams",
    "follow_up": ["why Mondays?"],
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([ONE, TWO]),
        json.dumps([ONE, TWO], indent=2),
        json.dumps(ONE) + "\n" + json.dumps(TWO) + "\n",
        json.dumps(ONE, indent=2) + "\n" + json.dumps(TWO, indent=2),
        "\ufeff" + json.dumps([[ONE], TWO]),
        json.dumps({"findings": [ONE, TWO]}),
        f"Here is what I found:\n```json\n{json.dumps(ONE)}\n```\nand [also]:\n~~~\n{json.dumps(TWO, indent=1)}\n~~~\n",
    ],
)
def test_the_same_answers_are_read_from_every_shape(text):
    found, aside = answers.read(text)

    assert [each.chunk_id for each in found] == ["a" * 16, "b" * 16]
    assert [each.relevance for each in found] == ["high", "low"]
    assert found[1].findings[0] == answers.Finding(
        text="jam", type="bug", line=7, evidence=("it jams",), more={"impact": "loud"}
    )
    assert found[1].follow_up == ("why Mondays?",)
    assert not aside


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"chunk_id": "c", "relevance": "hgih"}', "relevance is 'hgih'; expected one of high, medium, low, none"),
        ('{"relevance": "low"}', "chunk_id is missing"),
        ('{"chunk_id": "c", "relevance": oops}', "not JSON"),
        ('{"chunk_id": "c", "relevance": "low", "findings": [NaN]}', "not JSON"),
        ('{"chunk_id": "c", "relevance": "low", "summary": 3}', "summary is a number"),
        ('{"chunk_id": true, "relevance": "low"}', "chunk_id is true or false"),
        ("7", "expected an object, found a number"),
    ],
)
def test_one_bad_item_is_set_aside_with_its_place_and_the_rest_is_kept(bad, reason):
    found, aside = answers.read(f"[{json.dumps(ONE)}, {bad}, {json.dumps(TWO)}]")

    assert [each.index for each in found] == [0, 2]
    assert [each.index for each in aside] == [1]
    assert reason in aside[0].reason


def test_a_bad_line_of_ndjson_is_set_aside():
    found, aside = answers.read(f"{json.dumps(ONE)}\nnot json at all\n{json.dumps(TWO)}\n")

    assert [each.index for each in found] == [0, 2]
    assert [(each.index, each.reason, each.item) for each in aside] == [(1, "not JSON", "not json at all")]


def test_an_array_that_was_cut_off_gives_what_it_has():
    text = json.dumps([ONE, TWO])

    found, aside = answers.read(text[:-40])

    assert [each.chunk_id for each in found] == ["a" * 16]
    assert len(aside) == 1


def test_a_bad_finding_costs_only_itself():
    found, aside = answers.read(json.dumps({**ONE, "findings": ["fire", 7, {"evidence": "x"}, {"text": "smoke"}]}))

    assert [each.text for each in found[0].findings] == ["fire", "smoke"]
    assert [each.reason.partition(":")[0] for each in aside] == ["findings[1]", "findings[2]"]


def test_an_id_of_digits_alone_that_came_back_as_a_number_is_an_id_again():
    found, _ = answers.read('{"chunk_id": 12345678901234, "relevance": "none"}')

    assert found[0].chunk_id == "0012345678901234"


@given(st.lists(st.sampled_from([json.dumps(ONE), json.dumps(TWO, indent=1)]), min_size=1), st.data())
def test_whatever_lies_between_answers_none_is_lost(written, data):
    between = st.text(alphabet="x y\n,]:.'", max_size=9)
    text = "".join(data.draw(between) + "\n" + each + "\n" for each in written)

    found, _ = answers.read(text)

    assert len(found) == len(written)


@given(st.text(alphabet='[]{}",:a1\n\\ `', max_size=60))
def test_any_text_is_read_or_set_aside_without_an_error(text):
    found, aside = answers.read(text)

    assert all(each.reason for each in aside)
    assert not found


def test_halves_of_characters_can_be_written_again():
    found, _ = answers.read('{"chunk_id": "a", "relevance": "low", "summary": "\\ud800"}')

    assert found[0].summary.encode("utf-8")


def test_deeply_nested_and_unclosed_input_is_settled_quickly():
    found, aside = answers.read("[" * 50_000 + '{"a":' * 5_000)

    assert not found
    assert aside
