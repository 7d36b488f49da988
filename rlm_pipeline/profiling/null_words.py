"""Words that people and programs write for `no value`, and which of them a column uses so.

Some words say so wherever they stand (`n/a`, `unknown`). Others can be a value: `NA` is Namibia among country codes,
`None` a surname or an answer. These count as nothing where the company they keep says so: among numbers or dates,
beside another word for nothing, or far more frequent than the many other values of the column.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CLEAR = frozenset(
    (
        "n/a", "n.a.", "#n/a", "#na", "n/k", "null", "(null)", "<null>", "\\n", "nan", "<na>", "not available",
        "not applicable", "not reported", "not provided", "not specified", "not recorded", "not known", "not stated",
        "unspecified", "unknown", "unk", "tbd", "to be determined", "no data", "no value", "no answer", "undefined",
        "#value!", "#ref!", "#div/0!", "(blank)", "(none)", "<none>", "(unknown)", "(missing)", "nat",
    )
)  # fmt: skip
UNCLEAR = frozenset(("na", "none", "nil", "missing", "blank", "empty", "nothing", "x", "xx", "xxx"))
WORDS = CLEAR | UNCLEAR

TYPED_SHARE = 0.9
TIMES_AS_FREQUENT = 10
"""A value this many times as frequent as the others are on average is no ordinary one."""
MANY_VALUES = 64
"""Among fewer values, a frequent word may be an answer."""
FEW_RECORDS = 3
AMONG_TYPED = {"numeric": "a word among numbers", "dates": "a word among dates"}
_CODE_SHARE = 0.8
_FEWEST_CODES = 5
_CODES_OF_STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA "
    "RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI UM FM MH PW AA AE AP AB BC MB NB NL NS NT NU ON PE QC SK YT "
    "XX"
)
_STATES = frozenset(_CODES_OF_STATES.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What a word stands among: numbers of records, of distinct values, and the two-letter codes of the column."""

    non_null: int
    distinct: int
    numeric: int
    dates: int
    two_letters: frozenset[str]


def nulls(found: Mapping[str, int], company: Company) -> dict[str, str]:
    """Which of a column's candidates (value -> records) stand for nothing: value -> evidence."""
    rest, others = company.non_null - sum(found.values()), company.distinct - len(found)
    marks = {value for value in found if not any(map(str.isalnum, value))}
    lonely = len(marks) <= 1 or 2 * len(marks) < company.distinct
    accepted = {
        value: "no letter or digit among values that have" if value.strip() else "white space only"
        for value in marks
        if lonely or not value.strip()
    }
    accepted |= {value: "says that there is no value" for value in found if _normal(value) in CLEAR}
    beside = min((value for value in accepted if _normal(value) in CLEAR), default="")
    for value, count in found.items():
        reason = "" if value in accepted or value in marks else _reason(value, count, company, rest, others)
        if reason or (beside and value not in accepted and value not in marks):
            accepted[value] = reason or f"beside {beside!r}"
    return accepted


def _reason(value: str, count: int, company: Company, rest: int, others: int) -> str:
    """Why an unclear word stands for nothing; empty where its column does not say."""
    if typed := _typed(company, rest):
        return typed
    if _is_among_codes(value, company, others):
        return "not a state, among codes of states" if company.two_letters - {value} <= _STATES else ""
    if others > MANY_VALUES and is_frequent(count, records=rest, values=others):
        return f"{count * others / max(rest, 1):,.0f} times as frequent as other values"
    return ""


def undecided(found: Mapping[str, int], accepted: Mapping[str, str], company: Company) -> dict[str, int]:
    """The unclear words that the column alone does not settle; those among codes are codes."""
    others = company.distinct - len(found)
    return {
        value: count
        for value, count in found.items()
        if value not in accepted and _normal(value) in UNCLEAR and not _is_among_codes(value, company, others)
    }


def is_frequent(count: int, *, records: int, values: int) -> bool:
    """Whether a value with `count` records is no ordinary one among `values` others with `records` together."""
    return count >= FEW_RECORDS and count * values >= TIMES_AS_FREQUENT * records


def _typed(company: Company, rest: int) -> str:
    """Why a word stands for nothing where nearly all other values are numbers or dates; empty elsewhere."""
    if rest <= 0:
        return ""
    if company.numeric >= TYPED_SHARE * rest:
        return AMONG_TYPED["numeric"]
    return AMONG_TYPED["dates"] if company.dates >= TYPED_SHARE * rest else ""


def _is_among_codes(value: str, company: Company, others: int) -> bool:
    codes = company.two_letters - {value}
    return value in company.two_letters and len(codes) >= max(_FEWEST_CODES, _CODE_SHARE * others)


def _normal(value: str) -> str:
    return value.strip().casefold()
