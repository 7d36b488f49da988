"""Contradictions of models: with each other about one scope, and with what code counted there; both sides cited.

Which side is right is not decided here. Verdicts contradict each other where they are about the same record; opposite
severities where the words are the same or nearly; a verdict contradicts code where it dismisses what code has noted; a
figure in a model's words contradicts code where it names one value and another share of it than code counted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rlm_pipeline import fingerprint
from rlm_pipeline.analysis.observation import number_of, percent, shown
from rlm_pipeline.synthesis import citing, repetitions
from rlm_pipeline.synthesis.document import (
    Citation,
    ColumnFindings,
    Conflict,
    ReadFinding,
    Repetition,
    ScopeFindings,
    Side,
)

MOST = 200
SMALLEST_DIFFERENCE = 10.0
"""Points between the share a model names and the one code counted; a model sees a sample, which differs by chance."""

_CITED = 2
_SHARE = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d+)?)\s?(?:%|per\s?cent)", re.IGNORECASE)

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What code counted of one type about a scope."""

    noted: int
    severity: str
    distribution: Mapping[str, int]
    citations: tuple[Citation, ...]


def find(
    readings: Sequence[ReadFinding],
    groups: Sequence[Repetition],
    specialists: Iterable[ScopeFindings],
    columns: Iterable[ColumnFindings],
) -> tuple[Conflict, ...]:
    """All of them, those where the sides are most even or furthest apart first, at most `MOST`."""
    counted = _counted(specialists, columns)
    found = (
        *_verdicts(readings),
        *_severities(readings, groups),
        *_dismissals(readings, counted),
        *_shares(readings, counted),
    )
    return tuple(sorted(found, key=lambda each: (-each.effect, each.analyst, each.scope, each.kind, each.id))[:MOST])


def _verdicts(readings: Iterable[ReadFinding]) -> Iterator[Conflict]:
    """Confirmed and dismissed for the same record."""
    at: dict[tuple[Place, str, str, int], dict[str, dict[str, ReadFinding]]] = {}
    for each in readings:
        for cited in each.citations if (verdict := repetitions.verdict(each)) else ():
            record = (_place(each), cited.partition, cited.source, cited.row)
            at.setdefault(record, {}).setdefault(verdict, {})[each.id] = each
    for (_, partition, source, row), said in sorted(at.items(), key=lambda entry: entry[0]):
        if "confirmed" in said and "dismissed" in said:
            sides = [(tuple(said[verdict].values()), verdict) for verdict in ("confirmed", "dismissed")]
            yield _between_readings("verdict", sides, f"{partition} {source}:{row}", at=(partition, source, row))


def _severities(readings: Sequence[ReadFinding], groups: Iterable[Repetition]) -> Iterator[Conflict]:
    """A warning for some, for information only to others, in the same words or nearly."""
    by_id = {each.id: each for each in readings}
    member_of = repetitions.by_member(groups)
    alike: dict[str, list[ReadFinding]] = {}
    for each in readings:
        if not repetitions.verdict(each):
            group = member_of.get(each.id)
            alike.setdefault(group.leader if group else each.id, []).append(each)
    for leader, members in sorted(alike.items()):
        high = [each for each in members if "warning" in each.severities]
        low = [each for each in members if "info" in each.severities]
        if high and low:
            sides = [(high, "warning"), (low, "info")]
            yield _between_readings("severity", sides, shown(by_id[leader].summary))


def _between_readings(
    kind: Literal["verdict", "severity"],
    said: Sequence[tuple[Sequence[ReadFinding], str]],
    about: str,
    *,
    at: tuple[str, str, int] | None = None,
) -> Conflict:
    first = said[0][0][0]
    sides = []
    for readings, what in said:
        models = ", ".join(sorted({model for each in readings for model in each.models}))
        cited = [
            each
            for reading in readings
            for each in reading.citations
            if at is None or at == (each.partition, each.source, each.row)
        ]
        # How often one wording was given is known, but not of which of its records.
        number = len(readings) if kind == "verdict" else sum(each.severities.get(what, 0) for each in readings)
        words = shown(min(each.summary for each in readings), 160)
        sides.append(Side(where=models, shows=f"{what}: {words}", n=number, citations=citing.ordered(cited)[:_CITED]))
    numbers = [side.n for side in sides]
    return Conflict(
        id=fingerprint.short("conflict", kind, "readings", *_place(first), about),
        kind=kind,
        between="readings",
        analyst=first.analyst,
        scope=first.scope,
        summary=f"{first.type.replace('_', ' ')} at {first.scope or 'no scope'}, {about}: "
        f"{numbers[0]} say {said[0][1]}, {numbers[1]} say {said[1][1]}",
        effect=round(2 * min(numbers) / max(1, sum(numbers)), 6),
        q=None,
        sides=(sides[0], sides[1]),
    )


def _dismissals(readings: Iterable[ReadFinding], counted: Mapping[Place, Counted]) -> Iterator[Conflict]:
    """What code noted and a model dismisses, all records of a scope together."""
    given: dict[Place, list[ReadFinding]] = {}
    for each in readings:
        if repetitions.verdict(each):
            given.setdefault(_place(each), []).append(each)
    for place, said in sorted(given.items()):
        dismissed = [each for each in said if each.distribution.get("dismissed")]
        code = counted.get(place)
        if code is None or not dismissed:
            continue
        number = sum(each.distribution["dismissed"] for each in dismissed)
        verdicts = sum(each.distribution.get(verdict, 0) for each in said for verdict in repetitions.VERDICTS)
        words = shown(min(dismissed, key=lambda each: (-each.occurrences, each.summary)).summary, 160)
        yield _with_code(
            "verdict",
            dismissed,
            code,
            counts=f"{number_of(code.noted, 'record')} noted, {code.severity}",
            says=f"{number} of {number_of(verdicts, 'verdict')} dismiss it: {words}",
            number=number,
            effect=number / verdicts,
        )


def _shares(readings: Iterable[ReadFinding], counted: Mapping[Place, Counted]) -> Iterator[Conflict]:
    """A share that a model gives of one value, and the one that code counted at the same scope."""
    at_scope: dict[tuple[str, str], list[Counted]] = {}
    for (analyst, _, scope), code in sorted(counted.items(), key=lambda entry: entry[0]):
        if len(code.distribution) > 1:
            at_scope.setdefault((analyst, scope), []).append(code)
    for each in readings:
        given = _SHARE.findall(each.summary)
        if len(given) != 1:
            continue
        for code in at_scope.get((each.analyst, each.scope), ()):
            named = [value for value in code.distribution if value.strip() and _names(each.summary, value)]
            whole = sum(code.distribution.values())
            if len(named) != 1 or not whole:
                continue
            exact = 100 * code.distribution[named[0]] / whole
            difference = abs(float(given[0]) - exact)
            if difference >= SMALLEST_DIFFERENCE:
                yield _with_code(
                    "figure",
                    [each],
                    code,
                    value=named[0],
                    counts=f"{shown(named[0])} in {percent(code.distribution[named[0]], whole)} of {whole:,}",
                    says=shown(each.summary, 160),
                    number=each.occurrences,
                    effect=difference / 100,
                )


def _with_code(
    kind: Literal["verdict", "figure"],
    said: Sequence[ReadFinding],
    code: Counted,
    *,
    value: str = "",
    counts: str,
    says: str,
    number: int,
    effect: float,
) -> Conflict:
    first = said[0]
    cited = [each for reading in said for each in reading.citations]
    sides = (
        Side(where="code", shows=counts, n=code.noted, citations=code.citations[:_CITED]),
        Side(
            where=", ".join(sorted({model for each in said for model in each.models})),
            shows=says,
            n=number,
            citations=citing.ordered(cited)[:_CITED],
        ),
    )
    words = "" if kind == "verdict" else first.id
    return Conflict(
        id=fingerprint.short("conflict", kind, "model and code", *_place(first), words, value),
        kind=kind,
        between="model and code",
        analyst=first.analyst,
        scope=first.scope,
        summary=f"{first.type.replace('_', ' ')} at {first.scope or 'no scope'}: code has {counts}; the model: {says}",
        effect=round(effect, 6),
        q=None,
        sides=sides,
    )


def _counted(specialists: Iterable[ScopeFindings], columns: Iterable[ColumnFindings]) -> dict[Place, Counted]:
    found = {
        _place(each): Counted(
            noted=each.total, severity=each.severity, distribution=each.distribution, citations=each.citations
        )
        for each in specialists
    }
    for column in columns:
        cited = column.citations
        counts = column.distribution
        if counts:
            found["data", "distribution", column.column] = Counted(
                noted=sum(counts.values()), severity="info", distribution=counts, citations=cited
            )
        if column.outliers:
            found["data", "outlier", column.column] = Counted(
                noted=column.outliers, severity="notice", distribution={}, citations=cited
            )
    return found


def _place(found: ReadFinding | ScopeFindings) -> Place:
    return (found.analyst, found.type, found.scope)


def _names(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value.strip())}(?!\w)", text, re.IGNORECASE) is not None
