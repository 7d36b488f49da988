"""Numbers in sentences: whether each that a sentence states is a figure as given, rounded to the digits it shows.

A number is taken by its digits (1,234 or 1.2 million or 40.2 %), a small one also by its word. A name with digits in it
(FY2012, CWE-89, `$.a[0]`) has to stand in the facts as it is; only the year within a name may be used without the rest.
Words for what only a calculation tells (twice, doubled) have to stand there too.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

_EDGES = (
    "()[]{}<>\"'`.,;:!?*_~=$\u2018\u2019\u201c\u201d\u00ab\u00bb\u2039\u203a\u2026\u2248\u2265\u2264\u00b1\u20ac\u00a3"
)
_THIN = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_SPACED = re.compile(r"\S+")
_PURE = re.compile(r"[+\-\u2212]?(?P<digits>\d[\d.,'\u2019]*)(?P<suffix>[kKMB]|bn)?(?P<percent>%)?")
_THOUSANDS = (re.compile(r"\d{1,3}(?:[,'\u2019]\d{3})+(?:\.\d+)?"), re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?"))
_PLAIN = (re.compile(r"\d+(?:\.\d+)?"), re.compile(r"\d+,\d+"))
_SCALE = {"k": 3, "thousand": 3, "m": 6, "million": 6, "b": 9, "bn": 9, "billion": 9}
_BEHIND = re.compile(r"\s*(?P<scale>thousand|million|billion)?\s*(?P<percent>%|per\s?cent|pp\b)?", re.IGNORECASE)
_SAME_UNIT = re.compile(r"\s*(?:to|and|or|[-\u2013])\s+\S*\d\S*\s*(?:%|per\s?cent)", re.IGNORECASE)
_ABOUT = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|nearly|almost|circa)\s+|[~\u2248]\s*)[(\"'\u201c\u2018]*$",
    re.IGNORECASE,
)
_JOINTS = re.compile(r"[-\u2013/:\u2192]")
_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_IN_WORDS = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_CALCULATED = re.compile(
    r"\b(?:half|thirds?|quarters?|twice|thrice|doubl\w*|tripl\w*|quadrupl\w*|halv\w*|dozens?|\w+fold)\b", re.IGNORECASE
)
_DIGITS = re.compile(r"\d")
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_LARGEST_ROUNDING = Decimal("0.05")
"""Of a value, where a sentence says `about`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """An exact number; a share is in per cent."""

    value: Decimal
    is_percent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """A word with a digit, what stands behind it, and whether it is said to be rounded."""

    text: str
    behind: str
    is_about: bool

    @property
    def is_number(self) -> bool:
        """Whether it is nothing but a number."""
        return _PURE.fullmatch(self.text) is not None


@dataclass(frozen=True, slots=True)
class _Written:
    """A number as it is written, right to within half a `unit`."""

    value: Decimal
    unit: Decimal
    is_percent: bool


def count(number: float) -> Figure:
    """A number as the shortest decimal that reads back as the same."""
    return Figure(Decimal(repr(number)))


def share(part: int, whole: int) -> Figure:
    """A part of a whole, in per cent; a whole of nothing is 0 %."""
    return Figure(Decimal(100 * part) / Decimal(whole) if whole else Decimal(0), is_percent=True)


def unsupported(sentence: str, texts: Sequence[str], figures: Iterable[Figure]) -> tuple[str, ...]:
    """The numbers of a sentence that neither `figures` nor the figures in `texts` bear out, in its order.

    `texts` are the facts the sentence rests on: what stands in them may be repeated.
    """
    given = [*figures, *(figure for text in texts for figure in _figures_of(text))]
    wrong = [word.text for word in _words(sentence) if not _is_borne_out(word, texts, given)]
    for match in _IN_WORDS.finditer(sentence):
        value = Decimal(_WORDS.index(match.group().lower()) + 2)
        if all(figure.is_percent or figure.value != value for figure in given) and not _stands_in(match.group(), texts):
            wrong.append(match.group())
    wrong += [match.group() for match in _CALCULATED.finditer(sentence) if not _stands_in(match.group(), texts)]
    return tuple(wrong)


def numbers_in(text: str, name: str) -> tuple[str, ...]:
    """The numbers of a text, but for those that stand in a name it uses."""
    return tuple(word.text for word in _words(text) if word.is_number and not _stands_in(word.text, (name,)))


def _is_borne_out(word: _Word, texts: Sequence[str], given: Sequence[Figure]) -> bool:
    if word.is_number:
        return any(_is(one, figure, about=word.is_about) for one in _readings(word) for figure in given)
    if _stands_in(word.text, texts):
        return True
    # A range or a date that is written otherwise than in the facts is right where all its parts are.
    parts = [part for part in _JOINTS.split(word.text) if _has_digit(part)]
    ends = [_Word(text=part, behind="", is_about=word.is_about) for part in parts]
    if ends:
        ends[-1] = _Word(text=parts[-1], behind=word.behind, is_about=word.is_about)
    return all(each.is_number and _is_borne_out(each, texts, given) for each in ends) and len(ends) > 1


def _figures_of(text: str) -> Iterator[Figure]:
    """Every reading of every number of a text, and the years within its names."""
    for word in _words(text):
        yield from (Figure(one.value, one.is_percent) for one in _readings(word))
        if not word.is_number:
            yield from (Figure(Decimal(year)) for year in _YEAR.findall(word.text))


def _words(text: str) -> Iterator[_Word]:
    """Every word of a text that has a digit."""
    plain = _THIN.sub(",", text.replace("\u2014", " "))
    for match in _SPACED.finditer(plain):
        word = match.group().strip(_EDGES)
        if _has_digit(word):
            start = match.start() + match.group().index(word)
            about = _ABOUT.search(plain[:start]) is not None
            yield _Word(text=word, behind=plain[start + len(word) :], is_about=about)


def _has_digit(text: str) -> bool:
    return _DIGITS.search(text) is not None


def _readings(word: _Word) -> list[_Written]:
    match = _PURE.fullmatch(word.text)
    if match is None:
        return []
    after = _BEHIND.match(word.behind)
    scale = match["suffix"] or (after and after["scale"]) or ""
    is_percent = bool(match["percent"] or (after and after["percent"]) or _SAME_UNIT.match(word.behind))
    power = Decimal(10) ** _SCALE.get(scale.lower(), 0)
    found = []
    for digits in _decimals(match["digits"].rstrip(".,'\u2019")):
        unit = Decimal(1).scaleb(-len(digits.partition(".")[2]))
        found.append(_Written(Decimal(digits) * power, unit * power, is_percent))
    return found


def _decimals(digits: str) -> Iterator[str]:
    """The ways to read digits with separators, in the notation of Decimal."""
    if _THOUSANDS[0].fullmatch(digits):
        yield re.sub("[,'\u2019]", "", digits)
    if _THOUSANDS[1].fullmatch(digits):
        yield digits.replace(".", "").replace(",", ".")
    if _PLAIN[0].fullmatch(digits):
        yield digits
    if _PLAIN[1].fullmatch(digits) and not _THOUSANDS[0].fullmatch(digits):
        yield digits.replace(",", ".")


def _is(written: _Written, figure: Figure, *, about: bool) -> bool:
    if written.is_percent != figure.is_percent:
        return False
    value = abs(figure.value)
    tolerance = written.unit / 2
    if about:
        # The zeros at the end of a rounded number are no digits of it.
        place = Decimal(1).scaleb(int(written.value.normalize().as_tuple().exponent))
        tolerance = max(tolerance, min(place / 2, value * _LARGEST_ROUNDING))
    return abs(written.value - value) <= tolerance


def _stands_in(word: str, texts: Sequence[str]) -> bool:
    pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    return any(pattern.search(text) for text in texts)
