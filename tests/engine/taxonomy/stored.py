"""Records as the stages before discovery store them, and a dataset with letters whose matter is known."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from rlm_pipeline.analysis import derived, statements
from rlm_pipeline.configuration import ColumnRoles, DatasetConfig, Discovery, Embedding
from rlm_pipeline.model import LINE, ROW, SOURCE, Manifest, SourceManifest
from rlm_pipeline.profiling import columns, schema
from rlm_pipeline.store import DatasetStore, write_frame
from tests.engine.taxonomy.letters import babble, letters

YEARS = ("FY2020", "FY2021", "FY2022")
SECRET = "0170-555-01"

Cells = Mapping[str, Sequence[str | None]]

CONFIG = DatasetConfig(
    name="letters",
    source="letters.csv",
    columns=ColumnRoles(ignore=("*_phone",)),
    embedding=Embedding(discovery="static"),
    discovery=Discovery(max_statements=400),
)


def put(store: DatasetStore, config: DatasetConfig, years: Mapping[str, Cells]) -> tuple[str, ...]:
    """Store these cells as one source a year, with profiles, schema and statements; returns the years."""
    for year, cells in years.items():
        _records(store, year, cells)
        columns.materialise(store, config, year)
    partitions = tuple(sorted(years))
    schema.materialise(store, config, partitions)
    for year in partitions:
        statements.materialise(store, config, year)
        with derived.writing(store.derived_path(year), dict):
            pass  # no analyst derives anything from the rows of a table
    return partitions


def desk(folder: Path, rows: int = 220) -> tuple[DatasetStore, dict[str, list[str]]]:
    """Three years of letters: matter in free text, noise beside it, a few coded columns; and the true matters."""
    store = DatasetStore(folder / "letters")
    truth: dict[str, list[str]] = {}
    years: dict[str, Cells] = {}
    for number, year in enumerate(YEARS):
        texts, truth[year] = letters(rows, seed=number)
        years[year] = {
            "letter_text" if year == "FY2020" else "LetterText": texts,
            "babble": babble(rows, seed=100 + number),
            **coded(rows, seed=number, with_shelf=year != "FY2020"),
        }
    put(store, CONFIG, years)
    return store, truth


def coded(rows: int, *, seed: int, with_shelf: bool) -> dict[str, list[str | None]]:
    """Coded columns of every sort: informative, recoded, sparse, near-constant, and one that is not to be read."""
    chance = random.Random(seed)
    region = [chance.choice(("North", "South", "East")) for _ in range(rows)]
    cells: dict[str, list[str | None]] = {
        "region": [value if place % 7 else value.upper() for place, value in enumerate(region)],
        "region_code": [{"North": "N", "South": "S", "East": "E"}[value] for value in region],
        "channel": [chance.choice(("mail", "phone", "n/a")) for _ in range(rows)],
        "rare_mark": ["yes" if chance.random() < 0.02 else None for _ in range(rows)],
        "almost_always": ["no" if chance.random() < 0.01 else "yes" for _ in range(rows)],
        "home_phone": [SECRET] * rows,
    }
    if with_shelf:
        cells["shelf"] = [chance.choice(("A", "B")) for _ in range(rows)]
    return cells


def _records(store: DatasetStore, year: str, cells: Cells) -> None:
    rows = len(next(iter(cells.values())))
    source = f"{year.lower()}.csv"
    frame = pl.DataFrame({name: pl.Series(values, dtype=pl.String) for name, values in cells.items()})
    identified = frame.with_columns(
        pl.lit(source).alias(SOURCE),
        pl.int_range(1, rows + 1, dtype=pl.Int64).alias(ROW),
        pl.int_range(2, rows + 2, dtype=pl.Int64).alias(LINE),
    )
    write_frame(identified, store.records_folder(year) / f"{source}.parquet")
    manifest = SourceManifest(
        source=source, bytes=0, sha256="", detected_type="csv", evidence="", encoding="utf-8", delimiter=",",
        header_line=1, header=tuple(cells), reader="rows", rows=rows, quarantined=0,
        records_file=f"{source}.parquet",
    )  # fmt: skip
    store.write_manifest(Manifest(partition=year, sources=(manifest,)))
