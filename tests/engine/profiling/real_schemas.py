"""The real data sets whose schemas are known: their profiles and schemas, made once; what is true about them."""

import functools
import gzip
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from rlm_pipeline import configuration
from rlm_pipeline.profiling import columns, schema
from rlm_pipeline.sources import raw_file
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.store import DatasetStore

FIXTURES = Path(__file__).parents[2] / "fixtures"
DATA = Path(__file__).parents[4] / "shared" / "data"
ABSENT = "the real data sets are not on this machine"


@functools.cache
def unified(name: str) -> tuple[DatasetStore, schema.Schema]:
    """Records, profiles and the schema of one data set, with its configuration in the fixtures."""
    config = configuration.load(FIXTURES / f"{name}.yaml")
    store = DatasetStore(Path(_folder()) / name)
    partitions = take_inventory(store, config).partitions
    for partition in partitions:
        raw_file.materialise(store, config, partition)
        columns.materialise(store, config, partition)
    return store, schema.materialise(store, config, tuple(partitions))


def questions(folder: str) -> list[dict[str, Any]]:
    """The questions with exact answers of one data set."""
    with gzip.open(DATA / folder / "questions_exact.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def h2b_fields(spellings: Iterator[tuple[str, str]] | list[tuple[str, str]], *, evident: bool) -> dict[Any, str]:
    """The true field of every column of every year; with `evident`, also what is plain though not documented."""
    known = yaml.safe_load((FIXTURES / "h2b_fields.yaml").read_text(encoding="utf-8"))
    fields = {(partition, column): column.lower() for partition, column in spellings}
    for section in ("documented", "evident") if evident else ("documented",):
        for field, written in known[section].items():
            for column, years in written.items():
                for partition in _partitions(str(years)):
                    # The files of some years of a range are missing.
                    if (partition, column) in fields:
                        fields[partition, column] = f"field {field}"
    return fields


def _partitions(years: str) -> Iterator[str]:
    for part in years.split(","):
        first, _, last = part.strip().partition("-")
        yield from (f"FY{year}" for year in range(int(first), int(last or first) + 1))


@functools.cache
def _folder() -> str:
    folder = tempfile.TemporaryDirectory(prefix="schemas_")
    _KEPT.append(folder)
    return folder.name


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
