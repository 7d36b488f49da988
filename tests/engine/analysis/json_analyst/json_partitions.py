"""Partitions of JSON files as the earlier stages leave them, and what the JSON analyst says of them, added up."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rlm_pipeline.analysis import batches, routing
from rlm_pipeline.analysis.json_analyst.observing import observe
from rlm_pipeline.analysis.observation import Observation
from rlm_pipeline.analysis.routing import Assignment
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.profiling import columns
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import DatasetStore


def config(source: Path, **sections: object) -> DatasetConfig:
    return DatasetConfig.model_validate(
        {"name": "events", "source": str(source), "chunking": {"size": 300}, **sections}
    )


def prepare(root: Path, files: Mapping[str, str | bytes], **sections: object) -> tuple[DatasetStore, DatasetConfig]:
    """A partition of these files, by name, read, profiled and cut into chunks."""
    folder = root / "source"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return prepare_source(root, folder, **sections)


def prepare_source(root: Path, source: Path, **sections: object) -> tuple[DatasetStore, DatasetConfig]:
    dataset = config(source, **sections)
    store = DatasetStore(root / dataset.name)
    for stage in (raw_file, columns, pairs, chunks):
        stage.materialise(store, dataset, "all")
    return store, dataset


def lines(records: Sequence[object]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def assignment(store: DatasetStore, dataset: DatasetConfig, batch_records: int = 2000, window: int = 4) -> Assignment:
    """The JSON sources of the partition in batches of about so many records, `window` batches at once."""
    plan = batches.plan(store, "all", batch_records=batch_records)
    runs = [plan.batches[first : first + window] for first in range(0, len(plan.batches), window)]
    windows = tuple(Window(store=store, partition="all", batches=run) for run in runs)
    sources = routing.routed(store.manifest("all").sources).get("json", ())
    return Assignment(store=store, config=dataset, partition="all", sources=sources, windows=windows)


def observed(store: DatasetStore, dataset: DatasetConfig, batch_records: int = 2000) -> list[Observation]:
    return [each for _, found in observe(assignment(store, dataset, batch_records)) for each in found]


@dataclass
class Summed:
    """What all batches say of one type and scope."""

    total: int = 0
    distribution: Counter = field(default_factory=Counter)
    numbers: Counter = field(default_factory=Counter)
    summaries: list = field(default_factory=list)


def summed(observations: Sequence[Observation]) -> dict[tuple[str, str], Summed]:
    found: dict[tuple[str, str], Summed] = {}
    for each in observations:
        assert each.analyst == "json"
        assert all(type(number) is int for number in each.numbers.values())
        one = found.setdefault((each.kind, each.scope), Summed())
        one.total += each.total
        one.distribution.update(dict(each.distribution))
        one.numbers.update({name: number for name, number in each.numbers.items() if isinstance(number, int)})
        one.summaries.append(each.summary)
    return found
