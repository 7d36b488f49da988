"""How alike two column names are: their words aligned one-to-one, abbreviations and near-spellings included.

Knows common English abbreviations of column names and nothing of any dataset. Names that are equal but for their
spelling are `alignment`'s concern.
"""

import difflib
import functools
import re
import unicodedata
from collections.abc import Iterable

_ABBREVIATED = (
    ("number", "no", "nbr", "num", "nr", "nmbr"),
    ("address", "addr"),
    ("date", "dt"),
    ("quantity", "qty"),
    ("amount", "amt"),
    ("code", "cd"),
    ("percent", "pct", "percentage"),
    ("average", "avg", "mean"),
    ("maximum", "max"),
    ("identifier", "id", "ident"),
    ("account", "acct"),
    ("department", "dept"),
    ("manager", "mgr"),
    ("longitude", "lon", "lng"),
    ("postcode", "zip", "postal", "zipcode"),
    ("telephone", "phone", "tel"),
    ("flag", "indicator", "ind", "flg"),
    ("required", "reqd", "req"),
    ("transaction", "txn", "trans"),
    ("year", "yr"),
    ("month", "mth"),
    ("minutes", "mins", "min"),
    ("hour", "hr"),
    ("previous", "prev"),
    ("type", "typ"),
    ("message", "msg"),
    ("latest", "last"),
)
_RELATED = (
    ("type", "class", "kind", "category"),
    ("name", "title", "label"),
    ("date", "at", "on", "time"),
    ("begin", "start"),
    ("end", "finish"),
    ("description", "notes", "comment", "remarks", "text"),
    ("pay", "wage", "salary"),
    ("identifier", "key"),
    ("customer", "client"),
    ("amount", "value", "total"),
)
_OPPOSITES = (
    ("from", "to"), ("begin", "end"), ("start", "end"), ("first", "last"), ("first", "latest"), ("minimum", "maximum"),
    ("min", "maximum"), ("minutes", "maximum"), ("low", "high"), ("lower", "upper"), ("old", "new"), ("am", "pm"),
    ("in", "out"), ("open", "close"), ("opened", "closed"), ("x", "y"), ("latitude", "longitude"), ("lat", "longitude"),
    ("left", "right"), ("source", "target"), ("origin", "destination"), ("before", "after"), ("male", "female"),
)  # fmt: skip
_STOP_WORDS = frozenset(("of", "the", "in", "at", "on", "is", "a", "an", "and", "or", "for", "by", "per"))
_GENERIC_WORDS = frozenset(("number", "code", "identifier", "name", "date", "type", "flag", "value", "key"))
_STOP_WEIGHT, _GENERIC_WEIGHT = 0.15, 0.6

SAME_SKELETON, PREFIX, COMPOUND, RELATED, INFLECTED = 0.95, 0.9, 0.7, 0.6, 0.5
"""Likeness of two words: equal without vowels, one begins the other, ends it, synonyms, one stem with other endings."""
_NEAR_SPELLING = 0.85
_ALIKE_BUT = 0.3
OPPOSED, NUMBERS_ON_ONE_SIDE = 0.3, 0.85
"""Factors where names differ in their numbers (`q1`, `q2`) or by opposites (`from`, `to`); only one has numbers."""

_FULL = {short: words[0] for words in _ABBREVIATED for short in words}
_FAMILY = {word: family[0] for family in _RELATED for word in family}
_WORD = re.compile(r"[a-z]+|[0-9]+|[^\W\d_a-z]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_VOWELS = re.compile(r"[aeiou]")


@functools.lru_cache(maxsize=100_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a column name in lower case without accents: at case changes, digits and punctuation."""
    decomposed = unicodedata.normalize("NFKD", name)
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    return tuple(_WORD.findall(_CAMEL.sub("_", letters).lower()))


def similarity(one: str, other: str) -> float:
    """Likeness of two names, 0..1: the weighted share of their words that have a counterpart in the other.

    Every word has at most one counterpart. Words such as `of` or `number` weigh less than others. Numbers are compared
    as a whole: names that differ in them, or in words such as `from` and `to`, are hardly alike.
    """
    share = _shared_words(one, other)
    return share * _number_factor(one, other) * (OPPOSED if share and _opposed_words(one, other) else 1.0)


def opposed(one: str, other: str) -> bool:
    """Whether two names are alike but for their numbers, or but for words such as `from` and `to`."""
    if _shared_words(one, other) < _ALIKE_BUT:
        return False
    return _number_factor(one, other) == OPPOSED or _opposed_words(one, other)


def _shared_words(one: str, other: str) -> float:
    if not keys(one) & keys(other):
        return 0.0
    left, right = (tuple(word for word in words(name) if not word.isdecimal()) for name in (one, other))
    total = sum(map(_weight, left)) + sum(map(_weight, right))
    return min(1.0, _shared(left, right) / total) if total else 0.0


@functools.lru_cache(maxsize=100_000)
def keys(name: str) -> frozenset[str]:
    """Beginnings of the words of a name; names without a common one are not alike."""
    found = set()
    for word in words(name):
        full = _FULL.get(word, word)
        family = _FAMILY.get(full, full)
        found |= {full[:2], _skeleton(full)[:2], family[:2], *([full[-4:]] if len(full) >= 7 else [full])}
    return frozenset(found)


def _shared(left: Iterable[str], right: Iterable[str]) -> float:
    likeness = sorted(
        (
            (-likeness_of_words(one, other) * (_weight(one) + _weight(other)), x, y)
            for x, one in enumerate(left)
            for y, other in enumerate(right)
        ),
    )
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    shared = 0.0
    for gain, x, y in likeness:
        if gain < 0 and x not in taken_left and y not in taken_right:
            taken_left.add(x)
            taken_right.add(y)
            shared -= gain
    return shared


def _opposed_words(one: str, other: str) -> bool:
    left, right = ({_FULL.get(word, word) for word in words(name)} for name in (one, other))
    only_left, only_right = left - right, right - left
    return any(
        (first in only_left and second in only_right) or (second in only_left and first in only_right)
        for first, second in _OPPOSITES
    )


def _number_factor(one: str, other: str) -> float:
    left, right = (sorted(int(word) for word in words(name) if word.isdecimal()) for name in (one, other))
    if left == right:
        return 1.0
    return OPPOSED if left and right else NUMBERS_ON_ONE_SIDE


def _weight(word: str) -> float:
    full = _FULL.get(word, word)
    return _STOP_WEIGHT if word in _STOP_WORDS else _GENERIC_WEIGHT if full in _GENERIC_WORDS else 1.0


@functools.lru_cache(maxsize=200_000)
def likeness_of_words(one: str, other: str) -> float:
    """Likeness of two words, 0..1."""
    one, other = _FULL.get(one, one), _FULL.get(other, other)
    short, long = sorted((one, other), key=len)
    rules = (
        (1.0, one == other),
        (SAME_SKELETON, _skeleton(one) == _skeleton(other) or long in (f"{short}s", f"{short}es")),
        (PREFIX, len(short) >= 3 and long.startswith(short)),
        (RELATED, _FAMILY.get(one, one) == _FAMILY.get(other, other)),
        (COMPOUND, len(short) >= 4 and long.endswith(short)),
    )
    found = next((likeness for likeness, holds in rules if holds), None)
    return _near_spelling(short, long) if found is None else found


def _near_spelling(short: str, long: str) -> float:
    if len(short) < 5 or short[0] != long[0]:
        return 0.0
    if short[:-1] == long[: len(short) - 1]:
        return INFLECTED
    ratio = difflib.SequenceMatcher(None, short, long, autojunk=False).ratio()
    return ratio if ratio >= _NEAR_SPELLING else 0.0


def _skeleton(word: str) -> str:
    return word[:1] + _VOWELS.sub("", word[1:])
