"""Where sentences end, in any script, without a model.

The rules are those of Unicode Standard Annex #29, Sentence Boundaries (rules SB6 to SB11), with the abbreviations of
the kind that CLDR lists as suppressions. They lean to one side: what may be an abbreviation, an initial or the number
of a list item ends no sentence. A text is only cut where a sentence ends for certain, and there are always others.
"""

import re
from collections.abc import Iterator

from rlm_pipeline.chunking.graphemes import is_inside

# Sentence_Terminal of PropList.txt (Unicode 16) without . ! ?, and the ellipsis.
_TERMINALS = (
    "\u0589\u061d-\u061f\u06d4\u0700-\u0702\u07f9\u0837\u0839\u083d\u083e\u0964\u0965\u104a\u104b\u1362\u1367\u1368"
    "\u166e\u1735\u1736\u17d4\u17d5\u1803\u1809\u1944\u1945\u1aa8-\u1aab\u1b4e\u1b4f\u1b5a\u1b5b\u1b5e\u1b5f"
    "\u1b7d-\u1b7f\u1c3b\u1c3c\u1c7e\u1c7f\u203c\u203d\u2047-\u2049\u2cf9-\u2cfb\u2e2e\u2e3c\u2e53\u2e54\u3002\ua4ff"
    "\ua60e\ua60f\ua6f3\ua6f7\ua876\ua877\ua8ce\ua8cf\ua92f\ua9c8\ua9c9\uaa5d-\uaa5f\uaaf0\uaaf1\uabeb\ufe12\ufe15"
    "\ufe16\ufe52\ufe56\ufe57\uff01\uff0e\uff1f\uff61\U00010a56\U00010a57\U00010f55-\U00010f59\U00010f86-\U00010f89"
    "\U00011047\U00011048\U000110be-\U000110c1\U00011141-\U00011143\U000111c5\U000111c6\U000111cd\U000111de\U000111df"
    "\U00011238\U00011239\U0001123b\U0001123c\U000112a9\U000113d4\U000113d5\U0001144b\U0001144c\U000115c2\U000115c3"
    "\U000115c9-\U000115d7\U00011641\U00011642\U0001173c-\U0001173e\U00011944\U00011946\U00011a42\U00011a43\U00011a9b"
    "\U00011a9c\U00011c41\U00011c42\U00011ef7\U00011ef8\U00011f43\U00011f44\U00016a6e\U00016a6f\U00016af5"
    "\U00016b37\U00016b38\U00016b44\U00016d6e\U00016d6f\U00016e98\U0001bc9f\U0001da88"
)
_SPACED = ".!?\u2024\u2026"
_CLOSING = "\"'\u201d\u2019\u00bb\u203a)\\]}*_\u300d\u300f\u3011\u3009\u300b\uff09\u3015\u2019"
_OPENING = "\"'\u201c\u2018\u201e\u201a\u00ab\u2039([{*_\u300c\u300e\u00bf\u00a1"
# Of marks beyond U+FFFF a search would compare each character with a hundred ranges, so it begins with all between the
# first and the last of them; and one class that a match begins with is searched for much faster than two.
_MARKS = _SPACED + re.sub("[\U00010000-\U0010ffff]-?", "", _TERMINALS) + "\U00010a56-\U0001da88"
# A run of marks is tried once, from its start: from each of its characters would take quadratic time.
_END = re.compile(
    rf"[{_MARKS}](?:"
    rf"(?<=[{_SPACED}])(?<![{_SPACED}]{{2}})[{_SPACED}]*+[{_CLOSING}]*+(?:\[\d{{1,3}}\])*+\s++"
    rf"|(?<=[{_TERMINALS}])(?<![{_TERMINALS}]{{2}})[{_TERMINALS}{_SPACED}]*+[{_CLOSING}]*+\s*+)"
)
_LAST_WORD = re.compile(r"[^\s()\[\]\"'\u201c\u2018\u00ab\u201e,;:/-]*$")
_NEXT_LETTER = re.compile(rf"[{re.escape(_OPENING)}]{{0,4}}(.)", re.DOTALL)
_INITIALS = re.compile(r"(?:[^\W\d_]{1,2}\.)*[^\W\d_]")
_ITEM = re.compile(r"\d{1,2}|[ivxIVX]{1,5}")
_REACH = 24

_ABBREVIATIONS = (
    "mr mrs ms mx dr prof rev hon gen col maj capt lt cmdr adm sgt cpl pvt gov sen rep pres supt det atty messrs mme "
    "mlle mt ft st ste jr sr dipl ing phil rer vs viz cf al approx ca resp incl excl esp eds trans ibid op cit seq "
    "loc bzw usw evtl ggf vgl sog bspw etc eg ie sra sta srta uds núm pág ej av art jan feb apr jun jul aug sep sept "
    "oct nov dec dept est inc ltd corp bros univ assn ave blvd u.s.c p.l"
)
_ABBREVIATIONS_OF_NUMBERED = (
    "no nos nr nrs arts fig figs sec secs ch chap vol vols pp pt par para eq eqs tab ver ed app stat abs bd tel ext "
    "ps ex lev num deut matt rom cor mar п стр рис nº"
)
_NEVER_LAST = frozenset(_ABBREVIATIONS.split())
_BEFORE_NUMBERS = frozenset(_ABBREVIATIONS_OF_NUMBERED.split())


def sentence_ends(text: str, start: int, limit: int) -> Iterator[int]:
    """Where, above `start` and up to `limit`, a sentence ends: behind the white space that follows it."""
    for match in _END.finditer(text, start, limit):
        if match.end() > start and _is_end(text, match.start(), match.end()):
            yield match.end()


def sentences(text: str) -> Iterator[str]:
    """The sentences of `text`, each with the white space behind it; joined, they are `text`."""
    start = 0
    for end in sentence_ends(text, 0, len(text)):
        if end < len(text) and is_inside(text, end, start):
            continue
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _is_end(text: str, mark: int, end: int) -> bool:
    following = _NEXT_LETTER.match(text, end)
    if following is not None and following[1].islower():
        return False
    single = text[mark] == "." and not text.startswith((".", "!", "?"), mark + 1)
    if text[mark] == "\uff0e":
        return not text[end : end + 1].isdigit()
    return not single or not _abbreviates(text, mark, following[1] if following else "")


def _abbreviates(text: str, mark: int, following: str) -> bool:
    """Whether the full stop at `mark` belongs to the word before it."""
    found = _LAST_WORD.search(text[max(0, mark - _REACH) : mark])
    word = found[0] if found else ""
    folded = word.lower().lstrip("*_")
    if folded in _NEVER_LAST or (folded in _BEFORE_NUMBERS and following.isdigit()):
        return True
    return _INITIALS.fullmatch(word) is not None or (_ITEM.fullmatch(word) is not None)
