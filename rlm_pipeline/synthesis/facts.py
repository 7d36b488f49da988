"""Numbered facts of merged findings for a model to explain: plain sentences, their exact numbers, records to cite.

The most important come first, as many as a budget of tokens allows: what was read, then findings by their rank, themes
and conflicts in turn. Facts of the same merged findings have the same numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import Literal

from rlm_pipeline.analysis.observation import number_of
from rlm_pipeline.chunking.chunk_table import tokens_in
from rlm_pipeline.synthesis import figures, ranking, wording
from rlm_pipeline.synthesis.document import By, Citation, Conflict, MergedFindings, Origin, Ranked, Theme
from rlm_pipeline.synthesis.figures import Figure

BUDGET_TOKENS = 8000

_FINDINGS_IN_TURN = 3
"""Findings for each theme and conflict."""

_SPOKEN_OF: dict[Origin, frozenset[By]] = {
    "column": frozenset({"columns"}),
    "pair": frozenset({"columns"}),
    "scope": frozenset({"type", "source", "family"}),
    "reading": frozenset({"said", "meaning"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One sentence; `figures` are its numbers unrounded.

    `subject` is the id of the finding, theme or conflict that is told, `themes` those of the themes it belongs to.
    """

    id: str
    about: Literal["records", "finding", "theme", "conflict"]
    subject: str
    text: str
    figures: tuple[Figure, ...]
    citations: tuple[Citation, ...] = ()
    themes: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The fact as a model reads it, with the first record it cites."""
        cited = (
            f' [{self.citations[0].source}:{self.citations[0].row} "{self.citations[0].quote}"]'
            if self.citations
            else ""
        )
        return " ".join(f"{self.id}. {self.text}{cited}".split())


def facts(merged: MergedFindings, *, budget_tokens: int = BUDGET_TOKENS) -> tuple[Fact, ...]:
    """The most important facts, numbered F1, F2, ..., that have at most `budget_tokens` together (an estimate)."""
    told: list[Fact] = []
    left = budget_tokens
    for each in chain(_of_records(merged), _in_turn(merged)):
        fact = replace(each, id=f"F{len(told) + 1}")
        left -= tokens_in(fact.line, "\n")
        if left < 0:
            break
        told.append(fact)
    return tuple(told)


def _in_turn(merged: MergedFindings) -> Iterator[Fact]:
    ranked = ranking.rank(merged)
    turns = (ranked[first : first + _FINDINGS_IN_TURN] for first in range(0, len(ranked), _FINDINGS_IN_TURN))
    themes = (each for each in merged.themes if len(each.members) > 1)
    for findings, theme, conflict in zip_longest(turns, themes, merged.conflicts):
        yield from (_of_finding(each, merged) for each in findings or ())
        if theme:
            yield _of_theme(theme)
        if conflict:
            yield _of_conflict(conflict)


def _of_records(merged: MergedFindings) -> Iterator[Fact]:
    partitions = merged.partitions
    said = f"{number_of(merged.records, 'record')} were read in {number_of(len(partitions), 'partition')}"
    named = ", ".join(f"{name} {each.records:,}" for name, each in partitions.items()) if len(partitions) > 1 else ""
    by_models = sum(each.by_models for each in partitions.values())
    made = f"{number_of(merged.findings, 'finding')} were made, {by_models:,} of them by models"
    sizes = (each.records for each in partitions.values())
    numbers = (merged.records, len(partitions), merged.findings, by_models, *sizes)
    yield Fact(
        id="",
        about="records",
        subject="",
        text=f"{said}{f' ({named})' if named else ''}; {made}.",
        figures=tuple(figures.count(number) for number in numbers),
    )


def _of_finding(found: Ranked, merged: MergedFindings) -> Fact:
    said = f"{found.analyst} analyst" + (", in a model's words" if found.of == "reading" else "")
    total = wording.breadth(found.analyst, found.total, merged.records)
    return Fact(
        id="",
        about="finding",
        subject=found.id,
        text=f"{found.summary.rstrip('.')} ({said}: {found.severity}, {total}).",
        figures=(
            figures.count(found.total),
            figures.count(merged.records),
            figures.share(found.total, merged.records),
        ),
        citations=found.citations,
        themes=tuple(theme.id for theme in merged.themes if _belongs(found, theme)),
    )


def _belongs(found: Ranked, theme: Theme) -> bool:
    if len(theme.members) == 1 or theme.analyst != found.analyst or theme.by not in _SPOKEN_OF[found.of]:
        return False
    if theme.by == "columns":
        names = {member.scope for member in theme.members}
        return found.scope in names or any(f"{one} x {other}" == found.scope for one in names for other in names)
    return any(member.scope == found.scope and found.type in member.findings for member in theme.members)


def _of_theme(theme: Theme) -> Fact:
    return Fact(
        id="",
        about="theme",
        subject=theme.id,
        text=f"{theme.title}: {theme.summary if theme.by == 'columns' else _of_members(theme)}",
        figures=(figures.count(len(theme.members)), figures.count(theme.findings)),
        citations=theme.citations,
        themes=(theme.id,),
    )


def _of_members(theme: Theme) -> str:
    """What its findings have in common; they are facts of their own."""
    scopes = number_of(len(theme.members), "scope")
    return f"{number_of(theme.findings, 'finding')} about {scopes}, at most of severity {theme.severity}."


def _of_conflict(conflict: Conflict) -> Fact:
    first, second = conflict.sides
    return Fact(
        id="",
        about="conflict",
        subject=conflict.id,
        text=f"{conflict.summary.rstrip('.')} ({first.where}: {first.n:,}; {second.where}: {second.n:,}).",
        figures=(figures.count(len(conflict.sides)), figures.count(first.n), figures.count(second.n)),
        citations=_of_both(conflict),
    )


def _of_both(conflict: Conflict) -> tuple[Citation, ...]:
    return tuple(each for side in conflict.sides for each in side.citations[:1])
