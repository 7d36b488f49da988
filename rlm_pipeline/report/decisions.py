"""What a person decided about the taxonomy: each decision with what became of it, and what it made of a category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rlm_pipeline.report import category_tree
from rlm_pipeline.taxonomy.document import Decided, Dimension

_DONE = {
    "rename": "renamed",
    "merge": "merged",
    "split_off": "split off",
    "pin": "pinned",
    "describe": "described",
    "rename_dimension": "renamed",
    "describe_dimension": "described",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """One decision; `dimension` is a name, or what the person wrote; `anchor` is empty where there is none to go to."""

    decision: Decided
    says: str
    dimension: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Those that do not fit come first; `marks` say by category or dimension id what a person made of it."""

    rows: tuple[DecisionRow, ...]
    applied: int
    marks: Mapping[str, str]


def view(decisions: Sequence[Decided], dimensions: Sequence[Dimension]) -> Decisions:
    """The decisions as the page shows them."""
    by_id = {each.id: each for each in dimensions}
    rows = [_row(each, by_id.get(each.dimension)) for each in decisions]
    return Decisions(
        rows=tuple(sorted(rows, key=lambda row: row.decision.state == "applied")),
        applied=sum(each.state == "applied" for each in decisions),
        marks=_marks(decisions),
    )


def _row(decision: Decided, dimension: Dimension | None) -> DecisionRow:
    shown = {each.id for each in dimension.categories} if dimension else set()
    place = next((each for each in decision.categories if each in shown), None)
    return DecisionRow(
        decision=decision,
        says=decision.says[:1].upper() + decision.says[1:],
        dimension=dimension.name if dimension else decision.dimension,
        anchor=category_tree.anchor(dimension, place) if dimension and place else "",
    )


def _marks(decisions: Sequence[Decided]) -> dict[str, str]:
    """A category that is gone has no mark."""
    done: dict[str, dict[str, None]] = {}
    for each in decisions:
        if each.state == "applied" and each.decision in _DONE:
            about = each.categories[0] if each.categories else each.dimension
            done.setdefault(about, {})[_DONE[each.decision]] = None
    return {about: f"{_listed(tuple(what))} by a person" for about, what in done.items()}


def _listed(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
