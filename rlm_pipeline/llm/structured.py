"""Answers of a fixed shape: the JSON schema a server is given, and the check of what comes back."""

import functools
import json
from collections.abc import Iterator
from typing import Any

import pydantic

from rlm_pipeline.errors import InvariantError

MOST_UNIONS = 16
"""More union-typed places than this and the API refuses the schema."""

_SAID_IN_WORDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "uniqueItems": "no item twice",
    "pattern": "matching {}",
    "format": "format {}",
}
"""Keywords that the API refuses; the model is told in words, and the answer is checked against them here."""

_KEPT = ("type", "enum", "const")
_NOT_SAID = {"title", "default", "description", "properties", "required", "items", "anyOf", "additionalProperties"}
_PROBLEMS_NAMED = 5


@functools.cache
def schema_of(answer: type[pydantic.BaseModel]) -> dict[str, Any]:
    """The JSON schema that makes a server answer in the shape of `answer`.

    Every property is required, no other is allowed, and what the API refuses is said in the descriptions.

    Raises:
        InvariantError: the model holds what no server accepts: itself, free keys, a tuple, anything at all, or more
            than `MOST_UNIONS` unions.

    """
    whole = answer.model_json_schema()
    definitions = whole.pop("$defs", {})
    schema = _converted(whole, definitions, f"{answer.__name__}", ())
    unions = _unions(schema)
    if unions > MOST_UNIONS:
        raise InvariantError(f"{answer.__name__} has {unions} unions; a server takes at most {MOST_UNIONS}")
    return schema


@functools.cache
def schema_text(answer: type[pydantic.BaseModel]) -> str:
    """`schema_of` as JSON, its properties in the order they are declared in."""
    return json.dumps(schema_of(answer), ensure_ascii=False)


def read(text: str, answer: type[pydantic.BaseModel], *, embedded: bool) -> tuple[pydantic.BaseModel | None, str]:
    """The answer that `text` holds, or why it holds none.

    `embedded` also takes the JSON out of prose and code fences, for servers that do not keep to a schema.
    """
    try:
        return answer.model_validate_json(text), ""
    except pydantic.ValidationError as error:
        problem = _in_words(error)
    for candidate in _embedded(text, answer) if embedded else ():
        try:
            return answer.model_validate_json(candidate), ""
        except pydantic.ValidationError as error:
            problem = _in_words(error)
    return None, problem


def _converted(
    node: dict[str, Any], definitions: dict[str, Any], place: str, inside: tuple[str, ...]
) -> dict[str, Any]:
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[-1]
        if name in inside:
            raise InvariantError(f"{place} contains itself; no server takes a recursive schema")
        described = {**definitions[name], **{key: value for key, value in node.items() if key != "$ref"}}
        return _converted(described, definitions, place, (*inside, name))
    converted = {key: node[key] for key in _KEPT if key in node}
    if said := _description(node):
        converted["description"] = said
    if "anyOf" in node:
        converted["anyOf"] = [_converted(each, definitions, place, inside) for each in node["anyOf"]]
    elif node.get("type") == "object":
        converted |= _object(node, definitions, place, inside)
    elif node.get("type") == "array":
        if "items" not in node:
            raise InvariantError(f"{place} is an array of no one kind of item; no server takes that")
        converted["items"] = _converted(node["items"], definitions, f"{place}[]", inside)
    elif not any(key in converted for key in _KEPT):
        raise InvariantError(f"{place} may be anything; say what it is")
    return converted


def _object(node: dict[str, Any], definitions: dict[str, Any], place: str, inside: tuple[str, ...]) -> dict[str, Any]:
    if "properties" not in node:
        raise InvariantError(f"{place} has free keys; no server takes that, use a list of objects with a key each")
    properties = {
        name: _converted(value, definitions, f"{place}.{name}", inside) for name, value in node["properties"].items()
    }
    return {"properties": properties, "required": list(properties), "additionalProperties": False}


def _description(node: dict[str, Any]) -> str:
    unknown = node.keys() - _NOT_SAID - set(_KEPT) - _SAID_IN_WORDS.keys()
    if unknown:
        raise InvariantError(f"no server takes the JSON schema keyword {min(unknown)!r}")
    limits = [words.format(node[key]) for key, words in _SAID_IN_WORDS.items() if key in node]
    said = [node.get("description", ""), f"({', '.join(limits)})" if limits else ""]
    return " ".join(part for part in said if part)


def _unions(schema: Any) -> int:
    if isinstance(schema, dict):
        return ("anyOf" in schema) + sum(map(_unions, schema.values()))
    return sum(map(_unions, schema)) if isinstance(schema, list) else 0


def _embedded(text: str, answer: type[pydantic.BaseModel]) -> Iterator[str]:
    """The JSON objects in a text that have every property of the answer: a part of a broken one does not."""
    required = schema_of(answer)["required"]
    decoder = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        try:
            found, end = decoder.raw_decode(text, start)
        except ValueError:
            end = start + 1
        else:
            if found.keys() >= set(required):
                yield text[start:end]
        start = text.find("{", end)


def _in_words(error: pydantic.ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    said = [
        ": ".join(filter(None, (".".join(map(str, problem["loc"])), problem["msg"])))
        for problem in problems[:_PROBLEMS_NAMED]
    ]
    more = len(problems) - len(said)
    return "; ".join(said) + (f"; and {more} more" if more else "")
