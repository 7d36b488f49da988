"""One pass over all logs of a partition: how many records, errors and records of each template there are, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from rlm_pipeline.analysis.text_analyst.logs import failures
from rlm_pipeline.analysis.text_analyst.logs.clock import STREAM, TIME
from rlm_pipeline.analysis.text_analyst.logs.streams import Stream
from rlm_pipeline.analysis.text_analyst.own_records import PLACE

SEVERITY = "_severity"

MOST_MOMENTS = 50_000
"""Moments counted apart, over all streams; with more, those of the stream that has most become twice as long."""

MOST_PHASES = 100_000
"""Pairs of a template and a moment counted apart; with more, the moments of all templates become twice as long.

Before they are added up there may be twice as many, as of moments and gaps.
"""

MOST_TEMPLATES = 20_000
"""Templates followed at once; with more, the rarer half is forgotten: each is a burst, late or regular no more."""

GAP_STEP = 1.05
"""Times between records of one template are counted by powers of this."""

SHORTEST_GAP = 5.0
"""Seconds; what repeats faster is traffic, whose rhythm timestamps of whole seconds cannot tell."""

_MOST_GAPS = 100_000


_TEMPLATES = pl.Schema(
    {"id": pl.Int64, STREAM: pl.Int64, "template": pl.String, SEVERITY: pl.String, "records": pl.Int64}
)


@dataclass(slots=True)
class _Table:
    """Sums of `numbers` by whole-numbered `keys`; portions are added up when they have become many."""

    keys: tuple[str, ...]
    numbers: tuple[str, ...]
    _parts: list[pl.DataFrame] = field(default_factory=list)

    def add(self, counted: pl.DataFrame) -> None:
        self._parts.append(counted.select(*self.keys, *self.numbers))

    def replace(self, counted: pl.DataFrame) -> None:
        self._parts = [counted]
        self.summed(anew=True)

    def has_over(self, most: int) -> bool:
        """Whether there are more sums than `most`."""
        return sum(part.height for part in self._parts) > 2 * most and self.summed().height > most

    def summed(self, *, anew: bool = False) -> pl.DataFrame:
        if not self._parts:
            self._parts = [pl.DataFrame(schema=dict.fromkeys((*self.keys, *self.numbers), pl.Int64))]
        if anew or len(self._parts) > 1:
            self._parts = [pl.concat(self._parts).group_by(self.keys).agg(pl.col(self.numbers).sum())]
        return self._parts[0]


@dataclass(slots=True)
class Census:
    """What was counted; a moment is the time divided by the stream's width (`widths`; `phase_widths` for templates).

    `templates`: id, `STREAM`, template, `SEVERITY` (that of most of its records), records. `forgotten` is how many
    templates were followed no longer.
    """

    streams: Sequence[Stream]
    widths: list[float] = field(init=False)
    phase_widths: list[float] = field(init=False)
    templates: pl.DataFrame = field(init=False)
    forgotten: int = 0
    _moments: _Table = field(default_factory=lambda: _Table((STREAM, "moment"), ("records", "errors")))
    _phases: _Table = field(default_factory=lambda: _Table(("id", STREAM, "moment"), ("records",)))
    _gaps: _Table = field(default_factory=lambda: _Table(("id", "gap"), ("records", "seconds")))
    _last: pl.DataFrame = field(init=False)
    _next: int = 0

    def __post_init__(self) -> None:
        self.widths = [1.0] * len(self.streams)
        self.phase_widths = [1.0] * len(self.streams)
        self.templates = pl.DataFrame(schema=_TEMPLATES)
        self._last = pl.DataFrame(schema={"id": pl.Int64, "before": pl.Float64})

    @property
    def moments(self) -> pl.DataFrame:
        """Records and errors by stream and moment, in this order."""
        return self._moments.summed().sort(STREAM, "moment")

    @property
    def phases(self) -> pl.DataFrame:
        """Records by template, stream and moment, in this order."""
        return self._phases.summed().sort("id", STREAM, "moment")

    @property
    def gaps(self) -> pl.DataFrame:
        """Times between records of a template: how many, and their seconds, by template and power, in this order."""
        return self._gaps.summed().sort("id", "gap")

    def add(self, records: pl.DataFrame) -> None:
        """Count a stride: `STREAM`, `TIME`, `SEVERITY`, and `template` where it may be read."""
        timed = records.filter(pl.col(TIME).is_finite())
        self._count_moments(timed)
        if "template" in records.columns:
            named = self._named(timed.drop_nulls("template"))
            self._count_phases(named)
            self._count_gaps(named)
            self._forget()

    def _count_moments(self, timed: pl.DataFrame) -> None:
        counted = timed.group_by(STREAM, _moment(self.widths)).agg(
            pl.len().cast(pl.Int64).alias("records"),
            (pl.col(SEVERITY) == failures.ERROR).sum().cast(pl.Int64).alias("errors"),
        )
        self._moments.add(counted)
        while self._moments.has_over(MOST_MOMENTS):
            moments = self._moments.summed()
            fullest = moments.get_column(STREAM).value_counts().sort("count", STREAM, descending=[True, False])
            stream = int(fullest.get_column(STREAM)[0])
            self.widths[stream] *= 2
            halved = pl.when(pl.col(STREAM) == stream).then(pl.col("moment") // 2).otherwise(pl.col("moment"))
            self._moments.replace(moments.with_columns(halved.alias("moment")))

    def _named(self, timed: pl.DataFrame) -> pl.DataFrame:
        """Records with the `id` of their template in their stream, and how many there are of each added up."""
        keys = [STREAM, "template"]
        seen = timed.group_by(keys, maintain_order=True).agg(
            pl.len().cast(pl.Int64).alias("more"), pl.col(SEVERITY).drop_nulls().mode().sort().first()
        )
        both = self.templates.join(seen, on=keys, how="full", coalesce=True, maintain_order="left_right")
        new = pl.col("id").is_null()
        numbered = both.with_columns(pl.col("id").fill_null(self._next - 1 + new.cum_sum()).cast(pl.Int64))
        self._next += int(both.get_column("id").null_count())
        self.templates = numbered.select(
            "id",
            STREAM,
            "template",
            pl.coalesce(SEVERITY, f"{SEVERITY}_right").alias(SEVERITY),
            pl.col("records").fill_null(0) + pl.col("more").fill_null(0),
        )
        ids = self.templates.select("id", *keys)
        return timed.select(*keys, TIME, PLACE).join(ids, on=keys, how="left", maintain_order="left")

    def _count_phases(self, named: pl.DataFrame) -> None:
        counted = named.group_by("id", STREAM, _moment(self.phase_widths)).agg(pl.len().cast(pl.Int64).alias("records"))
        self._phases.add(counted)
        while self._phases.has_over(MOST_PHASES):
            self.phase_widths = [2 * width for width in self.phase_widths]
            self._phases.replace(self._phases.summed().with_columns(pl.col("moment") // 2))

    def _count_gaps(self, named: pl.DataFrame) -> None:
        untimed = [number for number, stream in enumerate(self.streams) if stream.clock == "position"]
        timed = named.filter(~pl.col(STREAM).is_in(untimed)).sort("id", TIME, PLACE)
        if timed.is_empty():
            return
        before = pl.coalesce(pl.col(TIME).shift().over("id"), "before")
        passed = timed.join(self._last, on="id", how="left", maintain_order="left").select(
            "id", gap=pl.col(TIME) - before
        )
        power = (pl.col("gap").log() / pl.lit(GAP_STEP).log()).floor().cast(pl.Int64)
        counted = (
            passed.filter(pl.col("gap") >= 1)
            .group_by("id", power.alias("power"))
            .agg(pl.len().cast(pl.Int64).alias("records"), pl.col("gap").sum().round().cast(pl.Int64).alias("seconds"))
        )
        self._gaps.add(counted.rename({"power": "gap"}))
        last = timed.group_by("id").agg(before=pl.col(TIME).max())
        self._last = pl.concat([self._last, last]).group_by("id").agg(pl.col("before").max())

    def _forget(self) -> None:
        kept = self.templates
        if kept.height > MOST_TEMPLATES or self._gaps.has_over(_MOST_GAPS):
            kept = kept.sort("records", "id", descending=[True, False]).head(max(1, kept.height // 2)).sort("id")
            self.forgotten += self.templates.height - kept.height
            self.templates = kept
            ids = kept.select("id")
            self._last = self._last.join(ids, on="id", how="semi")
            for table in (self._phases, self._gaps):
                table.replace(table.summed().join(ids, on="id", how="semi"))


def _moment(widths: Sequence[float]) -> pl.Expr:
    width = pl.col(STREAM).replace_strict(dict(enumerate(widths)), return_dtype=pl.Float64)
    return (pl.col(TIME) / width).floor().cast(pl.Int64).alias("moment")
