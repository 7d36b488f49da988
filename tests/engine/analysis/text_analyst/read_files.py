"""Partitions of text files as the earlier stages leave them, and what the text analyst says about them."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from rlm_pipeline.analysis import batches, routing
from rlm_pipeline.analysis.observation import Observation
from rlm_pipeline.analysis.text_analyst import observing
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.profiling import columns
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import DatasetStore


def prepared(root: Path, files: Mapping[str, str], **sections: object) -> tuple[DatasetStore, DatasetConfig]:
    """The one partition of files with these contents, read, profiled and cut into chunks."""
    source = root / "files"
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    return prepared_from(root, source, **sections)


def prepared_from(root: Path, source: Path, **sections: object) -> tuple[DatasetStore, DatasetConfig]:
    """The one partition of the files of a folder, read, profiled and cut into chunks."""
    named = {"name": "texts", "source": str(source), "partition": {"by": "none"}}
    config = DatasetConfig.model_validate({**named, **sections})
    store = DatasetStore(root / "store" / "texts")
    for stage in (raw_file, columns, pairs, chunks):
        stage.materialise(store, config, "all")
    return store, config


def observed(store: DatasetStore, config: DatasetConfig, *, batch_records: int = 2000) -> list[Observation]:
    """Everything the text analyst says, in batches of about so many records."""
    plan = batches.plan(store, "all", batch_records=batch_records)
    windows = tuple(Window(store=store, partition="all", batches=run) for run in plan.windows())
    sources = routing.routed(store.manifest("all").sources)["text"]
    assignment = routing.Assignment(store=store, config=config, partition="all", sources=sources, windows=windows)
    return [each for _, found in observing.observe(assignment) for each in found]


def told(root: Path, files: Mapping[str, str], **sections: object) -> list[Observation]:
    """What the text analyst says about files with these contents."""
    return observed(*prepared(root, files, **sections))


def of(found: list[Observation], kind: str, scope: str = "") -> list[Observation]:
    """Those of one type whose scope begins so."""
    return [each for each in found if each.kind == kind and each.scope.startswith(scope)]


Sums = dict[tuple[str, str], tuple[int, Counter[str], Counter[str]]]


def sums(found: list[Observation]) -> Sums:
    """By type and scope the totals, distributions and numbers of all batches, added up."""
    totals: Counter[tuple[str, str]] = Counter()
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    numbers: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for each in found:
        key = each.kind, each.scope
        totals[key] += each.total
        counts[key].update(dict(each.distribution))
        numbers[key].update({name: int(str(number)) for name, number in each.numbers.items()})
    return {key: (totals[key], counts[key], numbers[key]) for key in totals}
