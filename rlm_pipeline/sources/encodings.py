"""How a file's bytes are text, decided over the whole file, and its physical lines.

UTF-8, UTF-16 and UTF-32 (with or without a byte order mark) are read strictly. A file that is mostly UTF-8 with some
bytes that are not (lines pasted from elsewhere, text cut inside a character) is read as UTF-8, those bytes as
Windows-1252. Other files are single-byte: Windows-1252 if they use its range 0x80-0x9F validly, else Latin-1.
"""

import codecs
import functools
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from rlm_pipeline.sources.content import READ_ERRORS, blocks, open_decompressed, unreadable

LINE_LIMIT = 1 << 26
"""Characters of a physical line that are read; such a line is set aside, not a record."""

LONGEST_MARK = 4
"""Bytes of a byte order mark."""

_MARKS = {
    "utf-8-sig": {codecs.BOM_UTF8: "utf-8"},
    "utf-16": {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"},
    "utf-32": {codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be"},
}
_WITH_CP1252 = " with cp1252"
_C1 = bytes(range(0x80, 0xA0))
_NOT_C1 = bytes(byte for byte in range(256) if byte not in _C1)
_UNDEFINED_IN_CP1252 = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
_STRAY = re.compile("[\udc80-\udcff]")
_MIXED = 0.25  # valid UTF-8 characters per stray byte that single-byte text does not have by chance
_WIDE_NULS = 0.1  # of a sample's bytes; fewer NULs are dirt, not UTF-16. Latin text has 0.5, Cyrillic 0.15
_FEWEST_NULS = 8
_ONE_SIDED = 0.95  # share of the NULs on one side of the pairs, or of UTF-32 characters below U+10000
_NO_TEXT = re.compile("[\0-\x08\x0e-\x19\x1b-\x1f\ufffd]")
_UNDECODED = re.compile("\ufffd")
_NO_TEXT_SHARE = 0.05
_TEXT_EVIDENCE = 1 << 16  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """A Python codec with its error handler, the name for the manifest, and what was seen."""

    name: str
    codec: str
    evidence: str
    errors: str = "strict"


def encoding_of_name(name: str) -> Encoding:
    """The encoding that a manifest has the name of."""
    codec = name.removesuffix(_WITH_CP1252)
    errors = "backslashreplace" if codec.startswith(("utf-16", "utf-32")) else "strict"
    return Encoding(name=name, codec=codec, evidence="", errors="surrogateescape" if codec != name else errors)


def behind_mark(encoding: Encoding, head: bytes) -> tuple[str, int]:
    """The codec for what stands behind the byte order mark of a file that starts with `head`, and the mark's bytes."""
    marks = _MARKS.get(encoding.codec, {})
    return next(((codec, len(mark)) for mark, codec in marks.items() if head.startswith(mark)), (encoding.codec, 0))


def guess_wide(head: bytes) -> str | None:
    """The UTF-16 or UTF-32 codec of a file that starts with `head`, by its mark or where its NULs are, or None."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) and _reads_as(head, "utf-32", _UNDECODED):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    nuls = head.count(0)
    if nuls < max(_FEWEST_NULS, _WIDE_NULS * len(head)):
        return None
    codec = _unmarked(head, nuls)
    return codec if codec and _reads_as(head, codec, _NO_TEXT) else None


def _unmarked(head: bytes, nuls: int) -> str:
    """The wide codec whose zero bytes are where those of `head` are; empty when there is none."""
    quarter = len(head) // 4
    if quarter and head[3::4].count(0) >= _ONE_SIDED * quarter and head[2::4].count(0) >= _ONE_SIDED * quarter:
        return "utf-32-le"
    if quarter and head[::4].count(0) >= _ONE_SIDED * quarter and head[1::4].count(0) >= _ONE_SIDED * quarter:
        return "utf-32-be"
    odd = head[1::2].count(0)
    if odd >= _ONE_SIDED * nuls:
        return "utf-16-le"
    return "utf-16-be" if nuls - odd >= _ONE_SIDED * nuls else ""


def _reads_as(head: bytes, codec: str, foreign: re.Pattern[str]) -> bool:
    """Whether bytes under a codec are text with few characters that are `foreign`; tables of numbers have many."""
    text = head[:_TEXT_EVIDENCE].decode(codec, errors="replace")
    return len(foreign.findall(text)) <= 1 + _NO_TEXT_SHARE * len(text)


def settle_encoding(path: Path, head: bytes) -> Encoding:
    """The encoding of the whole file, of which `head` are the first bytes; reads the file once or twice.

    Raises:
        SourceError: the file cannot be read to its end.

    """
    wide = guess_wide(head)
    if wide is not None:
        if _decodes(path, wide):
            return Encoding(name=wide, codec=wide, evidence=f"{wide}, valid to the end")
        evidence = f"{wide} with invalid sequences, kept as \\x escapes"
        return Encoding(name=wide, codec=wide, errors="backslashreplace", evidence=evidence)
    utf8 = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
    if _decodes(path, utf8):
        return Encoding(name=utf8, codec=utf8, evidence=f"{utf8}, valid to the end")
    characters, strays, c1 = _census(path)
    if characters > _MIXED * strays or utf8 == "utf-8-sig":
        evidence = f"{utf8} ({characters:,} characters), {strays:,} bytes that are not read as cp1252"
        return Encoding(name=f"{utf8}{_WITH_CP1252}", codec=utf8, errors="surrogateescape", evidence=evidence)
    single = "cp1252" if c1 and not c1 & _UNDEFINED_IN_CP1252 else "latin-1"
    return Encoding(name=single, codec=single, evidence=f"{single}, because {strays:,} bytes are not utf-8")


def physical_lines(path: Path, encoding: Encoding) -> Iterator[str]:
    r"""The file's lines with their ends (\n, \r\n or \r), as the csv module wants them.

    A line beyond LINE_LIMIT is cut to it; what follows up to its end is passed over.

    Raises:
        SourceError: the file cannot be read, or ends too early.

    """
    pieces = line_pieces(path, encoding, LINE_LIMIT)
    for piece in pieces:
        yield piece
        if len(piece) >= LINE_LIMIT:
            _pass_over(piece, pieces)


def line_pieces(path: Path, encoding: Encoding, most: int) -> Iterator[str]:
    """The file's lines with their ends, nothing left out: a longer line comes in pieces of `most` characters.

    Raises:
        SourceError: the file cannot be read, or ends too early.

    """
    try:
        with (
            open_decompressed(path) as stream,
            io.TextIOWrapper(stream, encoding=encoding.codec, errors=encoding.errors, newline="") as text,
        ):
            pieces = iter(functools.partial(text.readline, most), "")
            if encoding.errors == "surrogateescape":
                pieces = map(repaired, pieces)
            held = ""
            for piece in pieces:
                if held:
                    yield held + piece if piece == "\n" else held
                    if piece == "\n":
                        held = ""
                        continue
                held = piece if len(piece) >= most and piece.endswith("\r") else ""  # the limit may lie inside of \r\n
                if not held:
                    yield piece
            if held:
                yield held
    except READ_ERRORS as error:
        raise unreadable(path, error) from error


def text_blocks(path: Path, encoding: Encoding) -> Iterator[str]:
    """The file's text in blocks of up to about a million characters, line ends as they are.

    Raises:
        SourceError: the file cannot be read, or ends too early.

    """
    return decoded(blocks(path), encoding)


def decoded(content: Iterable[bytes], encoding: Encoding) -> Iterator[str]:
    """The text of a file's bytes, block by block."""
    decoder = codecs.getincrementaldecoder(encoding.codec)(encoding.errors)
    for block in chain(content, (b"",)):
        text = decoder.decode(block, final=not block)
        if text:
            yield repaired(text) if encoding.errors == "surrogateescape" else text


def decode_head(head: bytes, encoding: Encoding, *, whole: bool) -> str:
    """The text of a file's first bytes; a character cut at their end is left out unless they are the whole file."""
    text = codecs.getincrementaldecoder(encoding.codec)(encoding.errors).decode(head, final=whole)
    return repaired(text) if encoding.errors == "surrogateescape" else text


def _pass_over(piece: str, pieces: Iterator[str]) -> None:
    while not piece.endswith(("\n", "\r")):
        piece = next(pieces, "\n")


def repaired(line: str) -> str:
    """Decoded text in which bytes that are no UTF-8 are surrogates, with those read as Windows-1252."""
    return line if line.isascii() else _STRAY.sub(_stray_character, line)


def _stray_character(match: re.Match[str]) -> str:
    byte = ord(match[0]) - 0xDC00
    return chr(byte) if byte in _UNDEFINED_IN_CP1252 else bytes([byte]).decode("cp1252")


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for block in blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _census(path: Path) -> tuple[int, int, set[int]]:
    """Non-ASCII characters in valid UTF-8, bytes outside it, and the bytes 0x80-0x9F that occur anywhere."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    characters = strays = 0
    c1: set[int] = set()
    for block in blocks(path):
        text = decoder.decode(block)
        c1.update(block.translate(None, delete=_NOT_C1))
        if not text.isascii():
            outside = len(text) - len(text.encode(errors="ignore").decode())
            strays += outside
            characters += len(text) - len(text.encode("ascii", "ignore")) - outside
    strays += len(decoder.decode(b"", final=True))
    return characters, strays, c1
