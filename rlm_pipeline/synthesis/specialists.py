"""What the analysts of one kind of content counted: a partition's batches added up, and partitions added up."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl

from rlm_pipeline.analysis.sums import as_text
from rlm_pipeline.errors import InvariantError
from rlm_pipeline.synthesis import addition, citing, said, stored, wording
from rlm_pipeline.synthesis.document import Citation, ScopeFindings

SCOPES_READ = 5000
"""Findings are read this many scopes at a time."""

_KEY = ("analyst", "type", "scope")
_READ = (*_KEY, "finding_id", "summary", "severity", "confidence", "distribution", "total", "numbers", "citations")

Key = tuple[str, str, str]


def gather(findings: pl.LazyFrame, partition: str) -> tuple[ScopeFindings, ...]:
    """One entry per analyst, type and scope, of the findings (`FINDING_SCHEMA`) that specialists made.

    Raises:
        InvariantError: a figure is no whole number, so it cannot be added up.

    """
    made = findings.filter(stored.BY_SPECIALIST)
    scopes = made.select(pl.col("scope").unique().sort()).collect().get_column("scope")
    found: list[ScopeFindings] = []
    for first in range(0, scopes.len(), SCOPES_READ):
        names = scopes.slice(first, SCOPES_READ)
        frame = made.filter(pl.col("scope").is_in(names.implode())).select(_READ).collect()
        found += _entries(frame.unique("finding_id", keep="first", maintain_order=True), partition)
    return tuple(sorted(found, key=key))


def added(found: Iterable[ScopeFindings]) -> tuple[ScopeFindings, ...]:
    """One entry per analyst, type and scope, in their order.

    Raises:
        InvariantError: an entry has only its most frequent values: it is of a result over all partitions.

    """
    grouped: dict[Key, list[ScopeFindings]] = {}
    for each in found:
        if each.rest is not None:
            raise InvariantError(
                f"{each.analyst} {each.type} {each.scope}: values were left out, so it cannot be added up;"
                " merge the results of the partitions"
            )
        grouped.setdefault(key(each), []).append(each)
    return tuple(_added(group) for _, group in sorted(grouped.items()))


def key(found: ScopeFindings) -> Key:
    """What entries are kept by."""
    return (found.analyst, found.type, found.scope)


def _added(group: Sequence[ScopeFindings]) -> ScopeFindings:
    if len(group) == 1:
        return group[0]
    counted: dict[str, list[dict[str, int]]] = {}
    for each in group:
        for where, counts in each.distribution_by_partition.items():
            counted.setdefault(where, []).append(counts)
    return ScopeFindings(
        **said.added(group),
        id=group[0].id,
        findings=sum(each.findings for each in group),
        distribution_by_partition={where: addition.counts(each) for where, each in sorted(counted.items())},
        numbers=addition.counts(each.numbers for each in group),
        wording=wording.common(each.wording for each in group),
    )


def _entries(frame: pl.DataFrame, partition: str) -> Iterator[ScopeFindings]:
    counts: dict[Key, dict[str, int]] = {}
    for *place, value, count in stored.summed(frame, _KEY).iter_rows():
        counts.setdefault(_key(place), {})[value] = count
    numbers, cited = _numbers(frame), _cited(frame, partition)
    severities, confidences = _tally(frame, "severity"), _tally(frame, "confidence")
    summed = frame.group_by(_KEY).agg(pl.len(), pl.col("total").sum(), pl.col("summary").unique())
    for *place, findings, total, summaries in summed.iter_rows():
        one = _key(place)
        confidence = said.weighted_sum(confidences[one])
        distribution = counts.get(one, {})
        yield ScopeFindings(
            id=said.identity(*one),
            analyst=one[0],
            type=one[1],
            scope=one[2],
            severity=said.highest(severities[one]),
            severities=dict(sorted(severities[one].items())),
            confidence=said.mean(confidence, findings),
            confidence_sum=as_text(confidence),
            findings=findings,
            total=total,
            total_by_partition={partition: total},
            distribution=distribution,
            distribution_by_partition={partition: distribution} if distribution else {},
            numbers=numbers.get(one, {}),
            wording=wording.common(summaries),
            citations=citing.ordered(cited.get(one, ())),
        )


def _key(place: Sequence[Any]) -> Any:
    return tuple(place)


def _tally(frame: pl.DataFrame, column: str) -> dict[Key, Counter[Any]]:
    """How often each value of a column was given, by entry."""
    found: dict[Key, Counter[Any]] = {}
    for *place, value, times in frame.group_by(*_KEY, column).len().iter_rows():
        found.setdefault(_key(place), Counter())[value] = times
    return found


def _numbers(frame: pl.DataFrame) -> dict[Key, dict[str, int]]:
    found: dict[Key, Counter[str]] = {}
    for *place, text in frame.select(*_KEY, "numbers").iter_rows():
        given = json.loads(text)
        for name, value in given.items():
            if type(value) is not int:
                where = " ".join(place)
                raise InvariantError(f"{where}: {name} is {value!r}, no whole number: it cannot be added up")
        found.setdefault(_key(place), Counter()).update(given)
    return {place: dict(sorted(counted.items())) for place, counted in found.items()}


def _cited(frame: pl.DataFrame, partition: str) -> dict[Key, list[Citation]]:
    found: dict[Key, list[Citation]] = {}
    for row in citing.of_frame(stored.quotes(frame, _KEY), _KEY).iter_rows(named=True):
        found.setdefault((row["analyst"], row["type"], row["scope"]), []).append(stored.citation(row, partition))
    return found
