"""Answers of outside readers, taken in whatever shape they come: what can be used is used, the rest set aside.

Accepted are a JSON array, single objects, NDJSON, objects one after the other, and any of these in Markdown fences or
between prose. An answer is `{chunk_id, relevance, findings, summary, follow_up}`; a finding is a text, or an object
with a description and, where the reader gave them, `type`, `evidence`, `line` and `severity`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from rlm_pipeline.exchange.json_values import Broken, values_in

Relevance = Literal["high", "medium", "low", "none"]
RELEVANCES: tuple[Relevance, ...] = ("high", "medium", "low", "none")
"""From the most relevant."""

_TEXTS = ("description", "summary", "text", "finding", "statement", "message", "title")
_LINES = ("line", "line_hint", "line_number")
_SHOWN = 200
_ID_LENGTH = 16  # an id of digits alone may come back as a number, without its leading zeros


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding; `evidence` are quotes, `more` what else its reader said of it."""

    text: str
    type: str = ""
    severity: str = ""
    line: int | None = None
    evidence: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one reader says of one chunk; `index` is its place in the input, from 0."""

    index: int
    chunk_id: str
    relevance: Relevance
    findings: tuple[Finding, ...] = ()
    summary: str = ""
    follow_up: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """What could not be used: the item's place in the input, why, and how it begins."""

    index: int
    reason: str
    item: str


def read(text: str) -> tuple[tuple[Answer, ...], tuple[SetAside, ...]]:
    """The answers in a text, and what of it could not be used; nothing is lost and nothing rejects its neighbours."""
    answers: list[Answer] = []
    aside: list[SetAside] = []
    for index, value in enumerate(_items(text)):
        if isinstance(value, Broken):
            aside.append(SetAside(index=index, reason=value.reason, item=_shown(value.text)))
            continue
        try:
            answer, unusable = _answer(index, value)
        except _Unusable as error:
            aside.append(SetAside(index=index, reason=str(error), item=_shown(value)))
            continue
        answers.append(answer)
        aside.extend(unusable)
    return tuple(answers), tuple(aside)


class _Unusable(Exception):
    """Why an item cannot be used."""


def _items(text: str) -> Iterator[Any]:
    """The objects of the text; arrays give their elements, and so does an object that only wraps a list of answers."""
    for value in values_in(text):
        yield from _unwrapped(value)


def _unwrapped(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _unwrapped(each) if isinstance(each, list) else (each,)
    elif isinstance(value, dict) and "chunk_id" not in value:
        lists = [each for name, each in value.items() if name in {"answers", "results", "findings"}]
        wrapped = [each for each in lists if isinstance(each, list) and any(_is_answer(item) for item in each)]
        yield from wrapped[0] if wrapped else (value,)
    else:
        yield value


def _is_answer(value: Any) -> bool:
    return isinstance(value, dict) and "chunk_id" in value


def _answer(index: int, value: Any) -> tuple[Answer, list[SetAside]]:
    if not isinstance(value, dict):
        raise _Unusable(f"expected an object, found {_kind(value)}")
    chunk_id = value.get("chunk_id")
    if isinstance(chunk_id, bool) or not isinstance(chunk_id, str | int) or not str(chunk_id).strip():
        raise _Unusable("chunk_id is missing" if chunk_id is None else f"chunk_id is {_kind(chunk_id)}, not an id")
    findings, aside = _findings(index, value.get("findings"))
    return (
        Answer(
            index=index,
            chunk_id=str(chunk_id).strip().lower().zfill(_ID_LENGTH if isinstance(chunk_id, int) else 0),
            relevance=_relevance(value.get("relevance")),
            findings=tuple(findings),
            summary=_text(value.get("summary"), "summary"),
            follow_up=_texts(value.get("follow_up", value.get("follow_ups")), "follow_up"),
        ),
        aside,
    )


def _relevance(value: Any) -> Relevance:
    said = value.strip().lower() if isinstance(value, str) else value
    if said not in RELEVANCES:
        found = "is missing" if value is None else f"is {_shown(value)!r}"
        raise _Unusable(f"relevance {found}; expected one of {', '.join(RELEVANCES)}")
    return cast("Relevance", said)


def _findings(index: int, value: Any) -> tuple[list[Finding], list[SetAside]]:
    if value is None:
        return [], []
    findings: list[Finding] = []
    aside: list[SetAside] = []
    for place, each in enumerate(value if isinstance(value, list) else [value]):
        try:
            findings.append(_finding(each))
        except _Unusable as error:
            aside.append(SetAside(index=index, reason=f"findings[{place}]: {error}", item=_shown(each)))
    return findings, aside


def _finding(value: Any) -> Finding:
    if isinstance(value, str) and value.strip():
        return Finding(text=clean(value).strip())
    if not isinstance(value, dict):
        raise _Unusable(f"expected a text or an object, found {_kind(value)}")
    named = next((name for name in _TEXTS if isinstance(value.get(name), str) and value[name].strip()), None)
    if named is None:
        raise _Unusable(f"no text; expected one of {', '.join(_TEXTS)}")
    line = next((_line(value[name]) for name in _LINES if name in value), None)
    known = {named, *_LINES, "type", "severity", "evidence"}
    return Finding(
        text=clean(value[named]).strip(),
        type=_text(value.get("type"), "type"),
        severity=_text(value.get("severity"), "severity").lower(),
        line=line,
        evidence=tuple(each for each in _texts(value.get("evidence"), "evidence") if each.strip()),
        more={clean(name): each for name, each in value.items() if name not in known},
    )


def _line(value: Any) -> int | None:
    digits = str(value).strip().lower().removeprefix("line").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Unusable(f"{name} is {_kind(value)}, not a text")
    return clean(value).strip()


def _texts(value: Any, name: str) -> tuple[str, ...]:
    """A list of texts, or one text alone; quotes are kept as they are."""
    listed = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in listed):
        raise _Unusable(f"{name} is not a list of texts")
    return tuple(clean(each) for each in listed)


def clean(text: str) -> str:
    """`text` with halves of characters, which JSON escapes can make and no file can hold, replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _kind(value: Any) -> str:
    kinds = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), "null")


def _shown(value: Any) -> str:
    text = clean(value if isinstance(value, str) else repr(value))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
