"""CPU seconds and peak memory of raw_file, column_profile, column_pairs and schema over a folder of yearly files.

python tests/benchmarks/ingest_stages.py FOLDER [--pattern 'fy(?P<year>\\d{4})']

All stages run in one process, as `rlm run` does. Prints a Markdown table. `rlm demo --rows 75000 --columns 2500`
writes the 1 GB set into its source folder first.
"""

import argparse
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from rlm_pipeline.configuration import DatasetConfig, PartitionRule
from rlm_pipeline.profiling import columns, schema
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.store import DatasetStore


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--pattern", default=r"fy(?P<year>\d{4})")
    asked = arguments.parse_args()
    config = DatasetConfig(
        name="benchmark", source=str(asked.folder), partition=PartitionRule(by="filename", pattern=asked.pattern)
    )
    scratch = Path(tempfile.mkdtemp(prefix="ingest_", dir=asked.folder.parent))
    store = DatasetStore(scratch / "benchmark")
    try:
        measured("inventory (hashes)", lambda: take_inventory(store, config))
        partitions = tuple(take_inventory(store, config).partitions)
        measured("raw_file", lambda: [raw_file.materialise(store, config, each) for each in partitions])
        measured("column_profile", lambda: [columns.materialise(store, config, each) for each in partitions])
        measured("schema", lambda: schema.materialise(store, config, partitions))
        measured("column_pairs", lambda: [pairs.materialise(store, config, each) for each in partitions])
        rows = sum(store.manifest(each).rows for each in partitions)
        aside = sum(store.manifest(each).quarantined for each in partitions)
        print(f"| records | {rows:,} stored + {aside:,} set aside | |")
    finally:
        shutil.rmtree(scratch)


def measured(name: str, work) -> None:
    start, wall = time.process_time(), time.monotonic()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = time.process_time() - start
    print(f"| {name} | {seconds:.1f} CPU s ({time.monotonic() - wall:.1f} s) | {peak:,.0f} MiB so far |", flush=True)


if __name__ == "__main__":
    main()
