"""How much merged findings matter: of all analysts, whoever made them, in one order.

    score = severity x confidence x (1 + sqrt(breadth) + unexpectedness) / 3

`severity` is 1 for a warning, .6 for a notice, .2 for what is said for information. `breadth` is the share of all
records that the finding speaks about, at most 1; its root, because in much data most findings are about little.
`unexpectedness` is the share of the analyst's scopes (columns, paths, definitions, templates) that have no finding of
that type: what every scope has is no news, what one of a thousand has is; of pairs of columns it is the share of all
pairs that do not go together. All factors lie between 0 and 1, so the score does. A finding of a model that is repeated
in other words is ranked once, with all its occurrences; a verdict that dismisses counts as information, whatever was
dismissed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import comb, sqrt

from rlm_pipeline.analysis.observation import Analyst, Severity
from rlm_pipeline.synthesis import citing, repetitions, said, wording
from rlm_pipeline.synthesis.document import Citation, MergedFindings, Origin, Ranked, ReadFinding, Repetition

WEIGHTS: Mapping[Severity, float] = {"info": 0.2, "notice": 0.6, "warning": 1.0}

MOST_TOP = 50
"""Findings in what is stored; `rank` gives all."""

_COLUMN_SEVERITY: Mapping[str, Severity] = {"outlier": "notice", "missing_data": "notice"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    id: str
    of: Origin
    analyst: Analyst
    type: str
    scope: str
    summary: str
    total: int
    severity: Severity
    confidence: float = 1.0
    repeated: int = 1
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spread:
    """How many of the scopes that could have a finding of a type have one."""

    having: int
    possible: int

    @property
    def unexpectedness(self) -> float:
        return 1 - self.having / self.possible if self.possible else 0.0


def rank(merged: MergedFindings) -> tuple[Ranked, ...]:
    """Every merged finding, the most important first."""
    found = [*_columns(merged), *_pairs(merged), *_specialists(merged), *_readings(merged)]
    spreads = _spreads(found, len(merged.columns))
    ranked = (_ranked(each, spreads[each.of, each.analyst, each.type], merged.records) for each in found)
    return tuple(
        sorted(ranked, key=lambda each: (-each.score, -each.total, each.analyst, each.type, each.scope, each.id))
    )


def _ranked(found: _Candidate, spread: _Spread, records: int) -> Ranked:
    breadth = min(1.0, found.total / records) if records else 0.0
    score = WEIGHTS[found.severity] * found.confidence * (1 + sqrt(breadth) + spread.unexpectedness) / 3
    why = [found.severity, wording.breadth(found.analyst, found.total, records), f"confidence {found.confidence:.2f}"]
    noun = {"pair": "pairs of columns", "column": "columns"}.get(found.of, "scopes")
    why.append(f"{spread.having:,} of {spread.possible:,} {noun} {'has' if spread.having == 1 else 'have'} it")
    if found.repeated > 1:
        why.append(f"said {found.repeated:,} times")
    return Ranked(
        id=found.id,
        of=found.of,
        analyst=found.analyst,
        type=found.type,
        scope=found.scope,
        summary=found.summary,
        severity=found.severity,
        confidence=found.confidence,
        total=found.total,
        breadth=round(breadth, 6),
        unexpectedness=round(spread.unexpectedness, 6),
        score=round(score, 6),
        why="; ".join(why),
        citations=citing.of_all_partitions(found.citations),
    )


def _spreads(found: Iterable[_Candidate], columns: int) -> dict[tuple[Origin, Analyst, str], _Spread]:
    having: defaultdict[tuple[Origin, Analyst, str], set[str]] = defaultdict(set)
    possible: defaultdict[tuple[Origin, Analyst], set[str]] = defaultdict(set)
    for each in found:
        having[each.of, each.analyst, each.type].add(each.scope)
        possible[each.of, each.analyst].add(each.scope)
    whole = {key: len(scopes) for key, scopes in possible.items()}
    whole["pair", "data"] = comb(columns, 2)
    return {key: _Spread(having=len(scopes), possible=whole[key[:2]]) for key, scopes in having.items()}


def _columns(merged: MergedFindings) -> Iterator[_Candidate]:
    for column in merged.columns:
        for kind, (total, summary) in wording.of_column(column).items():
            yield _Candidate(
                id=said.identity("data", kind, column.column),
                of="column",
                analyst="data",
                type=kind,
                scope=column.column,
                summary=summary,
                total=total,
                severity="notice"
                if kind == "pattern" and len(column.shapes) > 1
                else _COLUMN_SEVERITY.get(kind, "info"),
                citations=column.citations,
            )


def _pairs(merged: MergedFindings) -> Iterator[_Candidate]:
    for pair in merged.pairs:
        scope = f"{pair.left} x {pair.right}"
        yield _Candidate(
            id=said.identity("data", "correlation", pair.left, pair.right),
            of="pair",
            analyst="data",
            type="correlation",
            scope=scope,
            summary=wording.of_pair(pair),
            total=pair.n,
            severity="info",
            citations=pair.citations,
        )


def _specialists(merged: MergedFindings) -> Iterator[_Candidate]:
    for each in merged.specialists:
        yield _Candidate(
            id=each.id,
            of="scope",
            analyst=each.analyst,
            type=each.type,
            scope=each.scope,
            summary=wording.of_scope(each),
            total=each.total,
            severity=each.severity,
            confidence=each.confidence,
            citations=each.citations,
        )


def _readings(merged: MergedFindings) -> Iterator[_Candidate]:
    group_of = repetitions.by_member(merged.repetitions)
    by_id = {each.id: each for each in merged.readings}
    for each in merged.readings:
        group = group_of.get(each.id)
        if group is None or group.leader == each.id:
            yield _reading(each, [by_id[member] for member in group.members] if group else [each], group)


def _reading(leader: ReadFinding, members: list[ReadFinding], group: Repetition | None) -> _Candidate:
    dismissed = repetitions.verdict(leader) == "dismissed"
    return _Candidate(
        id=group.id if group else leader.id,
        of="reading",
        analyst=leader.analyst,
        type=leader.type,
        scope=leader.scope,
        summary=leader.summary,
        total=sum(each.total for each in members),
        severity="info" if dismissed else said.highest(each.severity for each in members),
        confidence=max(each.confidence for each in members),
        repeated=sum(each.occurrences for each in members),
        citations=citing.chosen(citation for each in members for citation in each.citations),
    )
