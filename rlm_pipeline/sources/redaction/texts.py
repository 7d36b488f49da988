"""One text without its personal data: each value replaced by a placeholder that is the same wherever the value is."""

import functools
import json
import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rlm_pipeline import fingerprint
from rlm_pipeline.sources.redaction import addresses
from rlm_pipeline.sources.redaction.accounts import CARD, IBAN
from rlm_pipeline.sources.redaction.national_ids import NATIONAL_IDS
from rlm_pipeline.sources.redaction.pattern import KEYWORD_REACH, Pattern, keyword_body
from rlm_pipeline.sources.redaction.phone_numbers import PHONES

NUMBERS: tuple[Pattern, ...] = (IBAN, CARD, *NATIONAL_IDS, *PHONES)
"""All but mail addresses; of values that overlap the one whose pattern comes first is taken."""

PLACEHOLDER = r"<(?:{}):[0-9a-f]{{8}}>".format("|".join(sorted({addresses.KIND, *(each.kind for each in NUMBERS)})))
"""What placeholders look like, as a regular expression."""

KEYWORD = "|".join(sorted({each.keyword for each in NUMBERS if each.keyword}))

SHORTEST_VALUE = 6
"""Bytes of the shortest text that has a value: a@b.co."""

SUSPICIOUS = "|".join(
    [
        addresses.AT,
        *(each.in_column for each in NUMBERS if not each.keyword),
        rf"(?i:{keyword_body(KEYWORD)})[^0-9]{{0,{KEYWORD_REACH}}}[0-9]",
    ]
)
"""What every text with a value has, as a regular expression of Rust's engine; most texts have it not."""

SUSPICIOUS_BESIDE_KEYWORD = f"{addresses.AT}|[0-9](?:[^0-9A-Za-z]{{0,3}}[0-9]){{6}}|{SUSPICIOUS}"
"""The same where the name of the column, or of the value, is a keyword."""

_MONTH, _DAY, _YEAR = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])", r"(?:19|20)\d\d"
_DATE = rf"{_YEAR}([-/.]){_MONTH}\1{_DAY}|{_DAY}([-/.]){_DAY}\2{_YEAR}"
_TIME = r"(?:[T _:]{1,2}\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\b)?(?:Z| ?[+-]\d\d:?\d\d)?)?"
_UNLIKE = re.compile(
    f"{PLACEHOLDER}"
    r"|\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
    rf"|(?<![\d-])(?:{_DATE})(?!\d){_TIME}"
    r"|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])"
)
"""What numbers may look like without being personal: placeholders, UUIDs, dates with times, IP addresses."""

_PASSES = 3  # a number right behind one of another kind is seen when that is gone

_UNNAMED = tuple(pattern for pattern in NUMBERS if not pattern.keyword)
_ANY_KEYWORD = re.compile(keyword_body(KEYWORD), re.IGNORECASE)

_WORD_BREAKS = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*:)?|(-?[0-9][0-9.eE+-]*)')
_SAYS = re.compile(r"(?i:[^a-z0-9]|no|nr|num|numbers?|nummer|num\u00e9ro|n\u00famero|numero|is|was)*")
"""What may stand between a number and the word that says what it is."""

_PART = re.compile(r"[^.\[\]/'\"]+")

_LINE_END = re.compile(r"\r?\n")


class Replacement(NamedTuple):
    """A value at characters `start` to `end`, and what takes its place."""

    start: int
    end: int
    text: str


class Places(NamedTuple):
    """A text with placeholders, and for each where it begins in it, its length, and how long the value was, in turn."""

    text: str
    replaced: "array[int]"


class Redaction:
    """Replaces personal data by placeholders made with `secret`, the same for the same value in every text."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.name = functools.lru_cache(maxsize=10_000)(self._name)

    def text(self, text: str, context: str = "") -> str:
        """A text without personal data; `context` is the name it goes by, such as its column's."""
        return self.places(text, context).text

    def places(self, text: str, context: str = "") -> Places:
        """The same, and where values were."""
        parts: list[str] = []
        replaced = array("q")
        end = length = 0
        for each in self._replacements(text, context):
            parts += (text[end : each.start], each.text)
            length += each.start - end
            replaced.extend((length, len(each.text), each.end - each.start))
            length += len(each.text)
            end = each.end
        return Places("".join((*parts, text[end:])) if parts else text, replaced)

    def cell(self, text: str, context: str = "") -> str:
        """The same for a cell, which may hold JSON: then what is a string or number in it is replaced, by strings."""
        if text[:1] not in {"[", "{"} or not _is_json(text):
            return self.text(text, context)
        parts: list[str] = []
        end, name = 0, context
        for token in _TOKEN.finditer(text):
            value = token[3] if token[3] is not None else json.loads(f'"{token[1]}"', strict=False)
            shown = self.text(value, "" if token[2] else name)
            if token[2]:
                name = value
            if shown != value:
                parts += (text[end : token.start()], json.dumps(shown, ensure_ascii=False), token[2] or "")
                end = token.end()
        return "".join((*parts, text[end:]))

    def names(self, names: Sequence[str]) -> tuple[str, ...]:
        """Names without personal data, all different where they were."""
        shown = [self.name(name) for name in names]
        often = Counter(shown)
        return tuple(
            name if often[name] == 1 else f"{name}~{fingerprint.keyed(self._secret, written)[:8]}"
            for name, written in zip(shown, names, strict=True)
        )

    def _name(self, name: str) -> str:
        """A name, a path, or a few words about them: no part of a path is personal data either."""
        return _PART.sub(lambda part: self.text(part[0]), self.text(name))

    def _replacements(self, text: str, context: str) -> list[Replacement]:
        taken = [
            Replacement(each.start, each.end, self._placeholder(addresses.KIND, each.normalised, ""))
            for each in addresses.addresses(text)
        ]
        hidden = _blanked(text, [(each.start, each.end) for each in taken])
        hidden = _blanked(hidden, [unlike.span() for unlike in _UNLIKE.finditer(hidden)])
        patterns = NUMBERS if is_keyword(context) or _ANY_KEYWORD.search(text) else _UNNAMED
        for _ in range(_PASSES):
            before = len(taken)
            for pattern in patterns:
                if not pattern.regex.search(hidden):
                    continue
                found = list(self._found(pattern, hidden, text, keyword_given=is_named(context, pattern)))
                hidden = _blanked(hidden, [(each.start, each.end) for each in found])
                taken += found
            if len(taken) == before:
                break
        return sorted(taken)

    def _found(self, pattern: Pattern, hidden: str, text: str, *, keyword_given: bool) -> Iterator[Replacement]:
        place = last = 0
        while match := (last and pattern.next_regex.match(hidden, last)) or pattern.regex.search(hidden, place):
            start, last = match.start(), 0
            value = pattern.accept(match[0])
            if value is None or not (keyword_given or _is_beside_keyword(pattern, hidden, start)):
                # A value may begin inside what is none, but only behind its next separator.
                place = _next_word(hidden, start, match.end())
                continue
            place = last = end = start + value.length
            yield Replacement(start, end, self._placeholder(pattern.kind, value.normalised, text[start:end]))

    def _placeholder(self, kind: str, normalised: str, written: str) -> str:
        # Lines stay as many as they were.
        ends = "".join(_LINE_END.findall(written))
        return f"<{kind}:{fingerprint.keyed(self._secret, kind, normalised)[:8]}>{ends}"


def is_named(name: str, pattern: Pattern) -> bool:
    """Whether a name, of a column or a key, says that its values are of the pattern."""
    return bool(name) and pattern.keyword_regex is not None and bool(pattern.keyword_regex.search(words_of(name)))


@functools.lru_cache(maxsize=10_000)
def is_keyword(name: str) -> bool:
    """Whether a name says that its values are of any pattern that needs to be named."""
    return any(is_named(name, pattern) for pattern in NUMBERS)


def words_of(name: str) -> str:
    """A name as words with spaces between them."""
    return _WORD_BREAKS.sub(" ", name)


def source_place(place: int, replaced: Sequence[int]) -> int:
    """Where a place of a text with placeholders is in the text as it was; inside of one, as far into the value."""
    moved = 0
    for at in range(0, len(replaced), 3):
        start, shown, hidden = replaced[at : at + 3]
        if place <= start:
            break
        if place < start + shown:
            return start + moved + min(place - start, hidden)
        moved += hidden - shown
    return place + moved


def shown_place(place: int, replaced: Sequence[int]) -> int:
    """Where a place of a text is in it with placeholders; inside of a value, where its placeholder begins."""
    moved = 0
    for at in range(0, len(replaced), 3):
        start, shown, hidden = replaced[at : at + 3]
        if place <= start - moved:
            break
        if place < start - moved + hidden:
            return start
        moved += shown - hidden
    return place + moved


def growth(replaced: Sequence[int]) -> int:
    """How much longer a text is with its placeholders."""
    return sum(replaced[1::3]) - sum(replaced[2::3])


def _is_beside_keyword(pattern: Pattern, text: str, start: int) -> bool:
    if pattern.keyword_regex is None:
        return True
    before = text[max(0, start - KEYWORD_REACH) : start]
    return any(_SAYS.fullmatch(before, word.end() - 1) for word in pattern.keyword_regex.finditer(f"{before} "))


def _next_word(text: str, start: int, end: int) -> int:
    place = start + 1
    while place < end and text[place - 1].isalnum():
        place += 1
    return place


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    parts: list[str] = []
    before = 0
    for start, end in spans:
        parts += (text[before:start], "\0" * (end - start))
        before = end
    return "".join((*parts, text[before:])) if parts else text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
