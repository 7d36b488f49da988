"""What all prose is read into: blocks of text, each below the path of its headings.

In plain text, Markdown and reStructuredText a block's text is verbatim: it is the file's text from the start of its
line to the end of its last line that is not blank, without that line's end. Between blocks there is nothing but white
space, so that the file's lines and the blocks' lines give the file back. A block that is longer than BLOCK_LIMIT comes
as several records, cut at the end of a line; a line that is longer comes as several on that line.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rlm_pipeline.sources.reading import Entry

COLUMNS = ("heading", "block", "text")

UNREAD = "unread"
"""The kind of a block that is set aside: markup that never ends, so that what follows it cannot be told from it."""

BLOCK_LIMIT = 1 << 20
"""Characters of one block's text."""

_TITLE_LIMIT = 200
_DEEPEST = 32


class Block(NamedTuple):
    """A paragraph, list, table, ...: the physical line it starts on, its headings' path, its kind, its text.

    `column` is how many characters of the line stand before a verbatim text; None where the text is not verbatim.

    The kinds are heading, paragraph, list, table, code, quote, rule, front_matter, comment, definition (link targets,
    footnotes), directive, html, title, description, element and attributes (XML), headers, signature, attachment.
    """

    line: int
    heading: str
    kind: str
    text: str
    column: int | None = None


class Outline:
    """The headings that are open at a place of a text; `path` is "A > B > C"."""

    def __init__(self, root: str = "") -> None:
        self._root = shortened(root)
        self._open: list[tuple[int, str]] = []
        self.path = self._root

    def enter(self, level: int, title: str) -> None:
        """A heading of `level` (1 is the highest) closes those of its own and lower levels."""
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        if len(self._open) < _DEEPEST:
            self._open.append((level, shortened(title)))
        self.path = " > ".join(title for title in (self._root, *(title for _, title in self._open)) if title)


def shortened(title: str) -> str:
    """A heading as it stands in a path: on one line, its first 200 characters."""
    line = " ".join(title[: 4 * _TITLE_LIMIT].split())
    return line if len(line) <= _TITLE_LIMIT else f"{line[: _TITLE_LIMIT - 1]}…"


def entries(blocks: Iterable[Block]) -> Iterator[Entry]:
    """The records that blocks are; one without text is none, and one that is UNREAD is set aside."""
    for block in blocks:
        if block.kind == UNREAD:
            yield Entry(block.line, None, "a comment, script or declaration that does not end", block.text)
            continue
        for line, heading, kind, text, column in pieces(block):
            yield Entry(line, (heading, kind, text), column=column or 0)


def pieces(block: Block) -> Iterator[Block]:
    """`block`, cut at line ends if it is longer than BLOCK_LIMIT."""
    text, line, column = block.text, block.line, block.column
    while len(text) > BLOCK_LIMIT:
        ends = max(text.rfind("\n", 0, BLOCK_LIMIT), text.rfind("\r", 0, BLOCK_LIMIT))
        end = ends + 1 if ends > 0 and text[: ends + 1].strip() else BLOCK_LIMIT
        end += text[end - 1 : end + 1] == "\r\n"
        piece = text[:end]
        if piece.strip():
            yield block._replace(line=line, text=without_end(piece), column=column)
        line += count_ends(piece)
        column = None if column is None else column_behind(piece, column)
        text = text[end:]
    if text.strip():
        yield block._replace(line=line, text=text, column=column)


def count_ends(text: str) -> int:
    r"""Ends of physical lines in `text`: \n, \r\n and \r."""
    if "\r" not in text:
        return text.count("\n")
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def column_behind(text: str, column: int) -> int:
    """Characters of its line that stand before what follows `text`, which stands behind `column` characters itself."""
    end = max(text.rfind("\n"), text.rfind("\r"))
    return column + len(text) if end < 0 else len(text) - end - 1


def without_end(text: str) -> str:
    """`text` without the line end it ends with, if it does."""
    if text.endswith("\r\n"):
        return text[:-2]
    return text[:-1] if text.endswith(("\n", "\r")) else text
