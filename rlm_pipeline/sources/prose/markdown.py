"""Markdown, by markdown-it's block rules: the top-level blocks of the text, below their ATX and setext headings.

The text is parsed a piece at a time. The last block of a piece may go on behind it, so the next is parsed with it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rlm_pipeline.sources.prose.block import BLOCK_LIMIT, COLUMNS, Block, Outline, entries
from rlm_pipeline.sources.prose.lines import Line, block_of, lines_of
from rlm_pipeline.sources.reading import Reading
from rlm_pipeline.sources.recognition import Detected

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_PIECE = 1 << 12
"""Characters that are parsed at once, if they hold more than one block."""

_LONGEST_BLOCK = 1 << 18  # of a list, a quote, a paragraph or a table, whose every item or row is kept while parsing
_LONGEST_FENCE = 1 << 22
_HTML_READ = 1 << 16  # characters of a block of HTML that headings are looked for in
_LONGEST_TITLE = 1000  # that is looked at for attributes at its end
_LIGHT = frozenset({"fence", "code_block", "html_block"})
_FRONT_MATTER_LINES = 1000
_FENCE = re.compile(r"(---|\+\+\+)\s*")
_DIRECTIVE = re.compile(r"(?:!!!|\?\?\?\+?) +\w|={3}[!+]? +\"")
_ATTRIBUTES = re.compile(r"\s*\{:?\s*[#.][^{}]*\}\s*$")
_HTML_HEADING = re.compile(r"<h([1-6])\b[^>]{0,500}>(.{0,2000}?)</h\1\s{0,9}>", re.IGNORECASE | re.DOTALL)
_HTML_IMAGE = re.compile(r"<img\b[^>]*?\balt=[\"']([^\"'>]*)[\"'][^>]*>", re.IGNORECASE)
_HTML_TAG = re.compile(r"<[^>]*>")
_KINDS = {
    "paragraph_open": "paragraph",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
    "blockquote_open": "quote",
    "hr": "rule",
    "html_block": "html",
    "heading_open": "heading",
}


def read(path: Path, detected: Detected, name: str) -> Reading:  # noqa: ARG001 - readers share their signature
    """The blocks of a Markdown file."""
    return Reading(columns=COLUMNS, entries=entries(markdown_blocks(lines_of(path, detected.encoding))))


def markdown_blocks(lines: Iterator[Line]) -> Iterator[Block]:
    """The blocks of a Markdown text."""
    outline = Outline()
    at = _Place(outline)
    front, lines = _front_matter(lines)
    if front:
        yield block_of(front, "", "front_matter")
    pending: list[Line] = []
    size, wanted = 0, _PIECE
    for line in lines:
        giant = len(line.text) >= BLOCK_LIMIT
        if giant:
            yield from _blocks(pending, at)
            yield block_of([line], outline.path, "paragraph")
            pending, size = [], 0
            continue
        pending.append(line)
        size += len(line.text)
        if size >= wanted:
            settled = _settled(pending, size)
            yield from _blocks(pending[:settled], at)
            pending = pending[settled:]
            size = sum(len(line.text) for line in pending)
            wanted = max(_PIECE, 2 * size)
    yield from _blocks(pending, at)


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _front_matter(lines: Iterator[Line]) -> tuple[list[Line], Iterator[Line]]:
    """The lines of the front matter, and those behind it."""
    taken: list[Line] = []
    fence = ""
    for line in lines:
        taken.append(line)
        mark = _FENCE.fullmatch(line.text) if len(line.text) < 80 else None
        if len(taken) == 1:
            if mark is None:
                break
            fence = mark[1]
        elif mark is not None and mark[1] == fence:
            return taken, lines
        elif len(taken) > _FRONT_MATTER_LINES or len(line.text) >= BLOCK_LIMIT:
            break
    return [], chain(taken, lines)


def _tokens(lines: list[Line]) -> "list[Token]":
    """The tokens that open a top-level block, and each heading's text behind its token."""
    tokens = _parser().parse("".join(line.text for line in lines))
    return [token for token in tokens if token.map and (token.level == 0 or token.type == "inline")]


def _settled(lines: list[Line], size: int) -> int:
    """How many of the lines belong to blocks that nothing behind them can change: all but the last, unless too long."""
    last = next((token for token in reversed(_tokens(lines)) if token.map and token.type in _KINDS), None)
    longest = _LONGEST_FENCE if last is not None and last.type in _LIGHT else _LONGEST_BLOCK
    start = last.map[0] if last is not None and last.map else 0
    return start or (len(lines) if size >= longest else 0)


@dataclass(slots=True)
class _Place:
    """Where the reading is: the headings that are open, and whether the last block was part of a directive."""

    outline: Outline
    in_directive: bool = False


def _blocks(lines: list[Line], at: _Place) -> Iterator[Block]:
    outline, end = at.outline, 0
    tokens = _tokens(lines) if lines else []
    for place, token in enumerate(tokens):
        if token.type not in _KINDS or token.map is None:
            continue
        start, after = token.map
        yield from _between(lines[end:start], outline)
        end = max(end, after)
        if token.type == "heading_open":
            title = tokens[place + 1].content if place + 1 < len(tokens) else ""
            outline.enter(int(token.tag[1]), title if len(title) > _LONGEST_TITLE else _ATTRIBUTES.sub("", title))
        elif token.type == "html_block":
            _enter_html_headings(token.content, outline)
        kind = "comment" if token.type == "html_block" and token.content.startswith("<!--") else _KINDS[token.type]
        goes_on = at.in_directive and token.type == "code_block"
        at.in_directive = goes_on or _starts_directive(lines[start].text)
        yield block_of(lines[start:after], outline.path, "directive" if at.in_directive else kind)
    yield from _between(lines[end:], outline)


def _starts_directive(text: str) -> bool:
    """Whether a line starts a note or a tab of MkDocs, whose content is indented below it."""
    return _DIRECTIVE.match(text) is not None


def _enter_html_headings(html: str, outline: Outline) -> None:
    """Enter the headings that are written in HTML; one that is nothing but an image is called as that is."""
    if html.startswith("<!--"):
        return
    for match in _HTML_HEADING.finditer(html, 0, _HTML_READ):
        title = _HTML_TAG.sub(" ", match[2]).strip() or " ".join(_HTML_IMAGE.findall(match[2])).strip()
        if title:
            outline.enter(int(match[1]), unescape(title))


def _between(lines: list[Line], outline: Outline) -> Iterator[Block]:
    """What Markdown has no block for: the targets of links."""
    texts = [place for place, line in enumerate(lines) if not line.blank]
    if texts:
        yield block_of(lines[texts[0] :], outline.path, "definition")
