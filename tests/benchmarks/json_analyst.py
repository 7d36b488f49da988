"""Time and memory of the JSON analyst on one large file: `python tests/benchmarks/json_analyst.py 100`.

Writes JSON lines of about that many megabytes (the events of json_streaming.py), reads, profiles and chunks them, then
lets the analyst read them in a process of its own, and prints one Markdown row: MB, records, observations, CPU seconds,
MB per CPU second, peak MiB.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from json_streaming import write

FIELDS = "MB, records, observations, CPU s, MB per CPU s, peak MiB"


def prepare(path: Path) -> None:
    """The stages before the findings."""
    from rlm_pipeline.chunking import stage as chunks
    from rlm_pipeline.configuration import DatasetConfig
    from rlm_pipeline.profiling import columns
    from rlm_pipeline.profiling.pairs import stage as pairs
    from rlm_pipeline.sources import raw_file
    from rlm_pipeline.store import Store

    store, config = Store(path.parent / "store").dataset("events"), DatasetConfig(name="events", source=str(path))
    for stage in (raw_file, columns, pairs, chunks):
        stage.materialise(store, config, "all")


def observe(path: Path) -> None:
    """Let the analyst read the records, and print what that took, imports aside."""
    from rlm_pipeline.analysis import batches, routing
    from rlm_pipeline.analysis.json_analyst import observing
    from rlm_pipeline.analysis.window import Window
    from rlm_pipeline.configuration import DatasetConfig
    from rlm_pipeline.store import Store

    store, config = Store(path.parent / "store").dataset("events"), DatasetConfig(name="events", source=str(path))
    plan = batches.plan(store, "all", batch_records=batches.NARROW_BATCH_RECORDS)
    assignment = routing.Assignment(
        store=store,
        config=config,
        partition="all",
        sources=store.manifest("all").sources,
        windows=tuple(Window(store=store, partition="all", batches=run) for run in plan.windows()),
    )
    start = time.process_time()
    observations = sum(len(found) for _, found in observing.observe(assignment))
    seconds, megabytes = time.process_time() - start, path.stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"| {megabytes:,.0f} | {plan.records:,} | {observations:,} | {seconds:.1f} | {megabytes / seconds:.1f}"
        f" | {peak:,.0f} |"
    )


def main() -> None:
    """Write, prepare and read a file of the size asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=int)
    parser.add_argument("--observe", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.observe:
        observe(asked.observe)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        write(path, asked.megabytes, "jsonl")
        prepare(path)
        print(FIELDS)
        subprocess.run([sys.executable, __file__, str(asked.megabytes), "--observe", str(path)], check=True)


if __name__ == "__main__":
    main()
