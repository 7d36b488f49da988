"""Markup in bounded memory: a tolerant tag reader for HTML and XML, fed a piece at a time, that gathers blocks."""

from collections.abc import Iterable, Iterator
from html import unescape
from html.parser import HTMLParser

from rlm_pipeline.sources.prose.block import BLOCK_LIMIT, UNREAD, Block, Outline
from rlm_pipeline.sources.prose.lines import Line

_PIECE = 1 << 16
_LONGEST_TAG = 1 << 22  # what has not ended by then (a comment, a script, a tag) is read as far as it goes


class TagReader(HTMLParser):
    """Gathers the text between tags into `found`; what tags mean is up to HTML and XML.

    Subclasses call `flush` where a block ends.
    """

    def __init__(self, root: str = "") -> None:
        super().__init__(convert_charrefs=True)
        self.outline = Outline(root)
        self.found: list[Block] = []
        self._text: list[str] = []
        self._size = 0
        self._line = 0

    def add(self, data: str) -> None:
        """Text of the block that is open."""
        if not self._line:
            blank = len(data) - len(data.lstrip())
            if blank == len(data):
                return
            self._line = self.getpos()[0] + data.count("\n", 0, blank)
        self._text.append(data)
        self._size += len(data)

    def gathered(self) -> tuple[int, str]:
        """The line and the text of the block that was open; none is open after it."""
        line, text = self._line, "".join(self._text)
        self._text, self._size, self._line = [], 0, 0
        return line, text

    def flush(self) -> None:
        """End the block that is open."""
        raise NotImplementedError

    def finish(self) -> None:
        """End the block that is open at the end of the text."""
        self.flush()

    @property
    def overfull(self) -> bool:
        """Whether more text is gathered than one block may have."""
        return self._size > BLOCK_LIMIT

    def parse_html_declaration(self, i: int) -> int:
        """A CDATA section, or what looks like one; the standard library's raises on unknown ones."""
        if not self.rawdata.startswith("<![", i):
            return super().parse_html_declaration(i)
        cdata = self.rawdata.startswith("<![CDATA[", i)
        end = self.rawdata.find("]]>" if cdata else ">", i + 3)
        if end < 0:
            return -1
        if cdata:
            self.unknown_decl(self.rawdata[i + 3 : end])
        return end + (3 if cdata else 1)

    def cut_short(self) -> None:
        """Read what is left as if nothing came behind it: a tag that has not ended is text, a comment is UNREAD."""
        while self.rawdata:
            rest = self.rawdata
            close = rest.find(">")
            if self.cdata_elem is None and not rest.startswith(("<!", "<?")):
                if close < 0 or not rest.startswith("<"):
                    self.handle_data(unescape(rest))
                else:
                    self.updatepos(0, close + 1)
                    self.rawdata = rest[close + 1 :]
                    self.goahead(end=False)
                    continue
            elif rest.strip():
                self.flush()
                self.found.append(Block(self.getpos()[0], self.outline.path, UNREAD, rest))
            self.updatepos(0, len(rest))
            self.rawdata = ""


def blocks_of(lines: Iterable[Line], reader: TagReader, first: int = 1) -> Iterator[Block]:
    """The blocks that `reader` finds in the lines, the first of which is line `first` of the file."""
    shift = first - 1
    pending: list[str] = []
    size, wanted = 0, _PIECE
    for line in lines:
        pending.append(_with_line_feed(line.text))
        size += len(line.text)
        if size < wanted:
            continue
        reader.feed("".join(pending))
        if len(reader.rawdata) >= _LONGEST_TAG:
            reader.cut_short()
        pending, size, wanted = [], 0, max(_PIECE, len(reader.rawdata))
        yield from _shifted(reader, shift)
    reader.feed("".join(pending))
    reader.cut_short()
    reader.finish()
    yield from _shifted(reader, shift)


def _shifted(reader: TagReader, shift: int) -> Iterator[Block]:
    if reader.overfull:
        reader.flush()
    found, reader.found = reader.found, []
    return iter(found if not shift else [block._replace(line=block.line + shift) for block in found])


def _with_line_feed(text: str) -> str:
    if text.endswith("\r\n"):
        return text[:-2] + "\n"
    return text[:-1] + "\n" if text.endswith("\r") else text
