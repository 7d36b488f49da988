"""Text as it is compared: what people and models change when they copy it is folded away, places are kept.

Characters are decomposed by compatibility (NFKD: whole texts in NFKC are equal if and only if these are) and their case
is folded; every kind of quotation mark is one, of dash another, and runs of either one; white space is one space; what
has no glyph is left out. The characters that a prompt shows in place of others (`fencing`) are what they stand for.
"""

import re
import unicodedata
from array import array
from dataclasses import dataclass

QUOTATION_MARKS = "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2032\u2033\u2034\uff02\uff07"
_DASHES = "-\u2212\u2043"  # minus sign and hyphen bullet, besides what Unicode calls a dash
_SHOWN_FOR = {"\u2039": "<", "\u203a": ">", "\u2045": "[", "\u22ef": "..."}

_LONGEST_RUN_OF_MARKS = 30
"""Marks on one character beyond this many are left out, as in the Stream-Safe Text Format (Unicode Annex #15)."""

_PIECES = re.compile(r"(?P<plain>[!#-&(-,.-_a-~]+)|(?P<space>\s+)|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is the folded form; `offsets` has the place in the original of the character each of it comes from."""

    text: str
    offsets: "array[int]"

    def begins(self, place: int) -> bool:
        """Whether what the original has as one character begins at `place`, or the text ends there."""
        if place in (0, len(self.text)):
            return True
        return self.offsets[place] != self.offsets[place - 1] and not unicodedata.combining(self.text[place])

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of the original for `start` to `end` of the folded text, 0 <= start < end."""
        return self.offsets[start], self.offsets[end - 1] + 1


def fold(text: str) -> Folded:
    """`text` as it is compared; takes time linear in its length."""
    parts: list[str] = []
    offsets: array[int] = array("q")
    known: dict[str, str] = {}
    last, marks = "", 0
    for piece in _PIECES.finditer(text):
        found = piece.group()
        if piece.lastgroup == "plain":
            new = found.lower()
            offsets.extend(range(piece.start(), piece.end()))
        else:
            new = " " if piece.lastgroup == "space" else known.get(found) or known.setdefault(found, _folded(found))
            marks = marks + 1 if new and unicodedata.combining(new[0]) else 0
            if not new or (new == last and new in " '-") or marks > _LONGEST_RUN_OF_MARKS:
                continue
            offsets.extend([piece.start()] * len(new))
        parts.append(new)
        last = new
    # Only the order of marks on one character can still change, never a length.
    return Folded(unicodedata.normalize("NFD", "".join(parts)), offsets)


def _folded(character: str) -> str:
    if character in QUOTATION_MARKS:
        return "'"
    if character in _DASHES or unicodedata.category(character) == "Pd":
        return "-"
    if character in _SHOWN_FOR:
        return _SHOWN_FOR[character]
    if _has_no_glyph(character):
        return ""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())


def _has_no_glyph(character: str) -> bool:
    """Controls and their pictures, formatting characters, surrogates, and variation selectors."""
    if unicodedata.category(character) in {"Cc", "Cf", "Cs"}:
        return True
    return "\u2400" <= character <= "\u2421" or "\ufe00" <= character <= "\ufe0f" or character >= "\U000e0000"
