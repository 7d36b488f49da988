"""A small desk whose truth is planted: records, labels and dimensions as the stages before taxonomy store them."""

import dataclasses
from pathlib import Path

import numpy as np
import polars as pl

from rlm_pipeline.configuration import ColumnRoles, DatasetConfig
from rlm_pipeline.model import (
    BLANK,
    LABEL_SCHEMA,
    LINE,
    OTHER,
    QUARANTINE_SCHEMA,
    ROW,
    SOURCE,
    Manifest,
    SourceManifest,
)
from rlm_pipeline.profiling import columns, schema
from rlm_pipeline.store import DatasetStore, write_frame, write_json
from rlm_pipeline.synthesis.document import MergedFindings, Totals
from rlm_pipeline.taxonomy.document import Category, Citation, Dimension, DimensionSet

YEARS = ("FY2020", "FY2021", "FY2022")
TOPICS = ("jam", "toner", "login", "vpn")
PHRASES = ("paper jam on tray 2", "toner is low", "login refused", "vpn drops")
SHARES = {"FY2020": (0.1, 0.3, 0.3, 0.3), "FY2021": (0.2, 0.2, 0.3, 0.3), "FY2022": (0.3, 0.1, 0.3, 0.3)}
CHANNELS = ("phone", "mail", "portal")
SECRET = "555-0100"

CONFIG = DatasetConfig(name="desk", source="desk.csv", columns=ColumnRoles(id="ticket", ignore=("*_phone",)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Desk:
    store: DatasetStore
    frames: dict[str, pl.DataFrame]
    topics: dict[str, np.ndarray]


def build(folder: Path, *, size: int = 600, seed: int = 1, years: tuple[str, ...] = YEARS) -> Desk:
    """`jam` rises from 10 to 30 %; `priority` and `cost` go with the topic; `site` with nothing."""
    rng = np.random.default_rng(seed)
    store = DatasetStore(folder / "desk")
    frames, topics = {}, {}
    for year in years:
        topics[year] = rng.choice(len(TOPICS), size=size, p=SHARES[year])
        frames[year] = _records(rng, year, topics[year])
        write_frame(frames[year], store.records_folder(year) / f"{year.lower()}.csv.parquet")
        write_frame(_quarantine(year), store.quarantine_path(year))
        store.write_manifest(_manifest(year, frames[year]))
        columns.materialise(store, CONFIG, year)
        write_frame(_labels(frames[year], topics[year]), store.labels_path(year))
        totals = {year: Totals(records=size, batches=1, findings=0)}
        merged = MergedFindings(dataset="desk", partitions=totals, columns=(), pairs=(), themes=(), conflicts=())
        write_json(merged.model_dump(mode="json"), store.merged_findings_path(year))
    schema.materialise(store, CONFIG, years)
    write_json(_dimensions(frames).model_dump(mode="json", by_alias=True), store.dimensions_path)
    return Desk(store=store, frames=frames, topics=topics)


def _records(rng: np.random.Generator, year: str, topics: np.ndarray) -> pl.DataFrame:
    size = len(topics)
    last, sides = ("wing", ("north", "south")) if year == "FY2020" else ("annex", ("east", "west"))
    priority = np.where(rng.random(size) < 0.6, topics % 3, rng.integers(0, 3, size))
    cells = {
        "ticket": [f"{year}-{at:05d}" for at in range(size)],
        "description": [
            None if at % 50 == 0 else f"Caller {at} in room {at % 17} says {PHRASES[topic]}, please help soon"
            for at, topic in enumerate(topics)
        ],
        "channel": [CHANNELS[at] for at in rng.integers(0, 3, size)],
        "priority": [(" High", "LOW", "low ")[at] if at != 1 else "Medium" for at in priority],
        "site": [f"site {at}" for at in rng.integers(0, 5, size)],
        "cost": [f"{value:.2f}" for value in rng.normal(20 + 10 * topics, 5)],
        "caller_phone": [SECRET] * size,
        "comment": [f"group {at % 4}" if at % 2 else None for at in rng.integers(0, 8, size)],
        last: [sides[at] for at in rng.integers(0, 2, size)],
    }
    return pl.DataFrame(cells).with_columns(
        pl.lit(f"{year.lower()}.csv").alias(SOURCE),
        pl.int_range(1, size + 1, dtype=pl.Int64).alias(ROW),
        pl.int_range(2, size + 2, dtype=pl.Int64).alias(LINE),
    )


def _quarantine(year: str) -> pl.DataFrame:
    rows = [(f"{year.lower()}.csv", None, 900 + at, f"ragged: {at} cells where 9 are expected", b"x") for at in (3, 4)]
    return pl.DataFrame(rows, schema=QUARANTINE_SCHEMA, orient="row")


def _manifest(year: str, frame: pl.DataFrame) -> Manifest:
    source = SourceManifest(
        source=f"{year.lower()}.csv",
        bytes=1,
        sha256=f"{year}{frame.height}",
        detected_type="csv",
        evidence="",
        encoding="utf-8",
        delimiter=",",
        header_line=1,
        header=tuple(frame.columns[:-3]),
        reader="row",
        rows=frame.height,
        quarantined=2,
        records_file=f"{year.lower()}.csv.parquet",
    )
    return Manifest(partition=year, sources=(source,))


def _labels(frame: pl.DataFrame, topics: np.ndarray) -> pl.DataFrame:
    """Topics as planted (every 50th record blank, every 33rd other), channels as written."""
    topic = [
        BLANK if at % 50 == 0 else OTHER if at % 33 == 0 else f"topic-{TOPICS[topic]}"
        for at, topic in enumerate(topics)
    ]
    answers = {"topic": topic, "channel": [f"channel-{value}" for value in frame["channel"]]}
    return pl.concat(
        frame.select(
            pl.col(SOURCE).alias("source"),
            pl.col(ROW).alias("row"),
            pl.lit(dimension).alias("dimension_id"),
            pl.Series("category_id", categories),
            pl.lit(0.9, pl.Float32).alias("confidence"),
            pl.lit(0.5, pl.Float32).alias("margin"),
            pl.lit(None, pl.String).alias("runner_up"),
        )
        for dimension, categories in answers.items()
    ).select(LABEL_SCHEMA.names())


def _dimensions(frames: dict[str, pl.DataFrame]) -> DimensionSet:
    topic = Dimension(
        id="topic",
        name="Description",
        definition="What the description is about.",
        facet="description",
        kind="text",
        method="planted",
        stability=0.9,
        gate="passed",
        categories=(
            *(
                Category(id=f"topic-{name}", name=name, definition="", status="established")
                for name in ("paper", "net")
            ),
            *(
                Category(
                    id=f"topic-{name}",
                    name=name,
                    definition=f"About {name}.",
                    parent="topic-paper" if at < 2 else "topic-net",
                    status="established" if at < 3 else "tentative",
                    stability=0.8,
                    exemplars=_exemplars(frames, PHRASES[at]),
                )
                for at, name in enumerate(TOPICS)
            ),
        ),
    )
    channel = Dimension(
        id="channel",
        name="Channel",
        definition="The value of channel.",
        facet="channel",
        kind="categorical",
        method="values",
        gate="passed",
        categories=tuple(
            Category(id=f"channel-{name}", name=name, definition="", status="established") for name in CHANNELS
        ),
    )
    mood = Dimension(
        id="mood",
        name="Mood",
        definition="",
        facet="mood",
        kind="text",
        method="planted",
        stability=0.2,
        gate="no_stable_structure",
        sampled_statements=400,
        distinct_statements=1_700,
    )
    return DimensionSet(dataset="desk", dimensions=(topic, channel, mood), left_out={"wing": "too few values"})


def _exemplars(frames: dict[str, pl.DataFrame], phrase: str) -> tuple[Citation, ...]:
    return tuple(
        Citation(
            source=row[SOURCE],
            row=row[ROW],
            line=row[LINE],
            column="description",
            quote=f"says {phrase}",
            verified=False,
        )
        for frame in frames.values()
        for row in frame.filter(pl.col("description").str.contains(phrase, literal=True)).head(1).iter_rows(named=True)
    )
