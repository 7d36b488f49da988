"""Mail as it was sent: messages and their parts, found line by line, whatever is broken in them.

Line numbers stay those of the file, and an attachment that is no text is counted, not kept.
"""

import binascii
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import HeaderParser

from rlm_pipeline.sources.prose.lines import Line, numbered

# The first time of day is as good as any: looking for another would take quadratic time.
MBOX_LINE = re.compile(r"From \S(?>.*?\d\d:\d\d).*\d{4}")

_KEPT = 1 << 24  # characters of a text part held at once; a longer one comes in several parts
_HEADER = re.compile(r"[!-9;-~]+[ \t]*:|[ \t]|From ")
_DEEPEST = 50
_LONGEST_HEADER = 10_000
_BROKEN = (MessageError, ValueError, LookupError, TypeError, AttributeError)


@dataclass(slots=True, kw_only=True)
class Part:
    """One part of a message; `line` is that of its first header, or of its first line of text without headers.

    `path` are the subjects of the message and of those it is attached to. `head` are the header lines of a message
    (its body comes as a part of its own). `size` counts all characters of the body, `body` keeps those of text.
    Parts with the same `alternative` that is not 0 are one text in several forms.
    """

    line: int
    path: tuple[str, ...]
    head: list[Line] = field(default_factory=list)
    content_type: str = "text/plain"
    charset: str = ""
    transfer: str = ""
    filename: str = ""
    alternative: int = 0
    body: list[Line] = field(default_factory=list)
    size: int = 0


def parts(lines: Iterable[Line], *, mbox: bool) -> Iterator[Part]:
    """The parts of one message, or of all messages of an mbox, in their order."""
    walk = _Walk()
    after_blank = True
    for line in lines:
        if mbox and after_blank and MBOX_LINE.match(line.text):
            yield from walk.close()
            walk = _Walk()
        after_blank = line.blank
        yield from walk.take(line)
    yield from walk.close()


def text_lines(part: Part) -> Iterator[Line]:
    """The text of a part, decoded; its lines are the file's, or all the first one where they were encoded."""
    raw = "".join(line.text for line in part.body)
    decoded = _decoded(raw, part.transfer)
    if decoded is None:
        return iter(part.body)
    first = part.body[0].number if part.body else part.line
    text = _without_surrogates(_as_text(decoded, part.charset))
    return (line._replace(number=first) for line in numbered(text.splitlines(keepends=True)))


class _Walk:
    """Where in a message the reading is."""

    def __init__(self) -> None:
        # With the path below which their parts are, and the line that a choice of forms starts on, 0 for no choice.
        self._boundaries: list[tuple[str, tuple[str, ...], int]] = []
        self._path: tuple[str, ...] = ()
        self._head: list[Line] | None = []
        self._is_message = True
        self._part: Part | None = None

    def take(self, line: Line) -> Iterator[Part]:
        if line.text.startswith("--") and self._boundaries and (place := self._boundary(line.text)) is not None:
            yield from self.close()
            closes = line.text.rstrip() != self._boundaries[place][0]
            self._path = self._boundaries[place][1]
            del self._boundaries[place + (not closes) :]
            self._head, self._is_message = (None if closes else []), False
            return
        while self._head is not None:
            if not line.blank and (_HEADER.match(line.text) if self._head or line.text[:1] not in " \t" else None):
                self._head.append(line)
                return
            yield from self._headers_end(line)
            if line.blank:
                return
        yield from self._add(line)

    def close(self) -> Iterator[Part]:
        """End the part that is open."""
        if self._head:
            yield from self._headers_end(self._head[-1])
        if self._part is not None and (self._part.size or self._part.filename):
            yield self._part
        self._part = None

    @property
    def _alternative(self) -> int:
        return self._boundaries[-1][2] if self._boundaries else 0

    def _boundary(self, text: str) -> int | None:
        """The place of the innermost open boundary that this line is."""
        found = text.rstrip()
        for place in range(len(self._boundaries) - 1, -1, -1):
            boundary = self._boundaries[place][0]
            if found in {boundary, f"{boundary}--"}:
                return place
        return None

    def _headers_end(self, line: Line) -> Iterator[Part]:
        head, self._head = self._head or [], None
        message = parsed_headers(head)
        if self._is_message:
            self._path = (*self._path, header_text(message, "Subject"))
            if head:
                yield Part(line=head[0].number, path=self._path, head=head)
        content_type, boundary = message.get_content_type(), _parameter(message, "boundary")
        if content_type.startswith("multipart/") and boundary and len(self._boundaries) < _DEEPEST:
            choice = line.number if content_type == "multipart/alternative" else self._alternative
            self._boundaries.append((f"--{boundary}".rstrip(), self._path, choice))
        elif content_type == "message/rfc822" and len(self._path) < _DEEPEST:
            self._head, self._is_message = [], True
        else:
            self._part = Part(
                line=head[0].number if head and not self._is_message else line.number,
                path=self._path,
                content_type=content_type,
                charset=_parameter(message, "charset"),
                transfer=str(message.get("Content-Transfer-Encoding", "")).strip().lower(),
                filename=_filename(message),
                alternative=self._alternative,
            )

    def _add(self, line: Line) -> Iterator[Part]:
        if self._part is None:  # in front of the first part, or behind the last
            self._part = Part(line=line.number, path=self._path)
        part = self._part
        part.size += len(line.text)
        if part.content_type.startswith("text/"):
            part.body.append(line)
            if part.size > _KEPT:
                yield part
                self._part = Part(
                    line=line.number,
                    path=part.path,
                    content_type=part.content_type,
                    charset=part.charset,
                    transfer=part.transfer,
                    alternative=part.alternative,
                )


def parsed_headers(head: list[Line]) -> Message:
    """Header lines, parsed."""
    text = "".join(line.text for line in head if not line.text.startswith("From "))
    return HeaderParser().parsestr(text.replace("\r\n", "\n").replace("\r", "\n"))


def header_text(message: Message, name: str) -> str:
    """A header on one line, its encoded words decoded where they can be."""
    try:
        raw = str(message.get(name, ""))[:_LONGEST_HEADER]
        return " ".join(_without_surrogates(str(make_header(decode_header(raw)))).split())
    except _BROKEN:
        return " ".join(raw.split())


def _parameter(message: Message, name: str) -> str:
    try:
        return str(message.get_boundary("") if name == "boundary" else message.get_content_charset(""))
    except _BROKEN:
        return ""


def _filename(message: Message) -> str:
    try:
        return " ".join(_without_surrogates(str(message.get_filename(""))).split())
    except _BROKEN:
        return ""


def _decoded(raw: str, transfer: str) -> bytes | None:
    """The bytes that `raw` stands for; None where it stands for itself, or cannot be decoded."""
    if transfer == "quoted-printable":
        return quopri.decodestring(raw.encode(errors="surrogateescape"))
    if transfer == "base64":
        compact = "".join(raw.split())
        try:
            return binascii.a2b_base64(compact + "=" * (-len(compact) % 4), strict_mode=True)
        except ValueError:
            return None
    return None


def _as_text(content: bytes, charset: str) -> str:
    for codec in (charset, "utf-8", "cp1252"):
        try:
            return content.decode(codec)
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1")


def _without_surrogates(text: str) -> str:
    """`text` as it can be stored: half a character becomes the replacement character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
