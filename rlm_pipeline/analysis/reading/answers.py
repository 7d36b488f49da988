"""What an analyst answers about one reading: pydantic models, one for each analyst's types and facets."""

import functools
from typing import Any, Literal

import pydantic

CONFIDENCE = {"low": 0.3, "medium": 0.6, "high": 0.9}
"""What a reader's own words for its confidence are stored as."""


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="ignore", frozen=True)


class Quote(_Part):
    """Words copied from one of the records."""

    record: int
    quote: str


class Verdict(_Part):
    """On something that code took note of in a record."""

    record: int
    note: int
    verdict: Literal["confirmed", "dismissed", "unsure"]
    reason: str


class Statement(_Part):
    """A record's answer to one facet."""

    facet: str
    statement: str


class RecordAnswer(_Part):
    """What one record says."""

    record: int
    statements: list[Statement]


class Found(_Part):
    """One finding, to be checked by its quotes."""

    type: str
    scope: str
    summary: str
    severity: Literal["info", "notice", "warning"]
    confidence: Literal["low", "medium", "high"]
    quotes: list[Quote]


class Answer(_Part):
    """All that is answered about one reading; each analyst's own model narrows `type` and `facet` to its own."""

    relevant: bool
    records: list[RecordAnswer]
    verdicts: list[Verdict]
    findings: list[Found]


@functools.cache
def model_of(types: tuple[str, ...], facets: tuple[str, ...]) -> type[Answer]:
    """`Answer` with only these types of findings and these facets."""
    own_type: Any = Literal[types]
    found: Any = pydantic.create_model("Found", __base__=Found, type=(own_type, ...))
    narrowed: dict[str, Any] = {"findings": (list[found], ...)}
    if facets:
        own_facet: Any = Literal[facets]
        statement: Any = pydantic.create_model("Statement", __base__=Statement, facet=(own_facet, ...))
        record: Any = pydantic.create_model("RecordAnswer", __base__=RecordAnswer, statements=(list[statement], ...))
        narrowed["records"] = (list[record], ...)
    return pydantic.create_model("Answer", __base__=Answer, **narrowed)


def misnumbered(answer: Answer, units: int, notes: dict[int, int]) -> str:
    """What of an answer speaks of a record or note that was not in the reading; empty if nothing does.

    `notes` is how many notes each record has, by its number from 1.
    """
    numbers = [each.record for each in answer.records] + [each.record for each in answer.verdicts]
    numbers += [quote.record for found in answer.findings for quote in found.quotes]
    wrong = sorted({number for number in numbers if not 1 <= number <= units})
    if wrong:
        return f"there is no record {wrong[0]}; the records are numbered 1 to {units}"
    for each in answer.verdicts:
        if not 1 <= each.note <= notes.get(each.record, 0):
            return f"record {each.record} has no note {each.note}"
    return ""
