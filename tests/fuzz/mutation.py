"""Inputs for the readers: seeds spliced, cut, repeated, overwritten, recoded; input n of a seed is always the same."""

import bz2
import contextlib
import gzip
import lzma
import random
from dataclasses import dataclass

import zstandard
from seeds import FORMATS, NAMES, PIECES, SEEDS

LARGEST = 2_000
"""Bytes of most inputs: most faults show in small files, and small files are fast."""

_LARGE = 20_000
_LARGE_SHARE = 0.002  # of inputs that repeat one piece up to _LARGE bytes: what takes quadratic time shows there
_RECODED_SHARE, _PACKED_SHARE, _OTHER_NAME, _OTHER_FORMAT = 0.05, 0.03, 0.1, 0.1
_CODECS = ("utf-16", "utf-32", "utf-16-be", "utf-16-le", "utf-32-be", "utf-32-le", "cp1252", "utf-8-sig")
_PACKERS = {
    ".gz": lambda content: gzip.compress(content, 1, mtime=0),
    ".bz2": lambda content: bz2.compress(content, 1),
    ".xz": lambda content: lzma.compress(content, preset=0),
    ".zst": zstandard.ZstdCompressor(level=1).compress,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file: its bytes before and after packing, its name, the `format` it is read with, and how to cut limits.

    `broken` says that the packed bytes were damaged; `small` that it is read with small blocks too, `cut` with limits
    so small that they are met.
    """

    content: bytes
    stored: bytes
    name: str
    wanted: str = "auto"
    broken: bool = False
    small: bool = False
    cut: bool = False


def input_of(family: str, seed: int, number: int) -> Input:
    """Input `number` of a seed."""
    chance = random.Random(f"{family} {seed} {number}")
    content = mutated(family, chance)
    name = chance.choice(NAMES[family if chance.random() >= _OTHER_NAME else chance.choice(sorted(NAMES))])
    draw = chance.random()
    formats = FORMATS[family] if draw >= _OTHER_FORMAT else [each for some in FORMATS.values() for each in some]
    wanted = chance.choice(formats) if draw < 0.4 else "auto"
    stored, broken = content, False
    if chance.random() < _PACKED_SHARE:
        suffix = chance.choice(sorted(_PACKERS))
        stored, name = _PACKERS[suffix](content), name + (suffix if chance.random() < 0.7 else "")
        if chance.random() < 0.5:
            stored, broken = bytes(_damaged(bytearray(stored), chance)), True
    small, cut = chance.random() < 0.08, chance.random() < 0.05
    return Input(content=content, stored=stored, name=name, wanted=wanted, broken=broken, small=small, cut=cut)


def mutated(family: str, chance: random.Random) -> bytes:
    """An input made from the family's seeds."""
    content = bytearray(chance.choice(SEEDS[family]))
    for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4, 5, 6, 8, 12))):
        content = _changed(content, family, chance)[:LARGEST]
    if chance.random() < _LARGE_SHARE:
        piece = b"".join(chance.choice(PIECES[family]) for _ in range(chance.randint(1, 3)))
        if chance.random() < 0.5 and content:
            start = chance.randrange(len(content))
            piece = bytes(content[start : start + chance.randint(1, 200)])
        place = chance.randint(0, len(content))
        content[place:place] = piece * (_LARGE // max(1, len(piece)))
        del content[_LARGE:]
    if chance.random() < _RECODED_SHARE:
        with contextlib.suppress(UnicodeError):
            content = bytearray(bytes(content).decode().encode(chance.choice(_CODECS)))
        if chance.random() < 0.3:
            content = _damaged(content, chance)
    return bytes(content)


def _changed(content: bytearray, family: str, chance: random.Random) -> bytearray:
    place, end = sorted((chance.randint(0, len(content)), chance.randint(0, len(content))))
    end = min(end, place + 40)
    kind = chance.randrange(10)
    if kind <= 1:
        content[place:place] = chance.choice(PIECES[family])
    elif kind == 2:
        content[place:end] = b""
    elif kind == 3:
        content[place:place] = content[place:end] * chance.choice((1, 1, 2, 3, 30))
    elif kind == 4:
        other = chance.choice(SEEDS[family if chance.random() < 0.9 else chance.choice(sorted(SEEDS))])
        start = chance.randint(0, len(other))
        content[place:place] = other[start : start + chance.randint(1, 120)]
    elif kind == 5 and content:
        content[min(place, len(content) - 1)] = chance.randrange(256)
    elif kind == 6:
        content[place:place] = chance.randbytes(chance.randint(1, 6))
    elif kind == 7:
        content = content.replace(chance.choice(PIECES[family]) or b"\n", chance.choice(PIECES[family]))
    elif kind == 8:
        piece = chance.choice(PIECES[family])
        content[place:place] = piece * chance.choice((2, 3, 5, 50, 200))
    elif chance.random() < 0.5:
        del content[place:]
    else:
        content = content.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\r\r\n", b"\n\r")))
    return content


def _damaged(content: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.randint(1, 3)):
        if not content:
            break
        place = chance.randrange(len(content))
        kind = chance.randrange(3)
        if kind == 0:
            content[place] = chance.randrange(256)
        elif kind == 1:
            del content[place:]
        else:
            content[place:place] = chance.randbytes(chance.randint(1, 4))
    return content
