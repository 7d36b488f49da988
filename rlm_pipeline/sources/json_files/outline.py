"""Where a broken JSON value ends: its strings and brackets followed without parsing it."""

import re

_PART = re.compile(
    r"""(?P<quote>")|(?P<open>[\[{])|(?P<close>[\]}])|(?P<comma>,)|(?P<line>[\r\n][ \t]*(?=[\[{]))"""
    r"""|(?P<comment>/[/*])|(?P<tail>[\r\n][ \t]{0,999}\Z|/\Z)"""
)
_IN_STRING = re.compile(r'(?:[^"\\\r\n]|\\.)*+', re.DOTALL)
_LINE_END = re.compile(r"[\r\n]|\Z")
_LONGEST_COMMENT = 1 << 20
_OPENED_BY = {"]": ord("["), "}": ord("{")}


class Outline:
    """Follows one value through pieces of text; not `sound` once its quotes or brackets do not match.

    An unsound value ends, at the latest, at a line that starts like the value itself did: with `indentation`.
    """

    def __init__(self, indentation: str | None) -> None:
        self._indentation = indentation
        self._open = bytearray()
        self._quoted = False
        self._matched = True

    @property
    def sound(self) -> bool:
        """Whether all that was opened so far was closed, each by its own."""
        return self._matched and not self._open and not self._quoted

    def follow(self, text: str, at: int, *, last: bool) -> tuple[int, bool]:
        """How far the value goes on in `text` from `at`, and whether it ends there; `last`: no text comes after.

        What only the text behind it can tell, such as a comment that has not ended, is left for then.
        """
        closes = True
        while True:
            if self._quoted:
                at = self._string_end(text, at)
                if self._quoted:
                    return len(text) if last else at, last
                if self._matched and not self._open:
                    return at, True
            part = _PART.search(text, at)
            if part is None or (part.lastgroup == "tail" and last):
                return len(text), last
            if part.lastgroup == "tail":
                return part.start(), False
            if part.lastgroup == "comment":
                behind = _comment_end(text, part, closes=closes)
                closes = closes and (behind is not None or part[0] == "//")
                if not last and behind in {None, len(text)} and len(text) - part.start() <= _LONGEST_COMMENT:
                    return part.start(), False
                at = part.end() if behind is None else behind
                continue
            end = self._end(part)
            if end is not None:
                return end, True
            at = part.end()

    def _end(self, part: re.Match[str]) -> int | None:
        """Where the value ends if it does so with this part of it."""
        kind, outermost = part.lastgroup, not self._open
        if kind == "quote":
            self._quoted = True
        elif kind == "open":
            self._open.append(ord(part[0]))
        elif kind == "close" and not outermost:
            self._matched &= self._open.pop() == _OPENED_BY[part[0]]
            return None if self._open else part.end()
        elif kind in {"close", "comma"}:
            return part.start() if outermost else None
        elif kind == "line" and (outermost or (not self._matched and part[0][1:] == self._indentation)):
            return part.start()
        return None

    def _string_end(self, text: str, at: int) -> int:
        inside = _IN_STRING.match(text, at)
        at = inside.end() if inside else at
        if at < len(text) and text[at] != "\\":
            self._quoted = False
            if text[at] == '"':
                return at + 1
            self._matched = False  # a line ends within a string
        return at


def _comment_end(text: str, start: re.Match[str], *, closes: bool) -> int | None:
    """Where a comment ends; None for one that does not, as none does that starts behind it: not `closes`."""
    if start[0] == "//":
        end = _LINE_END.search(text, start.end())
        return end.start() if end else None
    close = text.find("*/", start.end()) if closes else -1
    return close + 2 if close >= 0 else None
