"""Timestamps in the order of the records: where nearly all rise, or nearly all fall, those that do not are odd."""

from typing import Final

import numpy as np
import polars as pl

from rlm_pipeline.analysis.json_analyst.kinds import Places
from rlm_pipeline.analysis.json_analyst.telling import Seen

_LOCAL: Final = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?))?Z?$"
"""Dates and timestamps that can be compared as text: without an offset, or in UTC."""

_FEWEST = 30
_SORTED = 0.95


class Order:
    """The steps from one timestamp to the next in a source; `rises` and `falls` count them."""

    __slots__ = ("_last", "falls", "rises")

    def __init__(self) -> None:
        self.rises = 0
        self.falls = 0
        self._last: dict[str, str] = {}

    def steps(self, seen: Seen) -> tuple[Places, Places]:
        """The places of the values that can be compared with one before, and the sign of each step: -1, 0, 1."""
        values = seen.values
        frame = pl.DataFrame(
            {
                "place": np.arange(len(values)),
                "source": seen.whole.piece.sources.gather(values.records),
                "at": comparable(
                    values.texts.zip_with(pl.Series(values.is_string), pl.Series([None], dtype=pl.String))
                ),
            }
        ).drop_nulls("at")
        if frame.is_empty():
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        before = pl.col("at").shift().over("source")
        started = pl.col("source").replace_strict(self._last, default=None, return_dtype=pl.String)
        stepped = frame.with_columns(before=before.fill_null(started)).drop_nulls("before")
        self._last.update(dict(frame.group_by("source", maintain_order=True).agg(pl.col("at").last()).iter_rows()))
        signs = stepped.select(
            (pl.col("at") > pl.col("before")).cast(pl.Int64) - (pl.col("at") < pl.col("before")).cast(pl.Int64)
        )
        return stepped.get_column("place").to_numpy(), signs.to_series().to_numpy()

    def add(self, seen: Seen) -> None:
        """Count the steps of a piece; pieces come in order."""
        _, signs = self.steps(seen)
        self.rises += int((signs > 0).sum())
        self.falls += int((signs < 0).sum())

    @property
    def direction(self) -> int:
        """1 where the timestamps nearly all rise, -1 where they nearly all fall, else 0; also where all do."""
        steps = self.rises + self.falls
        if steps < _FEWEST or not self.rises or not self.falls:
            return 0
        return 1 if self.rises >= _SORTED * steps else -1 if self.falls >= _SORTED * steps else 0


def comparable(texts: pl.Series) -> pl.Series:
    """Dates and timestamps as texts that sort as they do; null for all else."""
    text = pl.col("text")
    day, time = text.str.extract(_LOCAL, 1), text.str.extract(_LOCAL, 2).fill_null("")
    fraction = pl.when(time.str.contains(".", literal=True)).then(
        time.str.strip_chars_end("0").str.strip_chars_end(".")
    )
    found = texts.alias("text").to_frame().select(day + " " + fraction.otherwise(time))
    return found.to_series()
