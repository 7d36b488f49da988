"""The headings of a text as its outline: how many records stand below each."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.analysis.observation import number_of, shown
from rlm_pipeline.analysis.text_analyst import own_records
from rlm_pipeline.analysis.text_analyst.own_records import PLACE, Part
from rlm_pipeline.analysis.text_analyst.shares import HITS, Share, Topic, as_hits
from rlm_pipeline.analysis.text_analyst.tally import Tally
from rlm_pipeline.model import SOURCE

MOST_FILES = 40
"""Files whose outline is told by itself, those with the most headings; the others' are told together."""

LISTED = 40
"""Headings told apart of a file: the first ones of its upper levels."""

OTHERS = "(other files)"

_LEVELS = 2
_NAMED = 12  # headings in a sentence


@dataclass(slots=True)
class Outlines:
    """The files that were settled, by source the number of their topic; the last topic is that of all others."""

    topics: Sequence[Topic]
    numbers: dict[str, int]

    def hits(self, records: pl.DataFrame) -> pl.DataFrame:
        """The records below headings among those of a window, as `HITS`, in the order of records."""
        below = records.filter(pl.col("heading").str.len_bytes() > 0)
        if below.is_empty():
            return pl.DataFrame(schema=HITS)
        number = pl.col(SOURCE).replace_strict(self.numbers, default=len(self.topics) - 1, return_dtype=pl.Int64)
        return as_hits(below, number, value=_upper(), column="text").sort(PLACE, maintain_order=True)


def survey(read: Part) -> Outlines:
    """Settle the outline of each file that has headings."""
    headings = Tally(keys=(SOURCE, "value"))
    order: dict[tuple[str, str], int] = {}
    for stride in own_records.strides(read, ("heading",)):
        below = stride.filter(pl.col("heading").str.len_bytes() > 0).with_columns(value=_upper())
        counted = below.group_by(SOURCE, "value", maintain_order=True).agg(pl.len().cast(pl.Int64).alias("records"))
        headings.add(counted)
        for source, value in counted.select(SOURCE, "value").iter_rows():
            order.setdefault((source, value), len(order))
    if not headings.counts.width:
        return Outlines(topics=(), numbers={})
    files = headings.counts.group_by(SOURCE).len().sort("len", SOURCE, descending=[True, False])
    told = files.head(MOST_FILES).get_column(SOURCE).to_list()
    topics = [_topic(source, [value for found, value in order if found == source]) for source in told]
    others = [_topic(OTHERS, [])] if files.height > MOST_FILES else []
    return Outlines(topics=[*topics, *others], numbers={source: number for number, source in enumerate(told)})


def _topic(source: str, headings: Sequence[str]) -> Topic:
    named = ", ".join(shown(heading) for heading in headings[:_NAMED])
    upper = f"{number_of(len(headings), 'upper heading')}: {named}{', …' if len(headings) > _NAMED else ''}"

    def say(share: Share) -> str:
        return f"{source} has {upper if headings else 'headings'}; {number_of(share.records, 'record')} below them here"

    listed = frozenset(headings[:LISTED])
    return Topic(kind="outline", scope=source, say=say, listed=listed, rest="(further headings)")


def _upper() -> pl.Expr:
    """The heading of the second level that a record is below, else that of the first."""
    return pl.col("heading").str.split(" > ").list.head(_LEVELS).list.last()
