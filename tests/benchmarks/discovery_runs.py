"""One data set through the pipeline with one seed, in a process of its own, as discovery_quality starts it.

python tests/benchmarks/discovery_runs.py SET DATA WORK SEED

Stages up to the findings run once into WORK/stores/SET; dimensions and labels run in a copy of it for each seed,
WORK/runs/seedSEED/SET, so that no seed knows the categories of another. Their CPU seconds and peak memory are written
beside it. Vectors are kept in WORK/vectors; the seconds told hold what they took when they were made.
"""

import os
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from rlm_pipeline.analysis import findings
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.profiling import columns, schema
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.retrieval import models
from rlm_pipeline.sources import raw_file
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.store import DatasetStore, write_json
from rlm_pipeline.taxonomy import dimensions, labels
from tests.benchmarks.discovery_sets import LabelledSet, labelled, structureless
from tests.benchmarks.discovery_vectors import KeptVectors


def main() -> None:
    name, data, work, seed = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    chosen = {each.name: each for each in (*labelled(), *structureless())}[name]
    config = chosen.config(data, work, seed)
    base = prepared(config, work)
    store = DatasetStore(work / "runs" / f"seed{seed}" / name)
    shutil.rmtree(store.folder, ignore_errors=True)
    shutil.copytree(base.folder, store.folder, copy_function=os.link)
    write_json(discovered(store, config, chosen, work), store.folder / "cost.json")


def prepared(config: DatasetConfig, work: Path) -> DatasetStore:
    """The stages that no seed changes."""
    store = DatasetStore(work / "stores" / config.name)
    done = store.folder / "prepared"
    if done.exists():
        return store
    shutil.rmtree(store.folder, ignore_errors=True)
    partitions = tuple(take_inventory(store, config).partitions)
    for partition in partitions:
        raw_file.materialise(store, config, partition)
        columns.materialise(store, config, partition)
    schema.materialise(store, config, partitions)
    for partition in partitions:
        pairs.materialise(store, config, partition)
        chunks.materialise(store, config, partition)
        findings.materialise(store, config, partition)
    done.write_text(" ".join(partitions), encoding="utf-8")
    return store


def discovered(store: DatasetStore, config: DatasetConfig, chosen: LabelledSet, work: Path) -> dict[str, object]:
    """Dimensions and labels, and what they cost."""
    kept: list[KeptVectors] = []
    open_minilm = models.open_minilm

    def opened(run: models.Run) -> KeptVectors:
        kept.append(KeptVectors(open_minilm(run), work / "vectors" / f"{chosen.name}.bin"))
        return kept[-1]

    models.open_minilm = opened  # type: ignore[assignment]
    partitions = tuple((store.folder / "prepared").read_text(encoding="utf-8").split())
    started = time.process_time()
    dimensions.materialise(store, config, partitions)
    summaries = [labels.materialise(store, config, partition) for partition in partitions]
    spent = time.process_time() - started
    encoding = sum(each.cpu_seconds for each in kept)
    return {
        "cpu_seconds": spent - sum(each.spent for each in kept) + encoding,
        "encoding_cpu_seconds": encoding,
        "peak_mib": peak_mib(),
        "records": sum(each.records for each in summaries),
        "labels": sum(each.labels for each in summaries),
        "expected_labels": sum(each.records * each.dimensions for each in summaries),
    }


def peak_mib() -> float:
    """Of this process alone: getrusage would tell the peak of the one it came from, if that is larger."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    main()
