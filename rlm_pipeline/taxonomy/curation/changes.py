"""All that is decided about one dimension, as changes of its categories as discovered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rlm_pipeline import fingerprint
from rlm_pipeline.decisions import Decision, SplitOff
from rlm_pipeline.taxonomy.counts import leaves
from rlm_pipeline.taxonomy.curation.references import Known
from rlm_pipeline.taxonomy.document import Category, Dimension


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A decision, the categories it makes or changes, and why it does not fit, or fits in part.

    `dimension` is an id, or the reference where there is none; `origin` is what is split off from.
    """

    decision: Decision
    dimension: str
    categories: tuple[str, ...] = ()
    origin: str = ""
    fits: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A new category `id` of those statements of the leaves `origins`, as found, that the decision's rule takes."""

    id: str
    decision: SplitOff
    origin: str
    origins: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """`kept` are pinned categories that are found no longer.

    `merged` maps the id of each category that takes others in to all that are in it; `became` the leaves whose id
    changes. `forbidden` are leaves after that, split-off ones among them. `names` and `definitions` are by id, the
    dimension's own under its id.
    """

    kept: dict[str, Category] = field(default_factory=dict)
    splits: tuple[Split, ...] = ()
    merged: dict[str, tuple[str, ...]] = field(default_factory=dict)
    became: dict[str, str] = field(default_factory=dict)
    forbidden: frozenset[str] = frozenset()
    names: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)

    @property
    def moves_labels(self) -> bool:
        """Whether any record may be labelled otherwise than it was found."""
        return bool(self.kept or self.splits or self.became or self.forbidden)

    def leaves_none_of(self, dimension: Dimension) -> bool:
        """Whether every category is forbidden."""
        published = {self.became.get(leaf.id, leaf.id) for leaf in leaves(dimension)}
        published |= {*self.kept, *(split.id for split in self.splits)}
        return bool(self.forbidden) and published <= self.forbidden


def split_id(dimension: str, name: str) -> str:
    """The id of a split-off category: that of its name, so that it stays when its rule or its origin changes."""
    return fingerprint.short("split off", dimension, name.casefold())


def leaves_below(dimension: Dimension, identity: str) -> list[str]:
    """The leaves of a category as found; itself, where it has none below it."""
    children = [each.id for each in dimension.categories if each.parent == identity]
    return [leaf for child in children for leaf in leaves_below(dimension, child)] if children else [identity]


def changes_of(known: Known, found: Sequence[Fitted]) -> Changes:
    """What the decisions that fit come to."""
    fitting = [each for each in found if each.fits]
    merged = _merged(fitting)
    groups = {each.parent for each in known.dimension.categories}
    became = {member: first for first, members in merged.items() for member in members if first not in groups}
    became = {member: first for member, first in became.items() if member != first and member not in groups}
    covered = {identity: _covered(known.dimension, identity, merged) for identity in _referred(fitting)}
    return Changes(
        kept=dict(known.kept),
        splits=tuple(
            Split(
                id=each.categories[0],
                decision=each.decision,
                origin=each.origin,
                origins=frozenset(covered[each.origin]),
            )
            for each in fitting
            if each.decision.kind == "split_off"
        ),
        merged=merged,
        became=became,
        forbidden=frozenset(
            became.get(leaf, leaf)
            for each in fitting
            if each.decision.kind == "forbid"
            for leaf in covered[each.categories[0]]
            if became.get(leaf, leaf) in covered[each.categories[0]]
        ),
        names={**known.pinned, **dict(_names(fitting))},
        definitions=dict(_definitions(fitting)),
    )


def _merged(fitting: Iterable[Fitted]) -> dict[str, tuple[str, ...]]:
    merged: dict[str, dict[str, None]] = {}
    for each in fitting:
        if each.decision.kind == "merge":
            merged.setdefault(each.categories[0], {}).update(dict.fromkeys(each.categories))
    return {first: tuple(members) for first, members in merged.items()}


def _covered(dimension: Dimension, identity: str, merged: dict[str, tuple[str, ...]]) -> set[str]:
    """The leaves, as found, that are in a category as published."""
    return {leaf for member in merged.get(identity, (identity,)) for leaf in leaves_below(dimension, member)}


def _referred(fitting: Iterable[Fitted]) -> set[str]:
    return {each.origin or each.categories[0] for each in fitting if each.decision.kind in {"split_off", "forbid"}}


def _names(fitting: Iterable[Fitted]) -> Iterable[tuple[str, str]]:
    for each in fitting:
        if each.decision.kind == "rename_dimension":
            yield each.dimension, each.decision.to
        elif each.decision.kind in {"rename", "merge"} and (name := str(getattr(each.decision, "to", ""))):
            yield each.categories[0], name


def _definitions(fitting: Iterable[Fitted]) -> Iterable[tuple[str, str]]:
    for each in fitting:
        definition = str(getattr(each.decision, "definition", ""))
        if definition:
            yield (each.categories[0] if each.categories else each.dimension), definition
