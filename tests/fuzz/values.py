"""What the records of a JSON file must hold: the values that the json module finds, or the words of the text."""

import json
import re
from collections import Counter
from pathlib import Path

from msgspec import Raw
from texts import Broken, Number, Read, scalars_of

from rlm_pipeline.sources.encodings import text_blocks
from rlm_pipeline.sources.json_files.layout import DOCUMENTS, Shape, survey
from rlm_pipeline.sources.json_files.notation import ROOT
from rlm_pipeline.sources.json_files.records import JsonFile, Notes, Record
from rlm_pipeline.sources.json_files.scanner import Scanner
from rlm_pipeline.sources.json_files.values import BrokenValueError, checked_depth, mended
from rlm_pipeline.sources.recognition import Detected

_WORD = re.compile(r"[^\W\d_]{2,}")
_ESCAPED_IN_PATHS = re.compile(r"[\\'\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|/[/*]")
_EMPTY = re.compile(r'"[^"]*"\s*:\s*\[\s*\]')
_STEP = re.compile(r"\.?(?P<plain>[^.*\[\]'\"]+)|\['(?P<quoted>(?:[^'\\]|\\.)*)'\]", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|.)", re.DOTALL)
_BLANK = " \t\r\n\v\f\0\x1a\x1e\ufeff"


class _TwiceError(ValueError):
    """A key is twice in one object."""


def check_json(read: Read, path: Path, detected: Detected) -> None:
    """Records and what is set aside have the text's words; those of sound JSON have its values, cell by cell."""
    layout = None
    if detected.detected_type == "json":
        layout = survey(lambda: Scanner(text_blocks(path, detected.encoding)))
    records = list(JsonFile(path=path, encoding=detected.encoding, layout=layout).records(Notes()))
    if [(record.line, record.reason) for record in records] != [(each.line, each.reason) for each in read.entries]:
        raise Broken("the entries are not the records")
    in_order = [record.line for record in records if layout is None or layout is DOCUMENTS or record.place != ROOT]
    if in_order != sorted(in_order):  # what is beside the records comes last, on the line that its object starts on
        raise Broken(f"lines are not in order: {in_order}")
    _check_words(read, records)
    if layout is None:
        _check_lines(read, records)
    else:
        _check_document(read.text, records, in_order=layout.shape is Shape.DOCUMENTS)
    keyed = layout is not None and layout.keyed
    own = {"json_path"} if len({record.place for record in records if not record.reason}) > 1 else set()
    own |= {"key"} if keyed else set()
    for record, entry in zip(records, read.entries, strict=True):
        if entry.cells is not None:
            cells = dict(zip(read.reading.columns, entry.cells, strict=True))
            _check_cells(record.value, {column: cell for column, cell in cells.items() if cell and column not in own})


def _check_words(read: Read, records: list[Record]) -> None:
    if _ESCAPED_IN_PATHS.search(read.text) or any("\\" in f"{record.place}{record.text}" for record in records):
        return
    found: Counter[str] = Counter()
    for record in records:
        found.update(_WORD.findall(f"{record.text} {record.key} {record.place}"))
    if left := Counter(_WORD.findall(_EMPTY.sub("", read.text))) - found:
        raise Broken(f"words in no record: {left}")


def _check_lines(read: Read, records: list[Record]) -> None:
    by_line: dict[int, list[Record]] = {}
    for record in records:
        by_line.setdefault(record.line, []).append(record)
    for number in range(1, len(read.starts)):
        text = read.text[read.starts[number - 1] : read.starts[number]].strip(_BLANK)
        found = by_line.get(number, [])
        if text and not found:
            raise Broken(f"line {number} has no record: {text[:80]!r}")
        if (value := _strict(text)) is not None and [_plain(each.value) for each in found] != value:
            raise Broken(f"line {number} is {value}, but was read as {found}")


def _check_document(text: str, records: list[Record], *, in_order: bool) -> None:
    parsed = _strict(text.strip(_BLANK))
    if parsed is None:
        return
    (value,) = parsed
    if aside := [record for record in records if record.reason and "nested more" not in record.reason]:
        raise Broken(f"of a sound text {aside} is set aside")
    if any(record.reason for record in records):
        return
    found = [_plain(record.value) for record in records]
    if in_order and found != (value if isinstance(value, list) else [value]):
        raise Broken(f"{value} was read as {found}")
    if scalars_of(value) != scalars_of(found):
        raise Broken(f"the scalars of {value} became those of {found}")


def _strict(text: str) -> list | None:
    """The value of a sound JSON text, in a list; None where it is not sound, nests too deep, or has a key twice."""

    def of_pairs(pairs: list) -> dict:
        if len(dict(pairs)) < len(pairs):
            raise _TwiceError
        return dict(pairs)

    try:
        value = json.loads(
            text, parse_int=Number, parse_float=Number, parse_constant=_refuse, object_pairs_hook=of_pairs
        )
        return [mended(checked_depth(value, text))[0]]
    except (ValueError, RecursionError, BrokenValueError):
        return None


def _refuse(word: str) -> None:
    raise ValueError(word)


def _plain(value: object) -> object:
    """A value of the reader's as the json module gives it, numbers as they are written."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Raw):
        return Number(bytes(value).decode())
    return Number(value) if type(value) is int else value


def _check_cells(value: object, cells: dict[str, str]) -> None:
    if any(".*" in column for column in cells):
        return
    value = _plain(value)
    if isinstance(value, dict) and value:
        expected = dict(_leaves(value))
        found = {_steps(column): cell for column, cell in cells.items()}
    elif isinstance(value, list) and "value" not in cells:
        expected = {f"[{place}]": item for place, item in enumerate(value) if item not in (None, "")}
        found = cells
    else:
        expected = {} if value in (None, "") else {"value": value}
        found = cells
    if found.keys() != expected.keys():
        raise Broken(f"{value} has the cells {cells}")
    for key, item in expected.items():
        if not _same(found[key], item):
            raise Broken(f"{item!r} became the cell {found[key]!r}")


def _same(cell: str, value: object) -> bool:
    if isinstance(value, list | dict):
        return json.loads(cell, parse_int=Number, parse_float=Number, parse_constant=Number) == value
    return cell == (value if isinstance(value, str) else json.dumps(value))


def _leaves(value: dict, steps: tuple[str, ...] = ()):
    for key, item in value.items():
        if isinstance(item, dict) and item:
            yield from _leaves(item, (*steps, key))
        elif item not in (None, ""):
            yield (*steps, key), item


def _steps(column: str) -> tuple[str, ...]:
    steps, at = [], 0
    while at < len(column):
        step = _STEP.match(column, at)
        if step is None:
            raise Broken(f"the column {column!r} is no path")
        steps.append(step["plain"] if step["plain"] is not None else _ESCAPE.sub(_unescaped, step["quoted"]))
        at = step.end()
    return tuple(steps)


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1][1:], 16)) if match[1][1:] else match[1]
