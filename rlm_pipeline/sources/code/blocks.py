"""Where a text can be cut without knowing its language: at blank lines, before lines without indentation."""

import io
from collections.abc import Iterable, Iterator

MOST_PARSED = 1 << 22
"""Characters of a file that are parsed at once, which bounds memory: a tree takes some thirty bytes for each."""

BLOCK_LIMIT = 1 << 14
"""Characters of a block, and of code between definitions."""

_LEAST = 600  # characters below which a block is not ended


def pieces(lines: Iterable[str]) -> Iterator[str]:
    """The text of `lines` in pieces of up to MOST_PARSED characters, more only where one line is longer.

    A piece ends before the last line without indentation that follows a blank line, if its second half has one.
    """
    held: list[str] = []
    size = 0
    for line in lines:
        if held and size + len(line) > MOST_PARSED:
            cut = _last_break(held, size)
            yield "".join(held[:cut])
            held = held[cut:]
            size = sum(map(len, held))
        held.append(line)
        size += len(line)
    if held:
        yield "".join(held)


def block_starts(text: str) -> list[int]:
    """Where the blocks of `text` start, in characters, the first at 0; none is longer than BLOCK_LIMIT."""
    starts: list[int] = []
    position = 0
    after_blank = True
    for line in io.StringIO(text, newline=""):
        end = position + len(line)
        ends_here = after_blank and not line[0].isspace() and starts and position - starts[-1] >= _LEAST
        if not starts or ends_here or (end - starts[-1] > BLOCK_LIMIT and position > starts[-1]):
            starts.append(position)
        while end - starts[-1] > BLOCK_LIMIT:
            cut = starts[-1] + BLOCK_LIMIT
            starts.append(cut - 1 if text[cut - 1 : cut + 1] == "\r\n" else cut)
        after_blank = not line.strip()
        position = end
    return starts


def _last_break(lines: list[str], size: int) -> int:
    """The number of lines that the piece takes."""
    behind = 0
    for place in range(len(lines) - 1, 0, -1):
        behind += len(lines[place])
        if behind > size / 2:
            break
        if not lines[place][0].isspace() and not lines[place - 1].strip():
            return place
    return len(lines)
