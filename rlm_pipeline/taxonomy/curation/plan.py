"""What a person's decisions come to, given the dimensions as discovered: which fit, and what each changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rlm_pipeline import curation
from rlm_pipeline.curation import Curation
from rlm_pipeline.decisions import Decision
from rlm_pipeline.taxonomy.curation import pinned
from rlm_pipeline.taxonomy.curation.changes import Changes, Fitted, changes_of, split_id
from rlm_pipeline.taxonomy.curation.fitting import fitted
from rlm_pipeline.taxonomy.curation.pinned import Pinned
from rlm_pipeline.taxonomy.curation.references import DoesNotFit, Known, dimension_of
from rlm_pipeline.taxonomy.document import Dimension


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be changed, by dimension id, and all decisions in their order."""

    changes: Mapping[str, Changes] = field(default_factory=dict)
    decisions: tuple[Fitted, ...] = ()

    def of(self, dimension: str) -> Changes:
        """What is decided about a dimension: nothing, where no decision is about it."""
        return self.changes.get(dimension, Changes())


def make(dimensions: Sequence[Dimension], decided: Curation, kept: Mapping[str, Pinned]) -> Plan:
    """Find what each decision is about; `kept` are the categories that were ever pinned.

    Raises:
        CurationError: two decisions are about the same category, though written differently, and contradict each other.

    """
    homes = _homes(dimensions, decided.decisions)
    by_dimension: dict[str, list[Decision]] = {}
    for decision, home in zip(decided.decisions, homes, strict=True):
        if isinstance(home, Dimension):
            by_dimension.setdefault(home.id, []).append(decision)
    by_id = {each.id: each for each in dimensions}
    known = {identity: _known(by_id[identity], own, kept) for identity, own in by_dimension.items()}
    found = [
        fitted(decision, known[home.id])
        if isinstance(home, Dimension)
        else Fitted(decision=decision, dimension=decision.dimension, fits=False, reason=home)
        for decision, home in zip(decided.decisions, homes, strict=True)
    ]
    _check(decided, found, known)
    changes = {}
    for identity, each in known.items():
        own = [one for one in found if one.dimension == identity]
        changes[identity] = changes_of(each, own)
        if changes[identity].leaves_none_of(each.dimension):
            reason = f"no category of “{each.dimension.name}” would be left"
            found = [_unless_forbidding(one, identity, reason) for one in found]
            changes[identity] = changes_of(each, [one for one in found if one.dimension == identity])
    return Plan(changes=changes, decisions=tuple(found))


def _homes(dimensions: Sequence[Dimension], decisions: Iterable[Decision]) -> list[Dimension | str]:
    """The dimension of each decision, or why there is none."""
    names: dict[str, str] = {}
    for decision in decisions:
        if decision.kind == "rename_dimension":
            home = _home(dimensions, decision.dimension, {})
            names |= {home.id: decision.to} if isinstance(home, Dimension) else {}
    return [
        _home(dimensions, decision.dimension, {} if decision.kind == "rename_dimension" else names)
        for decision in decisions
    ]


def _home(dimensions: Sequence[Dimension], reference: str, published: Mapping[str, str]) -> Dimension | str:
    try:
        return dimension_of(dimensions, reference, published)
    except DoesNotFit as error:
        return str(error)


def _known(dimension: Dimension, decisions: Sequence[Decision], kept: Mapping[str, Pinned]) -> Known:
    """The categories of a dimension; of the kept ones those that are pinned still."""
    kept_here = pinned.of_dimension(
        kept, dimension.id, [reference for each in decisions if each.kind == "pin" for reference in _spellings(each)]
    )
    here = {each.id for each in dimension.categories}
    names = {identity: each.name for identity, each in kept_here.items()}
    known = Known(
        dimension=dimension,
        pinned=names,
        kept={identity: each for identity, each in kept_here.items() if identity not in here},
        made={split_id(dimension.id, each.split_off): each.split_off for each in decisions if each.kind == "split_off"},
        published=names,
    )
    for _ in range(2):  # a decision may name a category as another one names it
        known = replace(known, published={**names, **dict(_published(known, decisions))})
    return known


def _spellings(decision: Decision) -> tuple[str, str]:
    return decision.target[0], decision.target[0].casefold()


def _published(known: Known, decisions: Iterable[Decision]) -> Iterable[tuple[str, str]]:
    for decision in decisions:
        if decision.kind in {"rename", "merge"} and (name := str(getattr(decision, "to", ""))):
            try:
                yield known.category(decision.target[0], as_found=True, ended=True), name
            except DoesNotFit:
                continue


def _check(decided: Curation, found: Sequence[Fitted], known: Mapping[str, Known]) -> None:
    place = {id(each.decision): each for each in found}

    def identify(decision: Decision, reference: str) -> str | None:
        home = place[id(decision)].dimension
        if not reference or home not in known:
            return home if not reference else None
        try:
            return known[home].category(reference, as_found=decision.kind == "rename", ended=True)
        except DoesNotFit:
            return None

    curation.check(decided, identify)


def _unless_forbidding(one: Fitted, dimension: str, reason: str) -> Fitted:
    is_meant = one.dimension == dimension and one.decision.kind == "forbid"
    return replace(one, fits=False, categories=(), reason=reason) if is_meant else one
