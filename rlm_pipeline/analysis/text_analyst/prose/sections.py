"""The sections of a partition's prose: its files, or where they are few, what lies below their upper headings."""

from dataclasses import dataclass

import polars as pl

from rlm_pipeline.analysis.text_analyst import own_records
from rlm_pipeline.analysis.text_analyst.own_records import Part
from rlm_pipeline.model import SOURCE

SECTION = "_section"
"""The number of a record's section, Int64; null beyond `MOST_SECTIONS`."""

MOST_SECTIONS = 20_000
"""Sections told apart, the first ones."""

_FEW_FILES = 40
_LEVELS = 2  # of headings


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """`known` has `SOURCE`, `above` (the upper headings, empty for a file) and `SECTION`."""

    known: pl.DataFrame
    by_heading: bool

    @classmethod
    def found(cls, read: Part) -> "Sections":
        """The sections of a part."""
        by_heading = len(read.sources) <= _FEW_FILES and read.has("heading")
        seen = pl.DataFrame(schema={SOURCE: pl.String, "above": pl.String})
        for stride in own_records.strides(read, ("heading",) if by_heading else ()):
            more = stride.select(SOURCE, _above(by_heading=by_heading)).unique(maintain_order=True)
            seen = pl.concat([seen, more]).unique(maintain_order=True).head(MOST_SECTIONS)
        numbers = pl.int_range(pl.len(), dtype=pl.Int64).alias(SECTION)
        return cls(known=seen.with_columns(numbers), by_heading=by_heading)

    def of(self, records: pl.DataFrame) -> pl.DataFrame:
        """`records` (`SOURCE`, `heading`) in their order with `SECTION`."""
        keyed = records.with_columns(_above(by_heading=self.by_heading))
        return keyed.join(self.known, on=[SOURCE, "above"], how="left", maintain_order="left").drop("above")

    def name(self, section: int) -> str:
        """The file, and the headings where the section is below any."""
        source, above = self.known.row(section)[:2]
        return f"{source} > {above}" if above else str(source)


def _above(*, by_heading: bool) -> pl.Expr:
    if not by_heading:
        return pl.lit("").alias("above")
    return pl.col("heading").fill_null("").str.split(" > ").list.head(_LEVELS).list.join(" > ").alias("above")
