"""A JSON text read value by value from a buffer that holds little more than the value at hand."""

import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError
from typing import Any, Final, NamedTuple

from rlm_pipeline.sources.json_files.outline import Outline
from rlm_pipeline.sources.json_files.values import (
    BrokenValueError,
    checked_depth,
    decoder,
    has_minus_zero,
    not_json,
    parse,
    parse_leniently,
    too_deep,
)
from rlm_pipeline.sources.quarantine import RAW_LIMIT

VALUE_LIMIT: Final = 1 << 26
"""Characters of a value that is read whole; a longer one is set aside."""

_LEAST = 1 << 16  # characters asked for at once
_RESYNC = 1 << 20  # characters of a broken value after which it is taken to have swallowed its neighbours
_TRIES = 1000
_BEFORE = 256  # characters kept before a value, for its indentation
_SPACE = re.compile(r"[\s\ufeff\x1e\x00]*+")
_CLOSING = {"//": re.compile(r"[\r\n]|\Z"), "/*": re.compile(r"\*/")}
_NEXT = re.compile(r",\s*(?=[\[{])")
_DELIMITED = re.compile(r"[\s,\]}:/\x1e\x00\ufeff]|\Z")
_SELF_DELIMITING = (dict, list, str)
_OPENING = re.compile(r'[\[{]\s*+(?:"[^"\\]*")?')
_END = re.compile(r"\s*(?:[,\]}]|\Z)")
_BEHIND = re.compile(r"\s*\S")
_CUT_NUMBER = re.compile(r"\.|[eE][-+]?")
_WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_LONGEST_ESCAPE = 7
_FAST, _EXACT = decoder(exact=False).raw_decode, decoder(exact=True).raw_decode


class Value(NamedTuple):
    """A value as read; its text is what the file has; a broken one has a reason.

    `column` is how many characters of its line stand before it.
    """

    line: int
    value: Any
    text: str
    reason: str = ""
    column: int = 0


class Scanner:
    """Steps over a JSON text from value to value; `line` is the physical line of `at`, where the buffer is read next.

    What stands between values is passed over: white space, comments, byte order marks, record separators.
    """

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self.buffer = ""
        self.at = 0
        self.ended = False
        self._line = 1
        self._line_start = 0  # of the line of `at`, in the buffer or before it
        self._counted = 0
        self._column = 0
        self._window = _LEAST
        self.lenient = 0
        self.comments = 0

    @property
    def line(self) -> int:
        """The physical line, from 1, that the next character is on."""
        buffer, since, at = self.buffer, self._counted, self.at
        if at == len(buffer) > since and not self.ended and buffer[-1] == "\r":
            at -= 1  # a line feed may follow, that ends the same line
        last = buffer.rfind("\n", since, at)
        if last >= 0:
            self._line += buffer.count("\n", since, at)
        if buffer.find("\r", since, at) >= 0:
            self._line += buffer.count("\r", since, at) - buffer.count("\r\n", since, at + 1)
            last = max(last, buffer.rfind("\r", since, at))
        if last >= 0:
            self._line_start = last + 1
        self._counted = at
        return self._line

    def peek(self) -> str:
        """The next character that means something, which `at` is then at; empty at the end of the text."""
        while True:
            space = _SPACE.match(self.buffer, self.at)
            self.at = space.end() if space else self.at
            if self.at < len(self.buffer):
                mark = self.buffer[self.at]
                if mark != "/" or not self._skip_comment():
                    return mark
            elif not self._read_on(_LEAST):
                return ""

    def _skip_comment(self) -> bool:
        while True:
            closing = _CLOSING.get(self.buffer[self.at : self.at + 2])
            end = closing.search(self.buffer, self.at + 2) if closing else None
            if end is not None and (end[0] or self.ended):
                self.at = end.end()
                self.comments += 1
                return True
            if self.ended or len(self.buffer) - self.at > _RESYNC:
                return False
            self._read_on(_LEAST)

    def skip(self) -> None:
        """Step over the character that `peek` gave."""
        self.at += 1

    def take(self) -> Value:
        """The value at `at`, which is then behind it; one that is broken or cut off has a reason."""
        line = self.line
        self._column = self.at - self._line_start
        while True:
            try:
                value, end = self._decode(self.at)
            except RecursionError:
                return self._broken(line, too_deep(), resync=False)
            except JSONDecodeError as error:
                if not is_cut(error):
                    return self._broken(line, not_json(error, self.at), resync=True)
                if self.ended:
                    raw, self.at = self.buffer[self.at : self.at + RAW_LIMIT], len(self.buffer)
                    return Value(line, None, raw, "the file ends within it", self._column)
            else:
                if end + _LONGEST_ESCAPE < len(self.buffer) or self.ended:
                    return self._whole(line, value, end)
            length = len(self.buffer) - self.at
            if length > VALUE_LIMIT:
                return self._broken(line, f"longer than {VALUE_LIMIT:,} characters", resync=False)
            self._window = max(self._window, length)
            self._read_on(self._window)

    def _decode(self, at: int) -> tuple[Any, int]:
        try:
            return _FAST(self.buffer, at)
        except JSONDecodeError:
            raise
        except ValueError:  # an integer of more digits than Python parses
            return _EXACT(self.buffer, at)

    def _whole(self, line: int, value: Any, end: int) -> Value:
        if type(value) not in _SELF_DELIMITING and not _DELIMITED.match(self.buffer, end):
            return self._broken(line, f"not JSON: unexpected {self.buffer[end]!r} in it", resync=True)
        text = self.buffer[self.at : end]
        self.at = end
        try:
            checked = checked_depth(parse(text) if has_minus_zero(text) else value, text)
        except BrokenValueError as error:
            return Value(line, None, text, str(error), self._column)
        return Value(line, checked, text, "", self._column)

    def _broken(self, line: int, reason: str, *, resync: bool) -> Value:
        raw, whole = self._step_over(resync=resync)
        if whole:
            try:
                value = parse_leniently(raw)
            except BrokenValueError:
                return Value(line, None, raw, reason, self._column)
            self.lenient += 1
            return Value(line, value, raw, "", self._column)
        return Value(line, None, raw[:RAW_LIMIT], reason, self._column)

    def _step_over(self, *, resync: bool) -> tuple[str, bool]:
        """Move `at` behind a broken value; what is kept of its text, and whether that is all of it."""
        if self.buffer[self.at] in ",]}":
            self.at += 1
            return self.buffer[self.at - 1], False
        outline = Outline(self._indentation())
        raw = ""
        start, place = self.at, self.at
        while True:
            place, done = outline.follow(self.buffer, place, last=self.ended)
            far = place - start > _RESYNC
            if resync and (far or (done and not outline.sound)):
                if self._resync(place):
                    return self.buffer[start : self.at], False
                resync = False
            if done:
                self.at = place
                return raw or self.buffer[start:place], outline.sound and not far
            if far:
                raw = raw or self.buffer[start : start + RAW_LIMIT]
                self.at = place
            before = self.at
            self._read_on(_LEAST)
            place -= before - self.at
            start -= before - self.at

    def _resync(self, limit: int) -> bool:
        """Move `at` to a comma within the broken value behind which a whole value stands that starts like it."""
        opening = _opening(self.buffer, self.at)
        for _, comma in zip(range(_TRIES), _NEXT.finditer(self.buffer, self.at + 1, limit), strict=False):
            if _opening(self.buffer, comma.end()) != opening:
                continue
            end = self._value_end(comma.end())
            if end is not None and _END.match(self.buffer, end):
                self.at = comma.start()
                return True
        return False

    def _value_end(self, at: int) -> int | None:
        """Where the value at `at` ends, to be read on for if need be; None if it is broken or long."""
        while True:
            try:
                _, end = self._decode(at)
            except RecursionError:
                return None
            except JSONDecodeError as error:
                if self.ended or not is_cut(error):
                    return None
            else:
                if self.ended or _BEHIND.match(self.buffer, end):
                    return end
            if len(self.buffer) - at > _RESYNC:
                return None
            self._read_on(_LEAST, forget=False)

    def _indentation(self) -> str | None:
        """The white space before `at` if nothing else is before it on its line."""
        first = max(0, self.at - _BEFORE)
        line_start = max(self.buffer.rfind("\n", first, self.at), self.buffer.rfind("\r", first, self.at)) + 1
        before = self.buffer[line_start : self.at]
        return before if line_start and not before.strip() else None

    def _read_on(self, size: int, *, forget: bool = True) -> bool:
        """Read about `size` characters more, and `forget` those long before `at`; whether there were any."""
        parts = []
        for block in self._blocks:
            parts.append(block)
            size -= len(block)
            if size <= 0:
                break
        else:
            self.ended = True
        if forget and self.at > _BEFORE:
            _ = self.line
            forgotten = self.at - _BEFORE
            self.at = _BEFORE
            self._counted -= forgotten
            self._line_start -= forgotten
            parts.insert(0, self.buffer[forgotten:])
        else:
            parts.insert(0, self.buffer)
        self.buffer = "".join(parts)
        return len(parts) > 1


def _opening(text: str, at: int) -> str:
    """The bracket and the first key of the value at `at`."""
    found = _OPENING.match(text, at)
    return "".join(found[0].split()) if found else ""


def is_cut(error: JSONDecodeError) -> bool:
    """Whether the text was JSON up to its end, where more of it was expected."""
    rest = error.doc[error.pos : error.pos + _LONGEST_ESCAPE + 2]
    if not rest or error.msg.startswith("Unterminated string"):
        return True
    if error.msg.startswith("Invalid") and "escape" in error.msg:
        return len(error.doc) - error.pos < _LONGEST_ESCAPE
    if error.msg.startswith("Expecting ',' delimiter") and _CUT_NUMBER.fullmatch(rest):
        return True
    return error.msg == "Expecting value" and any(word.startswith(rest) for word in _WORDS if len(rest) < len(word))
