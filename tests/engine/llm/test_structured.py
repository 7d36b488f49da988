"""The schema a server is given accepts what the model accepts, and the check of what comes back is the model's own."""

import json
from enum import StrEnum
from typing import Any, Literal

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.errors import InvariantError
from rlm_pipeline.llm import structured
from tests.engine.llm.asked import Finding
from tests.fakes.messages_api import instance_of, wrong_in


class Level(StrEnum):
    LOW = "low"
    HIGH = "high"


class Quote(pydantic.BaseModel):
    """What was said."""

    record: int = pydantic.Field(ge=1, le=500, description="Which record")
    text: str = pydantic.Field(min_length=1, max_length=80)


class Report(pydantic.BaseModel):
    title: str = "untitled"
    level: Level
    share: float | None = None
    quotes: list[Quote] = pydantic.Field(max_length=3)
    kind: Literal["a", "b"]
    worst: Quote


def objects_of(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects_of(value)
    if isinstance(schema, list):
        for value in schema:
            yield from objects_of(value)


def test_every_property_is_required_and_no_other_is_allowed():
    schema = structured.schema_of(Report)

    assert list(schema["properties"]) == ["title", "level", "share", "quotes", "kind", "worst"]
    assert len(list(objects_of(schema))) == 3
    for each in objects_of(schema):
        assert each["required"] == list(each["properties"])
        assert each["additionalProperties"] is False
    assert wrong_in(schema) is None


def test_limits_are_said_in_words_and_nowhere_else():
    schema = structured.schema_of(Report)

    quote = schema["properties"]["quotes"]["items"]["properties"]
    assert quote["record"] == {"type": "integer", "description": "Which record (at least 1, at most 500)"}
    assert quote["text"]["description"] == "(at least 1 characters, at most 80 characters)"
    assert schema["properties"]["quotes"]["description"] == "(at most 3 items)"
    text = json.dumps(schema)
    assert not any(f'"{name}"' in text for name in ("$ref", "$defs", "default", "minLength", "maximum", "maxItems"))


def test_enums_and_unions_keep_their_values():
    properties = structured.schema_of(Report)["properties"]

    assert properties["level"]["enum"] == ["low", "high"]
    assert properties["kind"]["enum"] == ["a", "b"]
    assert [each["type"] for each in properties["share"]["anyOf"]] == ["number", "null"]


class Tree(pydantic.BaseModel):
    children: list["Tree"]


class Free(pydantic.BaseModel):
    counts: dict[str, int]


class Pair(pydantic.BaseModel):
    place: tuple[int, str]


class Anything(pydantic.BaseModel):
    value: Any


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Tree, r"Tree\.children\[\]\.children\[\] contains itself|Tree.*contains itself"),
        (Free, r"Free\.counts has free keys"),
        (Pair, "prefixItems|no one kind of item"),
        (Anything, r"Anything\.value may be anything"),
        (pydantic.create_model("Wide", **{f"f{n}": (int | None, ...) for n in range(17)}), "Wide has 17 unions"),
    ],
)
def test_what_no_server_accepts_is_refused_by_name(model, said):
    with pytest.raises(InvariantError, match=said):
        structured.schema_of(model)


def test_sixteen_unions_are_accepted():
    model = pydantic.create_model("Wide", **{f"f{n}": (int | None, ...) for n in range(16)})

    assert len(structured.schema_of(model)["properties"]) == 16


def test_unions_are_counted_wherever_a_definition_is_used():
    part = pydantic.create_model("Part", value=(int | None, ...))
    model = pydantic.create_model("Whole", **{f"f{n}": (part, ...) for n in range(17)})

    with pytest.raises(InvariantError, match="17 unions"):
        structured.schema_of(model)


_LEAVES = st.sampled_from(
    [str, int, float, bool, Level, Literal["x", "y"], int | None, list[str], list[int | None], Quote, list[Quote]]
)


@given(st.dictionaries(st.sampled_from([f"field_{n}" for n in range(8)]), _LEAVES, min_size=1, max_size=8))
def test_what_keeps_to_the_schema_of_any_model_is_an_instance_of_it(fields):
    model = pydantic.create_model("Made", **{name: (kind, ...) for name, kind in fields.items()})
    schema = structured.schema_of(model)

    value, problem = structured.read(json.dumps(instance_of(schema)), model, embedded=False)

    assert problem == ""
    assert isinstance(value, model)
    assert wrong_in(schema) is None


GOOD = '{"summary": "fire", "severity": "high"}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"Sure!\n```json\n{GOOD}\n```\nAnything else?",
        f"```\n{GOOD}\n```",
        f"I think {{this}} is it: {GOOD} (it is).",
        f'{{"thought": "hm"}} {GOOD}',
    ],
)
def test_the_answer_is_found_inside_prose(text):
    value, problem = structured.read(text, Finding, embedded=True)

    assert (value, problem) == (Finding(summary="fire", severity="high"), "")


class Lenient(pydantic.BaseModel):
    quotes: list[Quote] = []
    note: str = ""


def test_a_part_of_a_broken_answer_is_not_taken_for_the_answer():
    """All fields have defaults, so any object inside would do."""
    broken = '{"quotes": [{"record": 1, "text": "fire"}, {"record": 2, "te'

    value, _ = structured.read(broken, Lenient, embedded=True)

    assert value is None


@pytest.mark.parametrize("text", ["", "no JSON here", '{"summary": "fire"', "[]", "null", '{"summary": 3}', "{" * 1000])
def test_what_is_wrong_with_an_answer_is_said(text):
    value, problem = structured.read(text, Finding, embedded=True)

    assert value is None
    assert problem


def test_every_problem_is_named_up_to_five():
    model = pydantic.create_model("Wide", **{f"f{n}": (int, ...) for n in range(9)})

    _, problem = structured.read("{}", model, embedded=False)

    assert problem.startswith("f0: Field required; f1: ")
    assert problem.endswith("and 4 more")
