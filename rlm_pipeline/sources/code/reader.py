"""A source file's records: its definitions and the code between, which are the file when put one after the other."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from rlm_pipeline.sources.code.blocks import pieces
from rlm_pipeline.sources.code.definitions import definitions
from rlm_pipeline.sources.code.languages import EVIDENCE_CHARACTERS, UNKNOWN, language_of
from rlm_pipeline.sources.encodings import LINE_LIMIT, physical_lines
from rlm_pipeline.sources.prose.block import column_behind, count_ends
from rlm_pipeline.sources.reading import Entry, Reading
from rlm_pipeline.sources.recognition import Detected

COLUMNS = ("language", "kind", "scope", "name", "text")
"""Of every source file, whatever its language; `text` is verbatim, with its line ends."""


def read(path: Path, detected: Detected, name: str) -> Reading:
    """The records of one source file, in bounded memory: at most a few million characters are held at once.

    A line that is longer than LINE_LIMIT characters is set aside.

    Raises:
        SourceError: the file cannot be read.

    """
    parts = _parts(physical_lines(path, detected.encoding))
    first = next(parts, "")
    known = language_of(name, first[:EVIDENCE_CHARACTERS])
    language = known.name if known is not None else UNKNOWN
    return Reading(columns=COLUMNS, entries=_entries(chain([first], parts), language), evidence=f"read as {language}")


def _parts(lines: Iterator[str]) -> Iterator[str]:
    """The text in pieces; a line that was cut is a piece of its own, and the only one of its length."""
    usual: list[str] = []

    def until_too_long() -> Iterator[str]:
        for line in lines:
            if len(line) >= LINE_LIMIT:
                usual.append(line)
                return
            yield line

    while True:
        yield from pieces(until_too_long())
        if not usual:
            return
        yield usual.pop()


def _entries(parts: Iterator[str], language: str) -> Iterator[Entry]:
    line, column = 1, 0
    for part in parts:
        if len(part) >= LINE_LIMIT:
            yield Entry(line, None, f"a line of more than {LINE_LIMIT:,} characters", part)
            line += 1
            continue
        for each in definitions(part, language):
            text = part[each.start : each.end]
            yield Entry(line, (language, each.kind, each.scope, each.name, text), column=column)
            line += count_ends(text)
            column = column_behind(text, column)
