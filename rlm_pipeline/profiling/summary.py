"""One column's profile, added up from parts of its distinct values; the parts may come in any order."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.model import MAX_COUNTED_VALUES
from rlm_pipeline.profiling.ascending import Ascending

MOST_FREQUENT = 20
MOST_FREQUENT_TEXTS = 5
LONGEST_COUNTED_TEXT = 200
PROSE_SAMPLE = 500
MOST_LISTED = 20
_MOST_CANDIDATES = 1000
_SOME_TIES = 256
_SMALL_LENGTH = 8192
_UNIX_EPOCH = 719_163  # the proleptic ordinal of 1970-01-01

Integers = NDArray[np.int64]
_COUNTED = (
    "numeric",
    "whole",
    "integral",
    "zero_led",
    "dated",
    "code",
    "placeholder",
    "date_ambiguous",
    "date_proves",
)
_CANDIDATE = ("value", "count", "number", "date", "null_word", "sentinel", "repeated")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that may stand for `no value`, with what `measures.measured` says of it."""

    value: str
    count: int
    number: float | None
    date: dt.date | None
    null_word: bool
    sentinel: bool
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Distinct values of one column: a frame with a row for each, its numeric columns as arrays, and record totals."""

    values: pl.DataFrame
    counts: Integers
    arrays: dict[str, NDArray[Any]]
    totals: dict[str, int]
    date_formats: dict[str, int]
    candidates: list[Candidate]


def split(values: pl.DataFrame, columns: int) -> list[Part]:
    """The parts of each of the columns numbered 0 to `columns` - 1; `values` as in `distinct.Batch`."""
    counts = values["count"].to_numpy()
    number = values["number"].to_numpy()
    arrays: dict[str, NDArray[Any]] = {
        "length": values["length"].to_numpy(),
        "words": values["words"].to_numpy(),
        "number": number,
        "numeric": values["number"].is_not_null().to_numpy(),
        "dated": values["date"].is_not_null().to_numpy(),
        "day": values["date"].cast(pl.Int32).fill_null(0).to_numpy() + _UNIX_EPOCH,
        **{
            name: values[name].to_numpy()
            for name in ("whole", "zero_led", "code", "placeholder", "date_ambiguous", "date_proves")
        },
    }
    with np.errstate(invalid="ignore"):
        arrays["integral"] = arrays["numeric"] & (number == np.floor(number))
    arrays["whole"] = arrays["whole"] & arrays["numeric"]
    bounds = np.searchsorted(values["column"].to_numpy(), np.arange(columns + 1))
    running = {name: np.concatenate(([0], np.cumsum(counts * arrays[name]))) for name in _COUNTED}
    totals = zip(*(np.diff(sums[bounds]).tolist() for sums in running.values()), strict=True)
    formats: list[dict[str, int]] = [{} for _ in range(columns)]
    for place, name, count in _summed_formats(values).iter_rows():
        formats[place][name] = count
    candidates: list[list[Candidate]] = [[] for _ in range(columns)]
    for place, *candidate in values.filter("candidate").select("column", *_CANDIDATE).rows():
        candidates[place].append(Candidate(*candidate))
    return [
        Part(
            values=values.slice(start, end - start),
            counts=counts[start:end],
            arrays={name: array[start:end] for name, array in arrays.items()},
            totals=dict(zip(_COUNTED, sums, strict=True)),
            date_formats=formats[place],
            candidates=candidates[place],
        )
        for place, (sums, (start, end)) in enumerate(zip(totals, pairwise(bounds.tolist()), strict=True))
    ]


def _summed_formats(values: pl.DataFrame) -> pl.DataFrame:
    """How many records of each column have each format of dates: `column`, `date_format`, `count`."""
    dated = values.filter(pl.col("date").is_not_null())
    return dated.group_by("column", "date_format").agg(pl.col("count").sum())


class Summary:
    """What is known of a column after some of its parts. `folder` is for numbers that do not fit in memory.

    `kept` are the values that can still matter themselves: of a column in one part all of them, of one in several parts
    the most frequent, the most extreme, and a sample.
    """

    def __init__(self, folder: Path) -> None:
        self.non_null = 0
        self.distinct = 0
        self.totals: Counter[str] = Counter()
        self.lengths = Histogram()
        self.words = Histogram()
        self.numbers = Ascending(folder)
        self.days = Histogram()
        self.date_formats: Counter[str] = Counter()
        self.candidates: list[Candidate] = []
        self.kept = pl.DataFrame()

    def add(self, part: Part) -> None:
        """Add distinct values that no other part of the column has."""
        if not len(part.counts):
            return
        self.non_null += int(part.counts.sum())
        self.distinct += len(part.counts)
        self.totals.update(part.totals)
        self.lengths.add(part.arrays["length"], part.counts)
        self.words.add(part.arrays["words"], part.counts)
        if part.candidates:
            every = sorted((*self.candidates, *part.candidates), key=lambda each: (-each.count, each.value))
            self.candidates = every[:_MOST_CANDIDATES]
        if part.totals["numeric"]:
            numeric = part.arrays["numeric"]
            self.numbers.add(part.arrays["number"][numeric], part.counts[numeric])
        if part.totals["dated"]:
            dated = part.arrays["dated"]
            self.days.add(part.arrays["day"][dated], part.counts[dated])
            self.date_formats.update(part.date_formats)
        if self.kept.is_empty():
            self.kept = part.values
        else:
            self.kept = _pruned(pl.concat([_pruned(self.kept), _pruned(part.values)]))

    def frequent(self, *, text: bool) -> list[tuple[str, int]]:
        """The most frequent values with their counts, most frequent first, then in order; all, if they are few."""
        if text:
            return _frequent(self.kept.filter(pl.col("length") <= LONGEST_COUNTED_TEXT), MOST_FREQUENT_TEXTS)
        return _frequent(self.kept, MAX_COUNTED_VALUES if self.distinct <= MAX_COUNTED_VALUES else MOST_FREQUENT)

    def sample(self, characters: int) -> list[str]:
        """The beginnings of some values, the same ones whatever the parts."""
        hashes = self.kept["hash"].to_numpy()
        chosen = np.arange(len(hashes))
        if len(hashes) > PROSE_SAMPLE:
            chosen = np.flatnonzero(hashes <= np.partition(hashes, PROSE_SAMPLE)[PROSE_SAMPLE])
        beginnings = self.kept["value"][chosen].str.head(characters).to_list()
        return [each for _, each in sorted(zip(hashes[chosen].tolist(), beginnings, strict=True))[:PROSE_SAMPLE]]


@dataclass(slots=True)
class Histogram:
    """How many records have each of a bounded number of whole numbers."""

    values: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    counts: Integers = field(default_factory=lambda: np.empty(0, np.int64))

    def add(self, values: NDArray[Any], counts: Integers) -> None:
        """Add values (n,) with their counts (n,)."""
        found, summed = _histogram(values.astype(np.int64), counts)
        if len(self.values):
            both = np.concatenate([self.values, found]), np.concatenate([self.counts, summed])
            found, summed = _histogram(*both)
        self.values, self.counts = found, summed


def _histogram(values: Integers, counts: Integers) -> tuple[Integers, Integers]:
    if values.max() < _SMALL_LENGTH and values.min() >= 0:
        # The sums are exact: floats hold whole numbers up to 2 ** 53.
        sums = np.bincount(values, weights=counts)
        found = np.flatnonzero(sums)
        return found, sums[found].astype(np.int64)
    found, places = np.unique(values, return_inverse=True)
    return found, np.bincount(places, weights=counts).astype(np.int64)


def _frequent(frame: pl.DataFrame, wanted: int) -> list[tuple[str, int]]:
    values, counts = frame["value"], frame["count"]
    if wanted < len(frame):
        places = _most_frequent(frame, wanted)
        values, counts = values[places], counts[places]
    chosen = zip(values.to_list(), counts.to_list(), strict=True)
    return sorted(chosen, key=lambda pair: (-pair[1], pair[0]))[:wanted]


def _most_frequent(frame: pl.DataFrame, wanted: int) -> Integers:
    """Places of the `wanted` most frequent values, the smaller value first where counts are equal; perhaps of more."""
    counts = frame["count"].to_numpy()
    if wanted >= len(counts):
        return np.arange(len(counts))
    least = np.partition(counts, -wanted)[-wanted]
    above, ties = np.flatnonzero(counts > least), np.flatnonzero(counts == least)
    more, values = wanted - len(above), frame["value"][ties]
    if len(ties) > _SOME_TIES:
        # Sorting all values is slow, and nearly all of a long column are ties: some of them bound the smallest.
        near = np.flatnonzero((values <= values.head(_SOME_TIES).sort()[more - 1]).to_numpy())
        ties, values = ties[near], values[near]
    return np.concatenate([above, ties[(values <= values.sort()[more - 1]).to_numpy()]])


def _pruned(frame: pl.DataFrame) -> pl.DataFrame:
    """Only the values that can still matter when more are added."""
    if len(frame) <= _MOST_CANDIDATES:
        return frame
    places = pl.int_range(pl.len(), dtype=pl.Int64).alias("at")
    indexed = frame.with_columns(places)
    short = indexed.filter(pl.col("length") <= LONGEST_COUNTED_TEXT)
    codes = indexed.filter("two_letters")
    chosen = [
        _most_frequent(frame, MAX_COUNTED_VALUES),
        short["at"].to_numpy()[_most_frequent(short, MOST_FREQUENT_TEXTS)],
        indexed.bottom_k(PROSE_SAMPLE, by="hash")["at"].to_numpy(),
        *_extremes(indexed.filter(pl.col("number").is_not_null() & ~pl.col("sentinel"))),
        codes.sort("value")["at"].head(_MOST_CANDIDATES).to_numpy(),
    ]
    return frame[np.unique(np.concatenate(chosen))]


def _extremes(plain: pl.DataFrame) -> tuple[Integers, Integers]:
    """Where (`at`) the lowest and the highest numbers are, `MOST_LISTED` and as many more as are equal."""
    if len(plain) <= 2 * MOST_LISTED:
        return plain["at"].to_numpy(), plain["at"].to_numpy()
    number, at = plain["number"].to_numpy(), plain["at"].to_numpy()
    ordered = np.partition(number, (MOST_LISTED, len(number) - MOST_LISTED))
    return at[number <= ordered[MOST_LISTED]], at[number >= ordered[-MOST_LISTED]]
