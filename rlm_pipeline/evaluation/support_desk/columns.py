"""Which columns the desk has, and how each year names, orders, adds and drops them."""

import re
from dataclasses import dataclass

import numpy as np

from rlm_pipeline.evaluation.support_desk.plan import Plan

HARD_RENAMES = ("priority", "closed_at", "minutes_to_resolve")
"""Columns one of whose renames changes more than case and punctuation."""

NAMED_BY_PLACE: dict[str, tuple[tuple[float, str | None], ...]] = {
    "ticket_no": ((0.0, "Ticket No"), (0.3, "ticket_no"), (0.8, "TICKET-NO")),
    "opened_at": ((0.0, "Opened At"), (0.3, "opened_at")),
    "closed_at": ((0.0, "Closed At"), (0.3, "closed_at"), (0.7, "resolution_date")),
    "requester_name": ((0.0, "Requester Name"), (0.5, "requester_name")),
    "requester_email": ((0.0, "requester_email"),),
    "requester_phone": ((0.0, "requester_phone"),),
    "issue_description": ((0.0, "Issue Description"), (0.3, "issue_description"), (0.7, "IssueDescription")),
    "resolution_notes": ((0.0, "Resolution Notes"), (0.2, "resolution_notes"), (0.6, "RESOLUTION_NOTES")),
    "customer_feedback": ((0.0, "Customer Feedback"), (0.5, "customer_feedback")),
    "product_line": ((0.0, "Product Line"), (0.4, "product_line"), (0.9, "ProductLine")),
    "priority": ((0.0, "prio"), (0.45, "priority_code")),
    "assigned_team": ((0.0, "assigned team"), (0.3, "assigned_team")),
    "department": ((0.0, "Department"), (0.75, None)),
    "region": ((0.0, "Region"), (0.6, "REGION")),
    "region_code": ((0.0, "region_code"),),
    "channel": ((0.0, "Channel"), (0.35, "channel")),
    "customer_segment": ((0.0, None), (0.15, "customer segment"), (0.55, "customer_segment")),
    "satisfaction_score": ((0.0, "Satisfaction Score"), (0.5, "satisfaction_score")),
    "minutes_to_resolve": ((0.0, "minutes_to_resolve"), (0.65, "handling_time_min")),
    "reopen_count": ((0.0, "reopen_count"),),
    "impact_level": ((0.0, "impact_level"),),
    "asset_age": ((0.0, "asset_age"),),
}
"""Named columns: what each is called from a place in the years on (0 first, 1 last); None where it is absent."""

RETYPED_AT = {"impact_level": 0.6, "asset_age": 0.4}
"""Named columns whose integers become text codes from a place in the years on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What one column is called in every year; None where it is absent."""

    column: str
    written: tuple[str | None, ...]


def place(year: int, years: int) -> float:
    """Where the `year`-th of `years` lies: 0 for the first, 1 for the last, the middle for an only one."""
    return year / (years - 1) if years > 1 else 0.5


def named_spans(years: int) -> tuple[Span, ...]:
    """The named columns over the years."""
    spans = []
    for column, steps in NAMED_BY_PLACE.items():
        written = tuple(_latest(steps, place(year, years)) for year in range(years))
        spans.append(Span(column=column, written=written))
    return tuple(spans)


def filler_spans(names: tuple[str, ...], years: int, rng: np.random.Generator) -> tuple[Span, ...]:
    """The filler columns over the years, each with a fate of its own.

    One in thirty is added late, as many are dropped early, one in fifty is abbreviated at some time, and one in seven
    changes case and punctuation.
    """
    spans = []
    for name in names:
        fate, when = rng.random(), rng.integers(1, max(years, 2))
        before, after = _fate(name, fate)
        spans.append(Span(column=name, written=tuple(after if year >= when else before for year in range(years))))
    return tuple(spans)


def _fate(name: str, chance: float) -> tuple[str | None, str | None]:
    if chance < 0.03:
        return None, name
    if chance < 0.06:
        return name, None
    if chance < 0.08:
        return name, abbreviated(name)
    if chance < 0.22:
        return name.replace("_", " ").title(), name
    return name, name


def abbreviated(name: str) -> str:
    """`name` without the inner vowels of its words, as people shorten column names."""
    return "_".join(word[0] + re.sub(r"[aeiou]", "", word[1:]) for word in name.split("_"))


def _latest(steps: tuple[tuple[float, str | None], ...], at: float) -> str | None:
    return [name for start, name in steps if at >= start][-1]


def order(count: int, named: int, era: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The order of `count` columns, `named` first, in one of three eras: as defined; filler rotated; all mixed."""
    places = np.arange(count)
    if era == 1:
        places[named:] = np.roll(places[named:], (count - named) // 3)
    if era == 2:
        places = np.random.default_rng([era, count]).permutation(count)
    return places


def is_easy_rename(written: tuple[str | None, ...]) -> bool:
    """Whether the names of a column differ in case and punctuation alone."""
    return len({_letters(name) for name in written if name is not None}) == 1


def _letters(name: str) -> str:
    return re.sub(r"[^0-9a-z]", "", name.lower())


def linked_columns(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """Groups of columns joined by what follows what; the years join those that move or are coded by year."""
    groups: list[set[str]] = []
    columns = {dimension.id: dimension.column for dimension in plan.dimensions}
    joins = [{columns[one.id], columns[one.follows]} if one.follows else {one.column} for one in plan.dimensions]
    joins.append({columns[trend.dimension] for trend in plan.trends} | set(RETYPED_AT) | {"opened_at", "closed_at"})
    joins.append({"region", "region_code"})
    for join in joins:
        touching = [group for group in groups if group & join]
        groups = [group for group in groups if not group & join] + [join.union(*touching)]
    return tuple(tuple(sorted(group)) for group in sorted(groups, key=min))
