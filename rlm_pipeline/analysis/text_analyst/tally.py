"""Counts of many values in bounded memory."""

from dataclasses import dataclass, field

import polars as pl

MOST_VALUES = 50_000
"""Values counted at once; when there are more, the rarer half is dropped, and with it what was counted of it."""


@dataclass(slots=True)
class Tally:
    """Records by value of one or several keys, the most frequent kept: `keys` columns and `records` (Int64).

    Up to `most` values the counts are exact. Beyond, a value that was dropped starts anew when it is seen again, so
    that its count is too low; `dropped` counts what was. What is frequent throughout is never among it. Only choices
    rest on a tally: the figures of findings are counted anew.
    """

    keys: tuple[str, ...]
    most: int = MOST_VALUES
    counts: pl.DataFrame = field(init=False)
    dropped: int = 0

    def __post_init__(self) -> None:
        self.counts = pl.DataFrame()

    def add(self, counted: pl.DataFrame) -> None:
        """Take in the counts of a stride: the keys and `records`."""
        both = pl.concat([self.counts, counted.select(*self.keys, "records")]) if self.counts.width else counted
        summed = both.group_by(self.keys).agg(pl.col("records").sum().cast(pl.Int64))
        if summed.height > self.most:
            summed = summed.sort("records", *self.keys, descending=[True, *[False] * len(self.keys)])
            self.dropped += int(summed[self.most // 2 :].get_column("records").sum())
            summed = summed.head(self.most // 2)
        self.counts = summed

    def leading(self, most: int, *, per: str | None = None, fewest: int = 1) -> pl.DataFrame:
        """The most frequent values, `records` of at least `fewest`, at most `most` of each value of `per`."""
        if not self.counts.width:
            return self.counts
        order = [False] * len(self.keys)
        ranked = self.counts.filter(pl.col("records") >= fewest).sort("records", *self.keys, descending=[True, *order])
        return ranked.group_by(per, maintain_order=True).head(most) if per else ranked.head(most)
