"""The lines that a YAML parser has been given, remembered until they are behind the last value."""

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain

from rlm_pipeline.sources.configs.leaf import Comments
from rlm_pipeline.sources.prose.lines import Line
from rlm_pipeline.sources.reading import Entry

_FED = 1 << 14
_YAML_ONLY_ENDS = re.compile("[\x85\u2028\u2029]")
_COMMENT = re.compile(r"(?:[^#]*[\s,\[\]{}:])?(#.*)")
_COMMENT_BEHIND = re.compile(r"[\s,\]}]*(#.*)")
_STAND_IN = 0x10FF00
# The parser refuses these characters: they go through it as private ones, which no text has.
_REFUSED = [*range(9), 11, 12, *range(14, 32), *range(0x7F, 0x85), *range(0x86, 0xA0)]
_TO_PARSER = {code: _STAND_IN + code for code in _REFUSED} | {0xFFFE: _STAND_IN + 0xFE, 0xFFFF: _STAND_IN + 0xFF}
_FROM_PARSER = {stand_in: code for code, stand_in in _TO_PARSER.items()}
# {{ ... }} is a template's place for a value, to YAML a mapping that is a key; so do the marks within it.
_TEMPLATE = re.compile(r"\{\{[^\n]{0,120}?\}\}")
_TEMPLATE_TO_PARSER = {ord(mark): _STAND_IN + ord(mark) for mark in "{}[]:,#"}
_FROM_PARSER |= {stand_in: code for code, stand_in in _TEMPLATE_TO_PARSER.items()}
_STANDS_IN = re.compile(f"[{chr(_STAND_IN)}-{chr(_STAND_IN + 0xFF)}]")


def as_written(value: str) -> str:
    """A scalar as the parser gives it, its refused characters put back."""
    return value.translate(_FROM_PARSER) if not value.isascii() and _STANDS_IN.search(value) else value


class FedLines:
    """What the parser reads from; knows comments, and the file's line of each of the parser's.

    The parser counts from 0, and ends lines at characters that end no line of a file.
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        self._source = iter(lines)
        self._lines: dict[int, str] = {}
        self._kept = deque[int]()  # their numbers: a dictionary is slow to give up its first entries one by one
        self._ends: list[int] = []  # the parser's numbers of lines that only YAML ends there
        self.last = 1

    def read(self, _size: int = 0, /) -> str:
        """The next lines; what the parser calls."""
        pieces: list[str] = []
        size = 0
        while size < _FED and (line := next(self._source, None)) is not None:
            pieces.append(line.text)
            size += len(line.text)
            self._lines[line.number] = self._lines.get(line.number, "") + line.text
            self._kept.append(line.number)
            self.last = line.number
            if not line.text.isascii():
                extra = len(_YAML_ONLY_ENDS.findall(line.text))
                self._ends += range(line.number - 1 + len(self._ends), line.number - 1 + len(self._ends) + extra)
        text = "".join(pieces).translate(_TO_PARSER)
        return _TEMPLATE.sub(lambda place: place[0].translate(_TEMPLATE_TO_PARSER), text) if "{{" in text else text

    def physical(self, line: int) -> int:
        """The file's line, from 1, of the parser's, which may count one more behind the last line's end."""
        return min(self.last, line + 1 - bisect_left(self._ends, line))

    def text(self, line: int) -> str:
        """A line, if it is not forgotten."""
        return self._lines.get(line, "")

    def comments(self, after: int, before: int) -> tuple[list[Entry], list[str]]:
        """The comments on the lines between two lines that hold no value: those that are records, and the others."""
        gathered, entries = Comments(), []
        for number in range(after + 1, min(before, self.last + 1)):
            if match := _COMMENT.match(self._lines.get(number, "")):
                entries += gathered.add(number, match[1])
        return entries, gathered.take()

    def behind(self, line: int, column: int) -> list[str]:
        """The comment on a line behind a value that ends at `column`."""
        match = _COMMENT_BEHIND.match(self._lines.get(line, ""), column)
        return [match[1]] if match else []

    def forget(self, before: int) -> None:
        """Forget the lines before one."""
        while self._kept and self._kept[0] < before:
            self._lines.pop(self._kept.popleft(), None)

    def unread(self, after: int) -> Iterator[Line]:
        """The lines behind `after`, first those the parser was given."""
        kept = [Line(number, text) for number, text in self._lines.items() if number > after]
        return chain(kept, self._source)
