"""Whether a text is JSON, in lines or in one piece."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from json.decoder import JSONDecodeError

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.json_files.layout import elements, members
from rlm_pipeline.sources.json_files.scanner import Scanner, Value, is_cut
from rlm_pipeline.sources.json_files.values import BrokenValueError, decoder, parse
from rlm_pipeline.sources.recognition import Recognised, TextSample, with_suffix

FORMATS = frozenset({"json", "jsonl"})

_PROVED = 0.95
_LINE_SUFFIXES = frozenset({".jsonl", ".ndjson", ".ldjson", ".jsonlines"})
_SUFFIXES = frozenset({".json", ".geojson", ".jsonld", ".json5", ".jsonc", ".har", ".webmanifest", *_LINE_SUFFIXES})
_BLANK = " \t\r\n\v\f\0\x1a\x1e\ufeff"
_LINES_JUDGED = 1000
_CHARACTERS_JUDGED = 1 << 21  # of a text in one piece; a document's only line may fill the largest sample
_LINE_END = re.compile(r"\r\n?|\n")
_SPACE = re.compile(r"[\s\ufeff\x1e\x00]*+")
_BROKEN = object()
_decode = decoder(exact=True).raw_decode
_FEWEST_SOUND = 0.5  # share of the lines or values judged that are JSON


def recognise(sample: TextSample, wanted: str) -> Recognised | None:
    """The JSON that `sample` is, or None.

    Raises:
        SourceError: `wanted` is json or jsonl, but nothing in it can be read as JSON.

    """
    lines = _lines(sample)
    by_line = None if wanted == "json" else _by_line(lines, sample, forced=wanted == "jsonl")
    if by_line is not None or wanted == "jsonl":
        if by_line is None:
            raise SourceError("is not JSON lines: none of its first lines is a JSON value")
        return by_line
    return _in_one(sample, forced=wanted == "json")


def _lines(sample: TextSample) -> list[str]:
    lines = (line.strip(_BLANK) for line in _LINE_END.split(sample.text))
    return list(islice((line for line in lines if line), _LINES_JUDGED))


def _by_line(lines: list[str], sample: TextSample, *, forced: bool) -> Recognised | None:
    """The verdict if each line is a value; a lone line is a document unless the suffix says otherwise."""
    named = sample.suffix in _LINE_SUFFIXES
    fewest = 1 if named or forced else 2
    if len(lines) < fewest:
        return None
    values = [_value_of(line) for line in lines]
    nested = sum(type(value) in {dict, list} for value in values)
    sound = len(values) - values.count(_BROKEN) if named or forced else nested
    objects = any(type(value) is dict for value in values)
    if sound < fewest or (sound < (_FEWEST_SOUND if objects or named else _PROVED) * len(lines) and not forced):
        return None
    return Recognised(
        detected_type="jsonl",
        confidence=with_suffix(_PROVED * sound / len(lines), agrees=sample.suffix in _SUFFIXES),
        evidence=f"{sound:,} of the first {len(lines):,} lines are JSON",
    )


def _value_of(line: str) -> object:
    try:
        return parse(line)
    except BrokenValueError:
        return _BROKEN


def _in_one(sample: TextSample, *, forced: bool) -> Recognised | None:
    text = sample.text[:_CHARACTERS_JUDGED]
    scanner = Scanner(iter([text]))
    if scanner.peek() not in {"{", "["} and not forced:
        return None
    if _is_strict(text[scanner.at :]):
        whole = sample.whole and len(text) == len(sample.text)
        share, evidence = 1.0, "a JSON text" if whole else "a JSON text as far as it was looked at"
    else:
        judged = _judge(text)
        share = judged.sound / max(1, judged.sound + judged.broken)
        if not forced and (judged.stray or not judged.nested or share < _FEWEST_SOUND):
            return None
        if not judged.sound:
            raise SourceError("is not JSON: it has no value that can be read")
        evidence = (
            f"a JSON text, of which {judged.sound:,} of the first {judged.sound + judged.broken:,} values are sound"
        )
    return Recognised(
        detected_type="json",
        confidence=with_suffix(_PROVED * share, agrees=sample.suffix in _SUFFIXES),
        evidence=evidence,
    )


def _is_strict(text: str) -> bool:
    """Whether the text is one JSON value after another, the last of which may be cut off."""
    at = 0
    while at < len(text):
        try:
            _, at = _decode(text, at)
        except JSONDecodeError as error:
            return is_cut(error) and len(text) - at > 1
        except (RecursionError, ValueError):
            return True
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if text[at : at + 1] not in {"", "{", "["}:
            return False
    return True


@dataclass(slots=True)
class _Judged:
    """Values of a text: the sound ones, those of them that are nested or have a key, the broken, those outside."""

    sound: int = 0
    nested: int = 0
    broken: int = 0
    stray: int = 0


def _judge(text: str) -> _Judged:
    scanner, judged = Scanner(iter([text])), _Judged()
    while (mark := scanner.peek()) and judged.sound + judged.broken < _LINES_JUDGED:
        if mark in "[{":
            for value, has_key in _parts(scanner, mark):
                judged.sound += not value.reason
                judged.broken += bool(value.reason)
                judged.nested += not value.reason and (has_key or type(value.value) in {dict, list})
                if judged.sound + judged.broken >= _LINES_JUDGED:
                    break
        else:
            judged.stray += 1
            value = scanner.take()
            judged.sound += not value.reason
            judged.broken += bool(value.reason)
    return judged


def _parts(scanner: Scanner, mark: str) -> Iterator[tuple[Value, bool]]:
    if mark == "{":
        return ((part.value, True) for part in members(scanner))
    return ((value, False) for value in elements(scanner))
