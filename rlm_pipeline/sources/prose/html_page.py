"""HTML: its readable text as blocks below the title and the headings h1 to h6, entities decoded; broken HTML too.

Scripts, styles, templates and comments are left out. A list item is a block, a table's row one with its cells joined by
bars; preformatted text keeps its white space, other text has one space for any.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from rlm_pipeline.sources.prose.block import BLOCK_LIMIT, COLUMNS, UNREAD, Block, entries
from rlm_pipeline.sources.prose.lines import Line, lines_of
from rlm_pipeline.sources.prose.tag_reader import TagReader, blocks_of
from rlm_pipeline.sources.prose.xml_elements import XmlReader
from rlm_pipeline.sources.reading import Reading
from rlm_pipeline.sources.recognition import Detected

_HEAD_LINES = 200
_DEEPEST = 1000
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|h[1-6]|p|div|span|table|tr|td|ul|ol|li|br|a)\b", re.IGNORECASE)
_XML = re.compile(r"\s*<(?:\?xml\b|!doctype\s+(?!html)|[a-z_][\w.-]*[\s>/:])", re.IGNORECASE)
_LEFT_OUT = frozenset({"script", "style", "template"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_KINDS = {"pre": "code", "blockquote": "quote", "caption": "table"} | dict.fromkeys(
    ("ul", "ol", "dl", "li", "dt", "dd"), "list"
)
_ITEMS = frozenset({"li", "dt", "dd"})
_ENDS_ROW = frozenset({"tr", "table", "thead", "tbody", "tfoot", "ul", "ol", "dl", "pre", "blockquote", *_HEADINGS})
_ENDS_BLOCK = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "head", "header", "hr", "html", "legend", "li", "main",
        "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "title", "tr",
        "ul", *_HEADINGS,
    }
)  # fmt: skip
_SPACE = re.compile(r"[ \t\n\r\f\v]+")
_BREAK = "\x00"


def read(path: Path, detected: Detected, name: str) -> Reading:  # noqa: ARG001 - readers share their signature
    """The blocks of an HTML or XML file."""
    return Reading(columns=COLUMNS, entries=entries(markup_blocks(lines_of(path, detected.encoding))))


def markup_blocks(lines: Iterator[Line]) -> Iterator[Block]:
    """The blocks of an HTML text, or of XML if there is nothing of HTML at its start."""
    head = list(islice(lines, _HEAD_LINES))
    reader = XmlReader() if is_plain_xml("".join(line.text for line in head)) else HtmlReader()
    return blocks_of(chain(head, lines), reader)


def html_blocks(lines: Iterable[Line], root: str = "", first: int = 1) -> Iterator[Block]:
    """The blocks of an HTML text that starts on line `first` of its file, below `root`."""
    return blocks_of(lines, HtmlReader(root), first)


def is_plain_xml(head: str) -> bool:
    """Whether a text that starts with `head` is XML without HTML's elements."""
    return _XML.match(head.lstrip("\ufeff")) is not None and _HTML.search(head) is None


class HtmlReader(TagReader):
    """Gathers an HTML page's blocks."""

    def __init__(self, root: str = "") -> None:
        super().__init__(root)
        self._kinds: list[str] = []  # of the elements that are open and give their text a kind
        self._hidden = 0
        self._hidden_text: list[str] = []
        self._hidden_size = 0
        self._hidden_line = 0
        self._heading = 0
        self._title = False
        self._drawn = 0
        self._row: list[str] | None = None
        self._row_line = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Start an element."""
        if tag in _LEFT_OUT:
            self._hidden += 1
        self._drawn += tag == "svg"
        if tag in _ENDS_ROW:
            self._end_row()
        if tag in {"td", "th"}:
            self._start_cell()
        elif tag in _ENDS_BLOCK:
            self._end_block()
            self._heading = _HEADINGS.get(tag, self._heading)
            self._title = tag == "title" and not self._drawn
        elif not self._hidden:
            self._start_inline(tag, dict(attrs))
        if tag in _ITEMS and self._kinds and self._kinds[-1] in _ITEMS:
            self._kinds.pop()
        if tag in _KINDS and len(self._kinds) < _DEEPEST:
            self._kinds.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """End an element; one that was never open ends the block at most."""
        if tag in _LEFT_OUT:
            self._hidden = max(0, self._hidden - 1)
            if not self._hidden:
                self._forget_hidden()
        self._drawn = max(0, self._drawn - (tag == "svg"))
        if tag in _ENDS_ROW:
            self._end_row()
        if tag in {"td", "th"}:
            self._end_cell()
        elif tag in _ENDS_BLOCK:
            self._end_block()
        if tag in _HEADINGS:
            self._heading = 0
        self._title = self._title and tag != "title"
        if tag in self._kinds:
            del self._kinds[len(self._kinds) - 1 - self._kinds[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        """Text, unless it is a script's, a style's or a template's."""
        if self._hidden:
            if self._hidden_size < BLOCK_LIMIT:
                self._hidden_line = self._hidden_line or self.getpos()[0]
                self._hidden_text.append(data)
                self._hidden_size += len(data)
        else:
            self.add(data.replace(_BREAK, ""))
            if self.overfull:
                self._end_block()

    def flush(self) -> None:
        """End what is open."""
        self._end_row()
        self._end_block()

    def finish(self) -> None:
        """End what is open; what a template hides that never ends is UNREAD."""
        self.flush()
        text = "".join(self._hidden_text)
        if text.strip():
            self.found.append(Block(self._hidden_line, self.outline.path, UNREAD, text))

    def _forget_hidden(self) -> None:
        self._hidden_text = []
        self._hidden_size = self._hidden_line = 0

    def _start_inline(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "br":
            self.add(_BREAK)
        elif tag == "meta":
            self._description(attributes)
        elif tag == "img" and (described := attributes.get("alt")):
            self.add(f" {described} ")

    def _start_cell(self) -> None:
        self._end_cell()
        if self._row is None:
            self._end_block()
            self._row, self._row_line = [], 0
        self._row.append("")

    def _end_cell(self) -> None:
        if self._row:
            line, text = self.gathered()
            self._row_line = self._row_line or line
            self._row[-1] = " ".join(part for part in (self._row[-1], _collapsed(text).replace("\n", " ")) if part)

    def _end_row(self) -> None:
        if self._row is not None:
            self._end_cell()
            row, self._row = self._row, None
            if any(row):
                self.found.append(Block(self._row_line, self.outline.path, "table", " | ".join(row)))

    def _end_block(self) -> None:
        if self._row is not None and not self.overfull:
            self.add(" ")
            return
        self._end_row()
        line, raw = self.gathered()
        preformatted = "pre" in self._kinds
        text = raw.replace(_BREAK, "\n").strip("\n") if preformatted else _collapsed(raw)
        if not text.strip():
            return
        kind = _KINDS[self._kinds[-1]] if self._kinds else "paragraph"
        if preformatted:
            kind = "code"
        if self._title:
            kind = "title"
            self.outline.enter(0, text)
        elif self._heading:
            kind = "heading"
            self.outline.enter(self._heading, text)
            self._heading = 0
        self.found.append(Block(line, self.outline.path, kind, text))

    def _description(self, attributes: dict[str, str | None]) -> None:
        name, text = attributes.get("name") or "", _collapsed(attributes.get("content") or "")
        if text and name.lower() in {"description", "keywords", "author"}:
            self.found.append(Block(self.getpos()[0], self.outline.path, "description", text))


def _collapsed(text: str) -> str:
    lines = (_SPACE.sub(" ", line).strip(" ") for line in text.split(_BREAK))
    return "\n".join(lines).strip("\n")
