"""What changed between two published taxonomies: dimensions, categories, what goes together, and what moves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rlm_pipeline.taxonomy.document import Category, Decided, Dimension, Relationship, Taxonomy, Trend

State = Literal["new", "continued", "renamed", "merged", "split", "retired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryChange:
    """One category before and now: shares are of its dimension's labelled records, None where it is not there.

    `origins` are the names of what it was merged of or split off from; `into` of what a retired one went into. What
    happened because a person decided so is `by_person`.
    """

    id: str
    name: str
    former_name: str
    state: State
    origins: tuple[str, ...] = ()
    into: tuple[str, ...] = ()
    by_person: bool = False
    count_before: int | None
    count: int | None
    share_before: float | None
    share: float | None

    @property
    def move(self) -> float:
        """How far the share moved; of what is new or retired, all of it."""
        return (self.share or 0.0) - (self.share_before or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionChange:
    """One dimension; its categories by state, then the largest moves first."""

    id: str
    name: str
    former_name: str
    state: Literal["new", "continued", "renamed", "retired", "passed its gate", "no stable structure any more"]
    labelled_before: int | None
    labelled: int | None
    categories: tuple[CategoryChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that is not as it was; sentences, where numbers are not compared."""

    earlier: str
    later: str
    records_before: int
    records: int
    dimensions: tuple[DimensionChange, ...]
    relationships_gained: tuple[str, ...]
    relationships_lost: tuple[str, ...]
    trends_gained: tuple[str, ...]
    trends_lost: tuple[str, ...]
    decisions_that_no_longer_fit: tuple[str, ...]


_DECIDED: Mapping[State, frozenset[str]] = {
    "renamed": frozenset({"rename", "merge"}),
    "merged": frozenset({"merge"}),
    "split": frozenset({"split_off"}),
    "retired": frozenset({"forbid", "merge"}),
}
"""By which decisions a person makes a category what it is."""

_ORDER: tuple[State, ...] = ("new", "merged", "split", "renamed", "retired", "continued")


def between(earlier: Taxonomy, later: Taxonomy) -> Difference:
    """Compare two taxonomies of a dataset; dimensions and categories are known by their ids."""
    before = {each.id: each for each in earlier.dimensions}
    now = {each.id: each for each in later.dimensions}
    related_before, related = (_relations(each.relationships) for each in (earlier, later))
    moving_before, moving = (_moves(each.trends, each.dimensions) for each in (earlier, later))
    return Difference(
        earlier=earlier.run_id,
        later=later.run_id,
        records_before=earlier.coverage.records,
        records=later.coverage.records,
        dimensions=tuple(
            _dimension(before.get(identity), now.get(identity), later.curation)
            for identity in dict.fromkeys([*now, *before])
        ),
        relationships_gained=tuple(said for key, said in related.items() if key not in related_before),
        relationships_lost=tuple(said for key, said in related_before.items() if key not in related),
        trends_gained=tuple(said for key, said in moving.items() if key not in moving_before),
        trends_lost=tuple(said for key, said in moving_before.items() if key not in moving),
        decisions_that_no_longer_fit=tuple(_no_longer_fitting(earlier.curation, later.curation)),
    )


def _dimension(before: Dimension | None, now: Dimension | None, decisions: Iterable[Decided]) -> DimensionChange:
    known = now or before
    assert known is not None  # noqa: S101 - one of them is where the id is from
    return DimensionChange(
        id=known.id,
        name=known.name,
        former_name=before.name if before else "",
        state=_state_of(before, now),
        labelled_before=before.labelled if before else None,
        labelled=now.labelled if now else None,
        categories=tuple(
            _categories(
                before.categories if before else (),
                now.categories if now else (),
                [each for each in decisions if each.dimension == known.id and each.state == "applied"],
            )
        ),
    )


def _state_of(
    before: Dimension | None, now: Dimension | None
) -> Literal["new", "continued", "renamed", "retired", "passed its gate", "no stable structure any more"]:
    if before is None:
        return "new"
    if now is None:
        return "retired"
    if before.gate != now.gate:
        return "passed its gate" if now.gate == "passed" else "no stable structure any more"
    return "continued" if before.name == now.name else "renamed"


def _categories(
    before: Sequence[Category], now: Sequence[Category], decisions: Sequence[Decided]
) -> Iterator[CategoryChange]:
    then, here = {each.id: each for each in before}, {each.id: each for each in now}
    ended = {identity: each for identity, each in then.items() if identity not in here}
    taken_by: dict[str, list[str]] = {}
    for each in now:
        for identity in each.lineage.former:
            if identity in ended:
                taken_by.setdefault(identity, []).append(each.name)
    changes = [_present(each, then, ended) for each in now]
    changes += [_retired(each, taken_by.get(identity, ())) for identity, each in ended.items()]
    changes = [replace(each, by_person=_is_decided(each, then, decisions)) for each in changes]
    yield from sorted(changes, key=lambda each: (_ORDER.index(each.state), -abs(each.move), each.id))


def _is_decided(change: CategoryChange, then: Mapping[str, Category], decisions: Iterable[Decided]) -> bool:
    """What is below a group is decided with it."""
    lines = [change.id]
    while (known := then.get(lines[-1])) and known.parent:
        lines.append(known.parent)
    about = lines if change.state == "retired" else lines[:1]
    kinds = _DECIDED.get(change.state, frozenset())
    return any(each.decision in kinds and set(about) & set(each.categories) for each in decisions)


def _present(category: Category, then: Mapping[str, Category], ended: Mapping[str, Category]) -> CategoryChange:
    """What it was merged of is there no more; what it was split off from is there still, or was."""
    before = then.get(category.id)
    taken = [then[each].name for each in category.lineage.former if each in ended and each != category.id]
    from_others = [then[each].name for each in category.lineage.former if each in then and each != category.id]
    state: State = "new"
    origins: list[str] = []
    if taken and category.lineage.state == "merged":
        state, origins = "merged", taken
    elif before is None and from_others:
        state, origins = "split", from_others
    elif before is not None:
        state = "continued" if before.name == category.name else "renamed"
    return CategoryChange(
        id=category.id,
        name=category.name,
        former_name=before.name if before else "",
        state=state,
        origins=tuple(origins),
        count_before=before.count if before else None,
        count=category.count,
        share_before=before.share if before else None,
        share=category.share,
    )


def _retired(category: Category, into: Iterable[str]) -> CategoryChange:
    return CategoryChange(
        id=category.id,
        name=category.name,
        former_name=category.name,
        state="retired",
        into=tuple(into),
        count_before=category.count,
        count=None,
        share_before=category.share,
        share=None,
    )


def _relations(relationships: Iterable[Relationship]) -> dict[tuple[str, ...], str]:
    """Which there are; a symmetric one is the same whichever side is named first."""
    found: dict[tuple[str, ...], str] = {}
    for each in relationships:
        ends = (each.source, each.target)
        key = (each.kind, *(ends if each.kind in {"dependency", "often_confused_with"} else sorted(ends)))
        kind = each.kind.replace("_", " ")
        found[key] = f"{kind}: {each.source_name} and {each.target_name} ({each.effect_name} {each.effect:.2f})"
    return found


def _moves(trends: Iterable[Trend], dimensions: Iterable[Dimension]) -> dict[tuple[str, str, bool], str]:
    """Which categories rise or fall: one that has turned round is another move."""
    names = {each.id: each.name for each in dimensions}
    return {
        (each.dimension, each.category, each.share_to > each.share_from): (
            f"{names.get(each.dimension, each.dimension)}: {each.category_name} "
            f"{'rises' if each.share_to > each.share_from else 'falls'} from {each.share_from:.1%} in {each.start} "
            f"to {each.share_to:.1%} in {each.end}"
        )
        for each in trends
    }


def _no_longer_fitting(before: Iterable[Decided], now: Iterable[Decided]) -> Iterator[str]:
    fitted = {(each.decision, each.target, each.dimension) for each in before if each.state == "applied"}
    for each in now:
        if each.state == "does_not_fit" and (each.decision, each.target, each.dimension) in fitted:
            yield f"{each.says}: {each.reason}"
