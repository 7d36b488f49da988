"""What there is to read in a partition, in the order in which it pays to read it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import polars as pl

from rlm_pipeline.analysis.observation import Analyst
from rlm_pipeline.analysis.reading import coverage, distinct, near, notes, parts
from rlm_pipeline.analysis.reading.distinct import ShownRecord
from rlm_pipeline.analysis.reading.notes import Note
from rlm_pipeline.analysis.reading.unit import Unit
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.store import DatasetStore

CANDIDATES = 20_000
"""Distinct records of an analyst and partition that are compared and ordered; what is beyond is told as not considered.

Those that stand for most records are kept first, in a table of which few records repeat those at even distances.
"""

_CHARACTERS_FOR_CLUSTERS = 2000
_BY_ITSELF = 1 << 63

FATE = pl.Schema(
    {
        "place": pl.UInt32,
        "analyst": pl.String,
        "source": pl.String,
        "row": pl.Int64,
        # chosen: read by itself; same|alike|near: another record is read for it; blank: nothing to read;
        # not_considered: beyond the candidates
        "fate": pl.String,
        "read_place": pl.UInt32,  # of the record that is read for it: itself where chosen, null where none is
        "cluster": pl.Int64,  # of the record that is read for it
    }
)
"""One row per stored record, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlan:
    """`units` in the order of reading, all parts of a record one after another; `fates` is a frame of `FATE`."""

    units: tuple[Unit, ...]
    fates: pl.DataFrame


def plan(store: DatasetStore, config: DatasetConfig, partition: str, *, most_characters: int) -> ReadingPlan:
    """Every record once: chosen to be read (in parts of `most_characters`), or with what is read for it, or why not.

    Raises:
        NotMaterialised: a stage before this one has not run.

    """
    of_record = notes.of_partition(store, partition)
    records = _apart(distinct.survey(store, config, partition), of_record)
    candidates = pl.concat(_candidates(records, analyst, of_record) for analyst in get_args(Analyst))
    shown = distinct.texts_at(store, config, partition, candidates["place"].to_list())
    units: list[Unit] = []
    read_for: dict[int, int] = {}
    cluster_of: dict[int, int] = {}
    for analyst in get_args(Analyst):
        chosen = candidates.filter(pl.col("analyst") == analyst)
        if chosen.height:
            ordered = _ordered(chosen, shown, of_record)
            read_for |= ordered.read_for
            cluster_of |= ordered.cluster_of
            units += _units(ordered, shown, of_record, analyst, most_characters)
    return ReadingPlan(units=tuple(units), fates=_fates(records, candidates, read_for, cluster_of))


def _apart(records: pl.DataFrame, noted: Collection[tuple[str, int]]) -> pl.DataFrame:
    """A record that code took note of says the same as no other: its verdict is its own."""
    marked = pl.DataFrame(list(noted), schema={"source": pl.String, "row": pl.Int64}, orient="row")
    places = records.join(marked, on=["source", "row"], how="semi")["place"]
    own = pl.col("place").is_in(places.implode()) & (pl.col("same") != 0)
    by_itself = pl.lit(_BY_ITSELF, dtype=pl.UInt64) + pl.col("place")
    return records.with_columns(pl.when(own).then(by_itself).otherwise(name).alias(name) for name in ("same", "alike"))


def _candidates(records: pl.DataFrame, analyst: str, of_record: Mapping[tuple[str, int], Any]) -> pl.DataFrame:
    """The first record of every kind that is alike: `analyst`, `place`, `source`, `row`, `alike`, `stands_for`."""
    own = records.filter((pl.col("analyst") == analyst) & (pl.col("same") != 0))
    groups = own.group_by("alike", maintain_order=True).agg(
        pl.col("analyst", "place", "source", "row").first(), stands_for=pl.len().cast(pl.Int64)
    )
    if groups.height > CANDIDATES:
        noted = [place in of_record for place in groups.select("source", "row").iter_rows()]
        ranked = groups.with_columns(noted=pl.Series(noted, dtype=pl.Boolean))
        repeated = ranked.filter(pl.col("noted") | (pl.col("stands_for") > 1))
        first = repeated.sort("noted", "stands_for", "place", descending=[True, True, False]).head(CANDIDATES // 2)
        rest = ranked.join(first, on="place", how="anti", maintain_order="left")
        even = np.linspace(0, rest.height - 1, CANDIDATES - first.height).astype(np.int64)
        groups = pl.concat([first, rest[even]]).drop("noted").sort("place")
    return groups.select("analyst", "place", "source", "row", "alike", "stands_for")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ordered:
    """`places` in the order of reading; `read_for` and `cluster_of` of every candidate, near-duplicates too."""

    places: tuple[int, ...]
    stands_for: Mapping[int, int]
    read_for: Mapping[int, int]
    cluster_of: Mapping[int, int]


def _ordered(
    chosen: pl.DataFrame, shown: Mapping[int, ShownRecord], of_record: Mapping[tuple[str, int], tuple[Note, ...]]
) -> _Ordered:
    # What stands for most records is read for those that are near it.
    chosen = chosen.sort("stands_for", "place", descending=[True, False])
    places = chosen["place"].to_list()
    noted = [(shown[place].source, shown[place].row) in of_record for place in places]
    led = near.leaders([shown[place].compared for place in places], noted)
    read_for = {place: places[leader] for place, leader in zip(places, led, strict=True)}
    stands_for: dict[int, int] = {}
    for place, records in zip(places, chosen["stands_for"].to_list(), strict=True):
        stands_for[read_for[place]] = stands_for.get(read_for[place], 0) + records
    kept = sorted(stands_for)
    vectors = open_encoder("static").encode([shown[place].compared[:_CHARACTERS_FOR_CLUSTERS] for place in kept])
    clusters = coverage.clusters_of(vectors)
    is_noted = dict(zip(places, noted, strict=True))
    order = coverage.order(
        vectors, clusters, [stands_for[place] for place in kept], [is_noted[place] for place in kept]
    )
    in_cluster = dict(zip(kept, clusters.tolist(), strict=True))
    return _Ordered(
        places=tuple(kept[at] for at in order.tolist()),
        stands_for=stands_for,
        read_for=read_for,
        cluster_of={place: in_cluster[leader] for place, leader in read_for.items()},
    )


def _units(
    ordered: _Ordered,
    shown: Mapping[int, ShownRecord],
    of_record: Mapping[tuple[str, int], tuple[Note, ...]],
    analyst: Analyst,
    most_characters: int,
) -> list[Unit]:
    units = []
    for place in ordered.places:
        record = shown[place]
        pieces = parts.cut(record.text, most_characters)
        found = of_record.get((record.source, record.row), ())
        units += [
            Unit(
                analyst=analyst,
                place=place,
                source=record.source,
                detected_type=record.detected_type,
                row=record.row,
                line=record.line,
                part=number,
                parts=len(pieces),
                named=record.named,
                text=text,
                notes=_of_part(found, text, number, len(pieces)),
                stands_for=ordered.stands_for[place],
                cluster=ordered.cluster_of[place],
            )
            for number, text in enumerate(pieces, start=1)
        ]
    return units


def _of_part(found: Sequence[Note], text: str, number: int, of: int) -> tuple[Note, ...]:
    """The notes whose quotes stand in a part; what stands in no single part goes with the first."""
    if of == 1:
        return tuple(found)
    return tuple(note for note in found if note.quote in text) if number > 1 else tuple(found)


def _fates(
    records: pl.DataFrame, candidates: pl.DataFrame, read_for: Mapping[int, int], cluster_of: Mapping[int, int]
) -> pl.DataFrame:
    represented = candidates.select(
        "analyst", "alike", first="place", read_place=pl.col("place").replace_strict(read_for, return_dtype=pl.UInt32)
    )
    first_same = records.group_by("analyst", "same").agg(same_first=pl.col("place").min())
    joined = records.join(represented, on=["analyst", "alike"], how="left").join(
        first_same, on=["analyst", "same"], how="left"
    )
    fate = (
        pl.when(pl.col("same") == 0)
        .then(pl.lit("blank"))
        .when(pl.col("read_place").is_null())
        .then(pl.lit("not_considered"))
        .when(pl.col("place") == pl.col("read_place"))
        .then(pl.lit("chosen"))
        .when(pl.col("read_place") != pl.col("first"))
        .then(pl.lit("near"))
        .when(pl.col("same_first") == pl.col("first"))
        .then(pl.lit("same"))
        .otherwise(pl.lit("alike"))
    )
    found = joined.with_columns(
        fate=fate,
        read_place=pl.when(pl.col("same") == 0).then(None).otherwise("read_place"),
        cluster=pl.col("read_place").replace_strict(cluster_of, default=None, return_dtype=pl.Int64),
    )
    return found.sort("place").select(pl.col(name).cast(kind) for name, kind in FATE.items())
