"""A source's text in stretches that know both what they are in characters and in bytes of the source.

What the readers decode is given as UTF-8, in which line ends are single bytes whatever the encoding was, so that places
are found on arrays of bytes. Text that is UTF-8 already is not decoded.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rlm_pipeline.sources.content import blocks
from rlm_pipeline.sources.encodings import LONGEST_MARK, Encoding, behind_mark, repaired

Places = npt.NDArray[np.int64]

_STRAY = re.compile("[\udc80-\udcff]")
_FIRST_STRAY, _LAST_STRAY = 0xDC80, 0xDCFF
_WINDOW = 4096  # bytes decoded at once where there are invalid sequences

_Decode = Callable[[bytes | memoryview, str, bool], tuple[str, int]]
_DECODERS: dict[str, _Decode] = {
    "utf-16-le": codecs.utf_16_le_decode,
    "utf-16-be": codecs.utf_16_be_decode,
    "utf-32-le": codecs.utf_32_le_decode,
    "utf-32-be": codecs.utf_32_be_decode,
}


class Stretch:
    """A piece of a source's text as UTF-8: `chars` characters from `bytes` bytes of the source.

    `mark` is how many bytes of a byte order mark stand before it, which are not counted in `bytes`. It may begin and
    end within a character; that belongs to the stretch its first byte is in.
    """

    __slots__ = ("_ahead", "_inner", "_leads", "bytes", "chars", "mark", "utf8")

    def __init__(self, utf8: bytes, *, ahead: Places | None = None, mark: int = 0) -> None:
        """`ahead` is how many bytes of the source are before each character and in all; None where it is UTF-8."""
        self.utf8 = utf8
        self.mark = mark
        self._ahead = ahead
        # Which bytes go on with a character.
        self._inner = None if utf8.isascii() else np.frombuffer(utf8, np.int8) < -64
        self._leads: Places | None = None
        self.chars = len(utf8) - (0 if self._inner is None else int(np.count_nonzero(self._inner)))
        self.bytes = len(utf8) if ahead is None else int(ahead[-1])

    def chars_before(self, places: Places) -> Places:
        """Characters before each of these places in `utf8`, where characters begin; they ascend, each is there once."""
        if self._inner is None:
            return places
        within = places[(places > 0) & (places < len(self.utf8))]
        pieces = np.concatenate([np.zeros(1, np.int64), within])
        inner = np.cumsum(np.add.reduceat(self._inner.view(np.int8), pieces, dtype=np.int32), dtype=np.int64)
        first, last = int((places <= 0).sum()), int((places >= len(self.utf8)).sum())
        before: Places = np.concatenate([np.zeros(first, np.int64), inner[:-1], np.repeat(inner[-1:], last)])
        return places - before

    def places_of(self, chars: Places) -> Places:
        """Where in `utf8` each of these characters begins; `chars` itself is the end."""
        if self._inner is None:
            return chars
        if self._leads is None:
            leads = np.flatnonzero(~self._inner)
            self._leads = np.append(leads, len(self.utf8))
        return self._leads[chars]

    def bytes_before(self, chars: Places, places: Places) -> Places:
        """Bytes of the source before each of these characters, which begin at `places` in `utf8`."""
        return places if self._ahead is None else self._ahead[chars]


def stretches(path: Path, encoding: Encoding) -> Iterator[Stretch]:
    """The text of a file as `encoding` reads it, in stretches of about a mebibyte, none of them empty.

    Raises:
        SourceError: the file cannot be read to its end.

    """
    if encoding.codec.startswith(("utf-16", "utf-32")):
        found = _wide(path, encoding)
    elif not encoding.codec.startswith("utf-8"):
        found = _narrow(path, encoding.codec)
    elif encoding.errors == "surrogateescape":
        found = _mixed(path, encoding.codec)
    else:
        found = _utf8(path, marked=encoding.codec == "utf-8-sig")
    return (stretch for stretch in found if stretch.utf8)


def line_starts(utf8: bytes, *, after_return: bool) -> Places:
    r"""Where in `utf8` physical lines start that are not its first, which end with \n, \r\n or \r.

    Behind a \r at its very end nothing is given: the next stretch is told that it comes `after_return`.
    """
    units = np.frombuffer(utf8, np.uint8)
    starts = np.flatnonzero(units == 0x0A) + 1
    if b"\r" in utf8:
        returns = np.flatnonzero(units[:-1] == 0x0D)
        lone = returns[units[returns + 1] != 0x0A] + 1
        if len(lone):
            starts = np.sort(np.concatenate([starts, lone]))
    if after_return and utf8[0] != 0x0A:
        starts = np.concatenate([np.zeros(1, np.int64), starts])
    return starts


def _utf8(path: Path, *, marked: bool) -> Iterator[Stretch]:
    content = blocks(path)
    if marked:
        mark = len(codecs.BOM_UTF8)
        head = _at_least(mark, content)
        yield Stretch(head[mark:] or next(content, b""), mark=mark)
    yield from map(Stretch, content)


def _at_least(size: int, content: Iterator[bytes]) -> bytes:
    head = b""
    while len(head) < size and (block := next(content, b"")):
        head += block
    return head


def _narrow(path: Path, codec: str) -> Iterator[Stretch]:
    for block in blocks(path):
        if block.isascii():
            yield Stretch(block)
        else:
            yield Stretch(block.decode(codec).encode(), ahead=np.arange(len(block) + 1))


def _mixed(path: Path, codec: str) -> Iterator[Stretch]:
    """UTF-8 among which there are bytes that are not."""
    decoder = codecs.getincrementaldecoder(codec)("surrogateescape")
    mark = len(codecs.BOM_UTF8) if codec == "utf-8-sig" else 0
    for block in chain(blocks(path), (b"",)):
        text = decoder.decode(block, final=not block)
        if not text:
            continue
        if text.isascii() or not _STRAY.search(text):
            yield Stretch(text.encode(), mark=mark)
        else:
            codes = _codes(text)
            lengths = 1 + (codes >= 0x80) + (codes >= 0x800) + (codes >= 0x10000).astype(np.int64)
            lengths[(codes >= _FIRST_STRAY) & (codes <= _LAST_STRAY)] = 1
            yield Stretch(repaired(text).encode(), ahead=_sums(lengths), mark=mark)
        mark = 0


def _wide(path: Path, encoding: Encoding) -> Iterator[Stretch]:
    content = blocks(path)
    left = _at_least(LONGEST_MARK, content)
    codec, mark = behind_mark(encoding, left)
    left = left[mark:]
    for block in chain(content, (b"",)):
        left += block
        text, ahead, used = _decoded(left, codec, final=not block, escape=encoding.errors != "strict")
        left = left[used:]
        if text:
            yield Stretch(text.encode(), ahead=ahead, mark=mark)
            mark = 0


def _decoded(content: bytes, codec: str, *, final: bool, escape: bool) -> tuple[str, Places, int]:
    r"""The text of wide characters, the bytes before each, and how many bytes it is; invalid ones as \x escapes."""
    decode = _DECODERS[codec]
    try:
        text, used = decode(content, "strict", final)
    except UnicodeDecodeError:
        if not escape:
            raise
    else:
        return text, _sums(_widths(text, codec)), used
    texts: list[str] = []
    widths: list[Places] = []
    view, at = memoryview(content), 0
    while at < len(content):
        window = view[at : at + _WINDOW]
        last = final and at + _WINDOW >= len(content)
        try:
            text, used = decode(window, "strict", last)
            bad = b""
        except UnicodeDecodeError as error:
            text, used = decode(window[: error.start], "strict", True)
            bad = bytes(window[error.start : error.end])
        if not used and not bad:
            break
        texts += [text, "".join(f"\\x{byte:02x}" for byte in bad)]
        widths += [_widths(text, codec), np.tile(np.array([1, 0, 0, 0]), len(bad))]
        at += used + len(bad)
    return "".join(texts), _sums(np.concatenate([np.zeros(0, np.int64), *widths])), at


def _widths(text: str, codec: str) -> Places:
    if codec.startswith("utf-32"):
        return np.full(len(text), 4)
    return 2 + 2 * (_codes(text) >= 0x10000).astype(np.int64)


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))


def _sums(lengths: Places) -> Places:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
