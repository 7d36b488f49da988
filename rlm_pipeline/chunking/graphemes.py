"""Which characters are seen as one, so that no cut parts them.

After the extended grapheme clusters of Unicode Standard Annex #29 (rules GB3, GB6 to GB9a, GB11 to GB13): a line end of
two characters, the letters of a Hangul syllable, what is combined with the character before it, joined emoji, flags.
"""

import unicodedata

_ZERO_WIDTH_JOINER = "\u200d"
_HANGUL_LEADS = (("\u1100", "\u115f"), ("\ua960", "\ua97c"))
_HANGUL_FOLLOWS = (("\u1160", "\u11ff"), ("\ud7b0", "\ud7fb"))
_EXTENDS = (
    ("\u200c", "\u200d"),
    ("\uff9e", "\uff9f"),  # half-width voicing marks
    ("\U0001f3fb", "\U0001f3ff"),  # skin tones
    ("\U000e0020", "\U000e007f"),  # tags, of regions' flags
)
_Ranges = tuple[tuple[str, str], ...]


def is_inside(text: str, cut: int, start: int = 0) -> bool:
    """Whether a cut at `cut`, 0 < cut < len(text), parts what is seen as one character; looks back up to `start`."""
    before, after = text[cut - 1], text[cut]
    if before < " ":
        return before == "\r" and after == "\n"
    if after < "\u0300":
        return before == _ZERO_WIDTH_JOINER
    if before == _ZERO_WIDTH_JOINER or unicodedata.category(after)[0] == "M" or _among(after, _EXTENDS):
        return True
    if _among(after, _HANGUL_FOLLOWS):
        return _among(before, _HANGUL_LEADS + _HANGUL_FOLLOWS) or "\uac00" <= before <= "\ud7a3"
    if _among(after, _HANGUL_LEADS):
        return _among(before, _HANGUL_LEADS)
    return _is_flag_letter(after) and _flag_letters_before(text, start, cut) % 2 == 1


def between(text: str, start: int, limit: int) -> int:
    """The last place above `start` and up to `limit` that is not inside a character; `limit` if there is none."""
    cut = limit
    while cut > start and cut < len(text) and is_inside(text, cut, start):
        cut -= 1
    return cut if cut > start else limit


def _among(character: str, ranges: _Ranges) -> bool:
    return any(first <= character <= last for first, last in ranges)


def _flag_letters_before(text: str, start: int, cut: int) -> int:
    first = cut
    while first > start and _is_flag_letter(text[first - 1]):
        first -= 1
    return cut - first


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
