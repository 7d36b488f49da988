"""What one batch has of what is looked for in the whole partition.

A survey decides on topics: what is counted, under which scope, and which values are told apart. A batch's share of a
topic is made of its hits: a record, a value, and the words to quote. Totals, distributions and numbers are counts over
hits, so they add up over batches to the partition's exact figures, wherever the batches end.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter

import polars as pl

from rlm_pipeline.analysis.observation import Evidence, Observation, Severity, shown
from rlm_pipeline.analysis.text_analyst.own_records import BATCH, PLACE
from rlm_pipeline.analysis.text_analyst.quoting import Quoting
from rlm_pipeline.analysis.window import Window

CITED = 3
"""Records cited by a batch's share of a topic: the first of each of its most frequent values, or first, peak, last."""

HITS = pl.Schema(
    {
        "topic": pl.Int64,  # place among the topics
        PLACE: pl.Int64,
        BATCH: pl.Int64,
        "value": pl.String,
        "column": pl.String,
        "quote": pl.String,  # words of the cell, on one line; null for its start
        "peak": pl.Boolean,  # of a topic that is cited by its ends: whether it is of where it peaks
    }
)
"""A hit: a value found in a record. The same value found again in a record is one hit more of the same record."""


_Cited = tuple[int, str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A batch's share of a topic, as its sentence needs it: records, hits, and records by listed value, most first."""

    records: int
    hits: int
    counts: tuple[tuple[str, int], ...]

    def most(self, shown: Callable[[str], str] = shown, most: int = 3) -> str:
        """The first values with their counts, for a sentence: `most often 'a' (12), 'b' (3)`."""
        if not self.counts:
            return "none of the most frequent ones"
        return f"most often {', '.join(f'{shown(value)} ({count:,})' for value, count in self.counts[:most])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What is counted in every batch. `listed` are the values told apart, None for all; others count as `rest`.

    Cited are the first record of each of the most frequent values, or, `by_ends`, the first, the peak, and the last.
    """

    kind: str
    scope: str
    say: Callable[[Share], str]
    listed: frozenset[str] | None = None
    rest: str = "(others)"
    severity: Severity = "info"
    confidence: float = 1.0
    by_ends: bool = False


def observe(window: Window, topics: Sequence[Topic], hits: pl.DataFrame, quoting: Quoting) -> Iterator[Observation]:
    """The share of every batch in every topic it has hits of; `hits` is as `HITS`, in the order of records."""
    if hits.is_empty():
        return
    told = _told_apart(topics, hits)
    totals = told.group_by(BATCH, "topic").agg(records=pl.col(PLACE).n_unique(), hits=pl.len()).sort(BATCH, "topic")
    values = (
        told.group_by(BATCH, "topic", "told")
        .agg(
            pl.col(PLACE).n_unique().alias("records"),
            pl.col(PLACE, "column", "quote").first(),
            pl.col("listed").first(),
        )
        .sort(BATCH, "topic", "listed", "records", "told", descending=[False, False, True, True, False])
        .select(BATCH, "topic", "told", "records", "listed", PLACE, "column", "quote")
    )
    ends = _ends(hits.filter(pl.col("topic").is_in([place for place, each in enumerate(topics) if each.by_ends])))
    parts = groupby(values.iter_rows(), key=itemgetter(0, 1))
    for (batch, number, records, found), (_, part) in zip(totals.iter_rows(), parts, strict=True):
        rows, topic = list(part), topics[number]
        named = tuple((row[2], row[3]) for row in rows if row[4])
        cited = ends[batch, number] if topic.by_ends else [row[5:] for row in rows]
        yield Observation(
            kind=topic.kind,
            scope=topic.scope,
            batch=window.batches[batch].number,
            summary=topic.say(Share(records=records, hits=found, counts=named)),
            total=records,
            numbers={"occurrences": found},
            evidence=_evidence(quoting, cited),
            distribution=tuple((row[2], row[3]) for row in rows),
            severity=topic.severity,
            confidence=topic.confidence,
            analyst="text",
        )


def _ends(hits: pl.DataFrame) -> dict[tuple[int, int], list[_Cited]]:
    """By batch and topic the first hit, the first of the peak and the last."""
    keys = (BATCH, "topic")
    parts = (
        hits.unique(keys, keep="first", maintain_order=True),
        hits.filter(pl.col("peak").fill_null(value=False)).unique(keys, keep="first", maintain_order=True),
        hits.unique(keys, keep="last", maintain_order=True),
    )
    found: dict[tuple[int, int], list[_Cited]] = {}
    for batch, topic, *cited in pl.concat(parts).select(*keys, PLACE, "column", "quote").iter_rows():
        found.setdefault((batch, topic), []).append((cited[0], cited[1], cited[2]))
    return {key: sorted(every, key=itemgetter(0)) for key, every in found.items()}


def _evidence(quoting: Quoting, cited: Sequence[_Cited]) -> tuple[Evidence, ...]:
    """At most `CITED` records to cite, each once."""
    by_place = {row[0]: row for row in reversed(cited)}
    first = dict.fromkeys(row[0] for row in cited)
    found = (quoting.evidence(*by_place[place]) for place in islice(first, CITED))
    return tuple(each for each in found if each is not None)


def _told_apart(topics: Sequence[Topic], hits: pl.DataFrame) -> pl.DataFrame:
    """Hits with `told`, the value as it is told, and `listed`, whether that is the value itself."""
    listed = [(number, value) for number, topic in enumerate(topics) for value in sorted(topic.listed or ())]
    schema = {"topic": pl.Int64, "value": pl.String}
    known = pl.DataFrame(listed, schema=schema, orient="row").with_columns(known=pl.lit(value=True))
    every = [number for number, topic in enumerate(topics) if topic.listed is None]
    rest = pl.DataFrame({"topic": range(len(topics)), "rest": [topic.rest for topic in topics]}).cast(
        {"topic": pl.Int64}
    )
    joined = hits.join(known, on=["topic", "value"], how="left", maintain_order="left").join(
        rest, on="topic", how="left", maintain_order="left"
    )
    is_listed = pl.col("known").fill_null(value=False) | pl.col("topic").is_in(every)
    return joined.with_columns(
        pl.when(is_listed).then(pl.col("value")).otherwise(pl.col("rest")).alias("told"), is_listed.alias("listed")
    )


def as_hits(found: pl.DataFrame, topic: int | pl.Expr, **columns: pl.Expr | str) -> pl.DataFrame:
    """Hits of a frame that has `PLACE` and `BATCH`; a text given for a column stands for itself."""
    given = {name: pl.lit(value) if isinstance(value, str) else value for name, value in columns.items()}
    number = pl.lit(topic) if isinstance(topic, int) else topic
    missing = {name: pl.lit(None) for name in ("quote", "peak") if name not in given}
    filled = found.with_columns(number.alias("topic"), **given, **missing)
    return filled.select(pl.col(name).cast(kind) for name, kind in HITS.items())
