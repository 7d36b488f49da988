"""What kind of column it is, decided from exact counts; every threshold is a named constant here."""

from collections.abc import Callable
from dataclasses import dataclass

PLACEHOLDERS = frozenset(
    ("n/a", "na", "#n/a", "null", "none", "nil", "nan", "unknown", "not available", "tbd", "-", "--", "?", ".")
)
"""Ways to write `no answer`; they are values, but no evidence about a column's kind."""

CONSTANT_FILL = 0.95
NEAR_CONSTANT_RECORDS = 30
NEAR_CONSTANT_SHARE = 0.0005
TYPED_SHARE = 0.95
"""A column is numeric, or dates, when this share of its values (placeholders aside) reads as such."""
ZERO_LED_SHARE = 0.005
"""More values than this with a leading zero, and the digits are codes."""
UNIQUE_SHARE = 0.98
UNIQUE_VALUES = 10
"""Fewer distinct values are no evidence that a column identifies records."""
CODE_LENGTH = 64
CATEGORIES = 64
CATEGORIES_OF_NUMBERS = 20
"""Whole numbers with at most this many distinct values are codes or a scale; above, a quantity."""
CATEGORY_SHARE = 0.05
MOST_CATEGORIES = 1000
TEXT_WORDS = 4
TEXT_NEW_WORDS = 2
"""Words per record if every distinct value were counted once: boilerplate repeats, what people write does not."""
TEXT_FILL = 0.01
SPACELESS_TEXT_LENGTH = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one column of one partition: numbers of values, weighted by how often each occurs."""

    records: int
    non_null: int
    distinct: int
    placeholders: int
    numeric: int
    whole: int
    integral: int
    zero_led: int
    dates: int
    codes: int
    length_median: float
    words_median: float


def kind_of(facts: Facts, *, prose: Callable[[], bool]) -> str:
    """One of empty, constant, date, integer, number, identifier, text, categorical, string.

    `constant` is one value in nearly every record of at least two: one value in some cells and nothing in the others,
    such as a ticked box, still tells records apart. `prose` is asked only where the answer can matter.
    """
    if not facts.non_null:
        return "empty"
    if facts.distinct == 1 and facts.records > 1 and facts.non_null >= CONSTANT_FILL * facts.records:
        return "constant"
    evidence = facts.non_null - facts.placeholders
    if evidence and facts.dates >= TYPED_SHARE * evidence:
        return "date"
    if evidence and facts.numeric >= TYPED_SHARE * evidence and facts.zero_led <= ZERO_LED_SHARE * evidence:
        return _kind_of_numbers(facts)
    if _may_be_text(facts) and prose():
        return "text"
    return _kind_of_words(facts, evidence)


def is_near_constant(records: int, *, non_null: int, mode: int) -> bool:
    """Whether nearly all records agree: fewer than 30, or .05 %, differ from the most frequent value, or from none.

    `mode` is how many records have the most frequent value. An empty cell is a value like any other here.
    """
    usual = max(mode, records - non_null)
    differ = records - usual
    return differ < max(NEAR_CONSTANT_RECORDS, NEAR_CONSTANT_SHARE * records) and usual >= CONSTANT_FILL * records


def _kind_of_words(facts: Facts, evidence: int) -> str:
    if _is_unique(facts) and facts.codes >= TYPED_SHARE * evidence:
        return "identifier"
    return "categorical" if _repeats(facts) else "string"


def _kind_of_numbers(facts: Facts) -> str:
    whole = facts.whole == facts.numeric
    if whole and _is_unique(facts):
        return "identifier"
    few = 2 <= facts.distinct <= CATEGORIES_OF_NUMBERS and facts.distinct * 2 <= facts.non_null
    if few and facts.integral == facts.numeric:
        return "categorical"
    return "integer" if whole else "number"


def _is_unique(facts: Facts) -> bool:
    return (
        facts.distinct > UNIQUE_SHARE * facts.non_null
        and facts.distinct >= UNIQUE_VALUES
        and facts.length_median <= CODE_LENGTH
    )


def _repeats(facts: Facts) -> bool:
    few = 2 <= facts.distinct <= CATEGORIES and facts.distinct * 2 <= facts.non_null
    return few or 2 <= facts.distinct <= min(CATEGORY_SHARE * facts.non_null, MOST_CATEGORIES)


def _may_be_text(facts: Facts) -> bool:
    if facts.non_null < TEXT_FILL * facts.records:
        return False
    distinct_share = facts.distinct / facts.non_null
    new_words = distinct_share * facts.words_median
    without_spaces = facts.length_median >= SPACELESS_TEXT_LENGTH and distinct_share >= TEXT_NEW_WORDS / TEXT_WORDS
    return (facts.words_median >= TEXT_WORDS and new_words >= TEXT_NEW_WORDS) or without_spaces
