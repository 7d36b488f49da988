"""The records of a partition as a reader sees them, and which of them say the same."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.analysis.routing import analyst_of
from rlm_pipeline.chunking import column_layout
from rlm_pipeline.chunking.rendering import EMPTY_RECORD, SEPARATOR, label
from rlm_pipeline.chunking.source_records import SourceRecords
from rlm_pipeline.chunking.views import view_of
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.store import DatasetStore

_TELLING_APART = frozenset({"identifier", "date"})
_NAME = re.compile(r"^[^\n]*?: ", re.MULTILINE)
_TOGETHER = 5000

RECORDS = pl.Schema(
    {
        "place": pl.UInt32,  # in the order of the partition's sources and rows
        "analyst": pl.String,
        "source": pl.String,
        "row": pl.Int64,
        "same": pl.UInt64,  # equal for equal compared texts; 0 for a record without words
        "alike": pl.UInt64,  # equal for texts that differ in digits, case and white space only
        "n_chars": pl.UInt32,  # compared
    }
)
"""One row per stored record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRecord:
    """A record as its chunks show it; `place` is its place in the partition, `named` what its chunker calls it.

    `compared` is the text without what tells any two records apart, the cells of identifiers and dates, and without
    what all have, the names of columns.
    """

    place: int
    source: str
    detected_type: str
    row: int
    line: int
    named: str
    text: str
    compared: str


def shown(store: DatasetStore, config: DatasetConfig, partition: str) -> Iterator[ShownRecord]:
    """Every stored record, sources in the manifest's order; nothing of a column that is ignored.

    Raises:
        NotMaterialised: raw_file or column_profile has not run.

    """
    place = 0
    sources = store.manifest(partition).sources
    profile = column_layout.profile_of(store, config, partition)
    views = {each.source: view_of(each, config.columns, profile) for each in sources}
    telling_apart = _lines_of([name for name, found in profile.items() if found["kind"] in _TELLING_APART])
    with SourceRecords(store, partition, views) as records:
        for source in sources:
            view = views[source.source].kind
            for each in records.of(source):
                text = each.record.text if view == "verbatim" else each.record.text.removesuffix(SEPARATOR)
                text = "" if text == EMPTY_RECORD else text
                yield ShownRecord(
                    place=place,
                    source=source.source,
                    detected_type=source.detected_type,
                    row=each.record.row,
                    line=each.record.line,
                    named=each.record.place,
                    text=text,
                    compared=_NAME.sub("", telling_apart.sub("", text)) if view == "rendered" else text,
                )
                place += 1


def survey(store: DatasetStore, config: DatasetConfig, partition: str) -> pl.DataFrame:
    """`RECORDS` of a partition: 40 bytes a record are held, and the texts of a few thousand.

    Raises:
        NotMaterialised: raw_file or column_profile has not run.

    """
    frames: list[pl.DataFrame] = []
    batch: list[ShownRecord] = []
    for record in shown(store, config, partition):
        batch.append(record)
        if len(batch) == _TOGETHER:
            frames.append(_keyed(batch))
            batch = []
    frames.append(_keyed(batch))
    return pl.concat(frames)


def texts_at(
    store: DatasetStore, config: DatasetConfig, partition: str, places: Collection[int]
) -> Mapping[int, ShownRecord]:
    """The records at these places, by place."""
    wanted = frozenset(places)
    found: dict[int, ShownRecord] = {}
    for record in shown(store, config, partition):
        if record.place in wanted:
            found[record.place] = record
            if len(found) == len(wanted):
                break
    return found


def _lines_of(columns: Sequence[str]) -> re.Pattern[str]:
    """The lines of a rendered record that show these columns; their cells have one line each."""
    names = "|".join(re.escape(label(name)) for name in columns)
    return re.compile(rf"^(?:{names}): .*\n?" if names else r"(?!)", re.MULTILINE)


def _keyed(batch: list[ShownRecord]) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "place": [each.place for each in batch],
            "analyst": [analyst_of(each.detected_type) for each in batch],
            "source": [each.source for each in batch],
            "row": [each.row for each in batch],
            "text": [each.compared for each in batch],
        },
        schema_overrides={"place": pl.UInt32, "row": pl.Int64, "text": pl.String},
    )
    text = pl.col("text").str.strip_chars()
    folded = text.str.to_lowercase().str.replace_all(r"\d", "0").str.replace_all(r"\s+", " ")
    has_words = text.str.contains(r"\w")
    return frame.with_columns(
        same=pl.when(has_words).then(text.hash(0)).otherwise(0),
        alike=pl.when(has_words).then(folded.hash(0)).otherwise(0),
        n_chars=text.str.len_chars(),
    ).select(pl.col(name).cast(kind) for name, kind in RECORDS.items())
