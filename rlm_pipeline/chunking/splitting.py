"""Cutting a text that is too long at the best boundary near the limit; nothing is lost and nothing is added."""

import re
import unicodedata
from collections.abc import Iterator

_PARAGRAPH = re.compile(r"(?:\r?\n){2,}")
_LINE = re.compile(r"\r?\n")
_SENTENCE = re.compile(r"[.!?\u2026][\"'\u201d\u2019)\]]*\s+|[\u3002\uff01\uff1f]")
_WORD = re.compile(r"\s+")
_ZERO_WIDTH_JOINER = "\u200d"


def split(text: str, size: int) -> Iterator[str]:
    """Cut `text` into pieces of at most `size` characters whose concatenation is `text`.

    A piece ends after the last paragraph, else line, else sentence in the second half of what fits, else after the last
    word, else where it must; a boundary's white space belongs to the piece before it. The last piece is white space
    only if there is no other way.
    """
    start, visible = 0, len(text.rstrip())
    while len(text) - start > size:
        limit = start + size
        # The last visible character stays with what follows it.
        cut = _cut(text, start, visible - 1 if start < visible - 1 < limit else limit)
        yield text[start:cut]
        start = cut
    yield text[start:]


def _cut(text: str, start: int, limit: int) -> int:
    half = start + (limit - start) // 2
    for boundary, least in ((_PARAGRAPH, half), (_LINE, half), (_SENTENCE, half), (_WORD, start)):
        ends = [match.end() for match in boundary.finditer(text, least, limit)]
        cuts = [end for end in ends if end > least and not _belongs_together(text, start, end)]
        if cuts:
            return cuts[-1]
    return _between_characters(text, start, limit)


def _between_characters(text: str, start: int, limit: int) -> int:
    """The last place up to `limit` that does not part what is seen as one character: a letter and its accent."""
    cut = limit
    while cut > start + 1 and _belongs_together(text, start, cut):
        cut -= 1
    return cut if cut > start + 1 else limit


def _belongs_together(text: str, start: int, cut: int) -> bool:
    before, after = text[cut - 1], text[cut]
    if before == "\r" and after == "\n":
        return True
    if _ZERO_WIDTH_JOINER in (before, after) or unicodedata.category(after).startswith("M"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff":  # skin tones
        return True
    return _is_flag_letter(after) and _flag_letters_before(text, start, cut) % 2 == 1


def _flag_letters_before(text: str, start: int, cut: int) -> int:
    first = cut
    while first > start and _is_flag_letter(text[first - 1]):
        first -= 1
    return cut - first


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
