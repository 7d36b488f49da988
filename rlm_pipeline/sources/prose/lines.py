"""The numbered physical lines of a text, and the groups of them between blank lines, in bounded memory."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from rlm_pipeline.sources.encodings import Encoding, line_pieces, text_blocks
from rlm_pipeline.sources.prose.block import BLOCK_LIMIT, Block, count_ends, without_end

_LINE = re.compile(r"[\r\n]++|[^\r\n]++(?:\r\n?|\n)?")


class Line(NamedTuple):
    """A physical line with its end, or a piece of one that is longer than BLOCK_LIMIT; counted from 1.

    `column` is how many characters of the line stand before the piece.
    """

    number: int
    text: str
    column: int = 0

    @property
    def blank(self) -> bool:
        """Whether there is nothing but white space on it."""
        return not self.text or self.text.isspace()

    @property
    def indent(self) -> int:
        """Columns of white space it starts with, a tab going to the next multiple of eight."""
        column = 0
        for character in self.text:
            if character == " ":
                column += 1
            elif character == "\t":
                column += 8 - column % 8
            else:
                break
        return column


def lines_of(path: Path, encoding: Encoding, *, empty_runs: bool = False) -> Iterator[Line]:
    """A file's lines; none is longer than BLOCK_LIMIT, what is comes in pieces.

    With `empty_runs` lines that are empty may come many at once, as one that has all their ends: a file may have
    hundreds of millions of them.

    Raises:
        SourceError: the file cannot be read, or ends too early.

    """
    if empty_runs:
        return numbered(_pieces_with_runs(text_blocks(path, encoding)))
    return numbered(line_pieces(path, encoding, BLOCK_LIMIT))


def _pieces_with_runs(blocks: Iterable[str]) -> Iterator[str]:
    """The lines of a text, a run of empty ones in one piece, and a longer line in several."""
    held = ""
    for block in chain(blocks, ("",)):
        text = held + block
        whole = len(text) - text.endswith("\r") if block else len(text)  # a line feed may follow
        held = ""
        for match in _LINE.finditer(text, 0, whole):
            line = match[0]
            if match.end() == whole and block and line[-1] not in "\r\n":
                held = line
            empty = line[0] in "\r\n"
            while not empty and (len(line) > BLOCK_LIMIT + 1 or (len(line) > BLOCK_LIMIT and line[-2:] != "\r\n")):
                yield line[:BLOCK_LIMIT]
                line = line[BLOCK_LIMIT:]
                held = held and line
            if not held:
                yield line
        held += text[whole:]


def numbered(pieces: Iterable[str], first: int = 1) -> Iterator[Line]:
    """Lines or pieces of lines with their line numbers."""
    number, column = first, 0
    for piece in pieces:
        yield Line(number, piece, column)
        if piece.endswith(("\n", "\r")):
            number, column = number + (1 if piece[0] not in "\r\n" else count_ends(piece)), 0
        else:
            column += len(piece)


def groups(lines: Iterable[Line], *, with_blanks: bool = False) -> Iterator[list[Line]]:
    """The runs of lines without a blank one among them; a run longer than BLOCK_LIMIT comes in several.

    `with_blanks` leaves the blank lines behind a run at its end.
    """
    group: list[Line] = []
    size = 0
    behind = False
    for line in lines:
        blank = line.blank
        if group and ((behind and not blank) or size + len(line.text) > BLOCK_LIMIT or (blank and not with_blanks)):
            yield group
            group, size = [], 0
        behind = blank
        if blank and not group:
            continue
        group.append(line)
        size += len(line.text)
    if group:
        yield group


def block_of(lines: list[Line], heading: str, kind: str) -> Block:
    """The lines, blank ones at their end aside, as one block."""
    last = len(lines)
    while last > 1 and lines[last - 1].blank:
        last -= 1
    text = without_end("".join(line.text for line in lines[:last]))
    return Block(lines[0].number, heading, kind, text, lines[0].column)
