"""How alike the values of two columns are, by their stored profiles alone: labels, words, patterns, quantiles, dates.

Columns of other partitions are compared as blocks: a row or a column of a matrix is one column of one partition.
Values that most columns hold (`Y`, `1`) say little, values that only one column holds say much.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.profiling.kinds import PLACEHOLDERS

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

FIELDS = (
    "column", "position", "kind", "records", "non_null", "distinct", "numeric", "dates", "value_counts",
    "counts_complete", "minimum", "q25", "median", "q75", "maximum", "date_min", "date_max",
)  # fmt: skip
"""What is read of a profile."""

WORDS_FACTOR, PATTERN_FACTOR = 0.9, 0.6
"""Equal words in other labels, and equal shapes of values (`A-9-9`), are weaker evidence than equal labels."""
OTHER_PRECISION = 0.6
"""Factor where one column has decimals and the other whole numbers, or one quantities and the other codes."""
ZEROS_ON_ONE_SIDE = 0.8
"""Factor where one quantity is zero now and then and the other never is."""
HEAPS_WEIGHT = 0.5
"""What equal frequent values (10, 20, 50) add to the likeness of whole numbers."""
DATE_SCALE = 45.0
"""Days that the ends of two date ranges may differ, in their own years, until they are e times less alike."""
_NOTHING, _WORDS, _NUMBERS, _DATES = range(4)
_DECIMALS = 2
_TYPED = 0.9
_NO_ZEROS, _SOME_ZEROS = 0.001, 0.02
_COMMON_LABELS, _COMMON_PATTERNS = 0.6, 0.2
"""What is left of the likeness of columns whose keys every column has."""
_PATTERN_LENGTH = 24
_LONGEST_LABEL = 80
_RARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Space:
    """Rows as unit vectors (sparse, rows x keys); `distinctive` in 0..1 says how far a row's keys are its own."""

    vectors: Any
    distinctive: Floats
    least: float

    def cosine(self, rows: Rows, others: Rows) -> Floats:
        """Bhattacharyya coefficients weighted by rarity, dampened where the common keys are common everywhere."""
        product = (self.vectors[rows] @ self.vectors[others].T).toarray()
        rare = np.minimum(self.distinctive[rows][:, None], self.distinctive[others][None, :])
        dampened: Floats = product * np.minimum(1.0, self.least + 0.8 * rare)
        return dampened


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValueFeatures:
    """Every column of every partition as a row (n rows in all); `row_of` finds it by partition and column."""

    row_of: Mapping[tuple[str, str], int]
    rows_of: Mapping[str, Rows]
    family: NDArray[np.int64]
    labels: _Space
    words: _Space
    patterns: _Space
    quantiles: Floats  # (n, 3), nan where not numeric
    precision: NDArray[np.int64]  # 0 codes, 1 whole numbers, 2 decimals
    zeros: Floats  # share of values that are zero
    complete: NDArray[np.bool_]
    days: Floats  # (n, 2): first and last date, days from the beginning of the partition's year
    filled: Floats
    common_words: frozenset[str]

    def similarity(self, rows: Rows, others: Rows) -> Floats:
        """Likeness 0..1 of each of `rows` (r) and each of `others` (o), shape (r, o); 0 where a column is empty."""
        left, right = self.family[rows][:, None], self.family[others][None, :]
        worded = (left == _WORDS) & (right == _WORDS)
        labels = self.labels.cosine(rows, others)
        found = np.where((left > 0) & (right > 0), labels, 0.0)
        if worded.any():
            words = WORDS_FACTOR * self.words.cosine(rows, others)
            patterns = PATTERN_FACTOR * self.patterns.cosine(rows, others)
            found = np.where(worded, np.maximum(found, np.maximum(words, patterns)), found)
        numbers = (left == _NUMBERS) & (right == _NUMBERS)
        if numbers.any():
            found = np.where(numbers, self._numbers(rows, others, labels), found)
        dated = (left == _DATES) & (right == _DATES)
        if dated.any():
            apart = np.abs(self.days[rows][:, None, :] - self.days[others][None, :, :])
            found = np.where(dated, np.exp(-apart / DATE_SCALE).mean(axis=2), found)
        fill = np.abs(self.filled[rows][:, None] - self.filled[others][None, :])
        alike: Floats = np.nan_to_num(found * (1 - 0.25 * fill))
        return alike

    def _numbers(self, rows: Rows, others: Rows, labels: Floats) -> Floats:
        one, other = self.quantiles[rows][:, None, :], self.quantiles[others][None, :, :]
        width = np.maximum(one[..., 2] - one[..., 0], other[..., 2] - other[..., 0])
        scale = np.maximum(np.maximum(width, 0.05 * np.maximum(np.abs(one[..., 1]), np.abs(other[..., 1]))), 1e-9)
        near = np.exp(-np.abs(one - other) / scale[..., None]).mean(axis=2)
        left, right = self.precision[rows][:, None], self.precision[others][None, :]
        near = np.where((left < _DECIMALS) & (right < _DECIMALS), 1 - (1 - near) * (1 - HEAPS_WEIGHT * labels), near)
        both = self.complete[rows][:, None] & self.complete[others][None, :]
        near = np.where(both, (near + labels) / 2, near) * np.where(left == right, 1.0, OTHER_PRECISION)
        alike: Floats = near * self._zeros_alike(rows, others)
        return alike

    def _zeros_alike(self, rows: Rows, others: Rows) -> Floats:
        one, other = self.zeros[rows][:, None], self.zeros[others][None, :]
        only_one = (np.minimum(one, other) < _NO_ZEROS) & (np.maximum(one, other) > _SOME_ZEROS)
        alike: Floats = (1 - np.abs(np.sqrt(one) - np.sqrt(other))) * np.where(only_one, ZEROS_ON_ONE_SIDE, 1.0)
        return alike


def features(profiles: Mapping[str, pl.DataFrame]) -> ValueFeatures:
    """Features of the partitions' profiles (`FIELDS` of `PROFILE_SCHEMA`).

    Of every column its counted values are used, lower-cased and without placeholders such as `n/a`.
    """
    table = pl.concat(
        [frame.select(FIELDS).with_columns(partition=pl.lit(name)) for name, frame in profiles.items()]
    ).with_row_index("row")
    family = _family(table)
    counted = _counted(table, family)
    worded = counted.filter(pl.col("family") == _WORDS)
    words = _words(worded)
    precision = (
        pl.when(pl.col("kind") == "number").then(_DECIMALS).when(pl.col("kind") == "categorical").then(0).otherwise(1)
    )
    size = table.height, len(profiles)
    zeros = (
        counted.filter(pl.col("value").cast(pl.Float64, strict=False) == 0).group_by("row").agg(pl.col("count").sum())
    )
    return ValueFeatures(
        row_of={key: row for row, key in enumerate(table.select("partition", "column").iter_rows())},
        rows_of={name: np.flatnonzero((table["partition"] == name).to_numpy()) for name in profiles},
        family=family,
        labels=_space(counted.select("row", "partition", key="value", weight="count"), _COMMON_LABELS, *size),
        words=_space(words, _COMMON_LABELS, *size),
        patterns=_space(_patterns(worded), _COMMON_PATTERNS, *size),
        quantiles=table.select("q25", "median", "q75").to_numpy().astype(np.float64),
        precision=table.select(precision).to_series().to_numpy(),
        zeros=_by_row(zeros, table.height) / np.maximum(table["non_null"].to_numpy(), 1),
        complete=table["counts_complete"].fill_null(value=False).to_numpy(),
        days=_days(table),
        filled=table["non_null"].to_numpy() / np.maximum(table["records"].to_numpy(), 1),
        common_words=frozenset(_rarity(words, *size).filter(pl.col("rare") < _RARE)["key"]),
    )


def _family(table: pl.DataFrame) -> NDArray[np.int64]:
    enough = _TYPED * pl.col("non_null")
    nothing = (pl.col("kind").is_in(["empty", "ignored"])) | (pl.col("non_null") == 0)
    is_date = (pl.col("kind") == "date") | (pl.col("dates") >= enough)
    is_number = pl.col("kind").is_in(["integer", "number"]) | (pl.col("numeric") >= enough)
    family = (
        pl.when(nothing).then(_NOTHING)
        .when(pl.col("kind") == "constant").then(_WORDS)
        .when(is_date & pl.col("date_min").is_not_null()).then(_DATES)
        .when(is_number & pl.col("median").is_not_null()).then(_NUMBERS)
        .otherwise(_WORDS)
    )  # fmt: skip
    return table.select(family.cast(pl.Int64)).to_series().to_numpy()


def _counted(table: pl.DataFrame, family: NDArray[np.int64]) -> pl.DataFrame:
    """(row, partition, family, value, count) of the values that a column's profile counts."""
    exploded = (
        table.select("row", "partition", "value_counts")
        .with_columns(family=pl.Series(family))
        .filter(pl.col("family").is_in([_WORDS, _NUMBERS]))
        .explode("value_counts")
        .unnest("value_counts")
        .drop_nulls("value")
    )
    value = pl.col("value").str.strip_chars().str.to_lowercase().str.head(_LONGEST_LABEL)
    return exploded.with_columns(value).filter(~pl.col("value").is_in(list(PLACEHOLDERS)), pl.col("value") != "")


def _words(counted: pl.DataFrame) -> pl.DataFrame:
    """Words by the share of values that have them; a word in (nearly) all values tells nothing about the column."""
    found = counted.with_columns(key=pl.col("value").str.extract_all(r"[^\W_]+").list.unique()).explode("key")
    total = pl.col("count").sum().over("row")
    counted = counted.select("row", share=pl.col("count") / total, value="value")
    weighted = found.drop_nulls("key").join(counted, on=["row", "value"]).group_by("row", "partition", "key")
    shares = weighted.agg(pl.col("share").sum().clip(0, 1))
    return shares.select("row", "partition", "key", weight=pl.col("share") * (1.01 - pl.col("share")))


def _patterns(counted: pl.DataFrame) -> pl.DataFrame:
    """Shapes of values with digits; words have the same shape whatever they are about."""
    counted = counted.filter(pl.col("value").str.contains(r"[0-9]"))
    shape = pl.col("value").str.replace_all(r"[0-9]+", "9").str.replace_all(r"\pL+", "a").str.head(_PATTERN_LENGTH)
    return counted.select("row", "partition", key=shape, weight="count")


def _space(weighted: pl.DataFrame, least: float, rows: int, partitions: int) -> _Space:
    from scipy import sparse

    entries = weighted.group_by("row", "partition", "key").agg(pl.col("weight").sum())
    found = _rarity(entries, rows, partitions)
    entries = entries.join(found, on="key").sort("row", "id")
    share = pl.col("weight") / pl.col("weight").sum().over("row")
    entries = entries.with_columns(share=share)
    strength = (pl.col("share") * (0.1 + 0.9 * pl.col("rare"))).sqrt()
    entries = entries.with_columns(strength=strength)
    unit = entries["strength"].to_numpy() / _lengths(entries)
    vectors = sparse.csr_array(
        (unit, (entries["row"].to_numpy().astype(np.int64), entries["id"].to_numpy().astype(np.int64))),
        shape=(rows, max(found.height, 1)),
    )
    own = entries.group_by("row").agg((pl.col("share") * pl.col("rare")).sum())
    return _Space(vectors=vectors, distinctive=_by_row(own, rows), least=least)


def _rarity(entries: pl.DataFrame, rows: int, partitions: int) -> pl.DataFrame:
    """(key, id, rare): 1 for a key of one column in every partition that has it, 0 for one of all columns."""
    columns = rows / max(partitions, 1)
    found = entries.group_by("key").agg(columns=pl.len() / pl.col("partition").n_unique())
    rare = (1 - pl.col("columns").log() / np.log(1 + columns)).clip(0, 1)
    return found.select("key", rare=rare).sort("key").with_row_index("id")


def _lengths(entries: pl.DataFrame) -> Floats:
    lengths: Floats = entries.select((pl.col("strength") ** 2).sum().over("row").sqrt()).to_series().to_numpy()
    return np.maximum(lengths, 1e-12)


def _by_row(values: pl.DataFrame, rows: int) -> Floats:
    found = np.zeros(rows)
    found[values["row"].to_numpy()] = values[values.columns[1]].to_numpy()
    return found


def _days(table: pl.DataFrame) -> Floats:
    years = [re.search(r"(\d{4})$", name) for name in table["partition"].unique(maintain_order=True)]
    starts = {match.string: date(int(match.group(1)), 1, 1) for match in years if match and match.group(1) > "0000"}
    origin = table["partition"].replace_strict(starts, default=date(1970, 1, 1), return_dtype=pl.Date)
    ends = [(table[name].cast(pl.Date) - origin).dt.total_days() for name in ("date_min", "date_max")]
    return np.column_stack([end.cast(pl.Float64).to_numpy() for end in ends])
