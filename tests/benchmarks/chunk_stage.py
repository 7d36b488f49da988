"""The stage chunks by itself: CPU seconds, MB of text per CPU second and peak memory, and what 1 % of the rows changes.

python tests/benchmarks/chunk_stage.py [FOLDER] [--chunks 350000] [--wide-rows 4000] [--real-data DATA]

Writes 11 yearly CSV files of five columns (3,000 characters for each chunk asked for), and one of 2,500 columns, below
FOLDER or a temporary folder, runs the stages before chunks, then chunks in a process of its own. Then edits every
hundredth row of every year and runs it again. CPU seconds of a machine with other work on it are up to half as many
again: run it on one that is idle.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from rlm_pipeline import configuration
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.evaluation import support_desk
from rlm_pipeline.profiling import columns
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import DatasetStore, Store
from tests.benchmarks import scale_records

WIDE_COLUMNS = 2500
YEARLY = "partition: {by: filename, pattern: 'fy(?P<year>\\d{4})'}\n"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path, nargs="?")
    arguments.add_argument("--chunks", type=int, default=350_000)
    arguments.add_argument("--wide-rows", type=int, default=4000)
    arguments.add_argument("--real-data", type=Path, help="folder with msha-injuries and sotu")
    arguments.add_argument("--stage", help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.stage:
        print(json.dumps(chunked(asked.folder, asked.stage)))
        return
    with tempfile.TemporaryDirectory(prefix="chunk_stage_") as temporary:
        measured(asked.folder or Path(temporary), asked)


def measured(folder: Path, asked: argparse.Namespace) -> None:
    written = scale_records.write(folder / "narrow", asked.chunks * 3000, 350, asked.real_data)
    (folder / "wide").mkdir(parents=True, exist_ok=True)
    support_desk.write_support_desk(folder / "wide", rows=asked.wide_rows, columns=WIDE_COLUMNS, years=1, seed=7)
    (folder / "narrow.yaml").write_text(f"name: narrow\nsource: {folder}/narrow/*.csv\n{YEARLY}", encoding="utf-8")
    (folder / "wide.yaml").write_text(f"name: wide\nsource: {folder}/wide/support_fy*.csv\n", encoding="utf-8")
    print(f"narrow: {written.rows:,} records; wide: {asked.wide_rows:,} records of {WIDE_COLUMNS:,} columns\n")
    print("| what | chunks | MB of text | CPU s | MB per CPU s | peak MiB |\n|---|---|---|---|---|---|", flush=True)
    prepared(folder, "wide", (raw_file, columns, pairs))
    shown("wide", in_own_process(folder, "wide"))
    prepared(folder, "narrow", (raw_file, columns))
    shown("narrow", in_own_process(folder, "narrow"))
    before = hashes(folder)
    share = scale_records.in_all_years(folder / "narrow")
    prepared(folder, "narrow", (raw_file, columns))
    shown(f"narrow, {share:.1%} of the rows edited, in all years", in_own_process(folder, "narrow"))
    after = hashes(folder)
    new = after.join(before, on="content_hash", how="anti").height
    print(f"\n{new:,} of {after.height:,} chunks ({new / after.height:.1%}) have text that was in no chunk before")


def prepared(folder: Path, name: str, stages: Iterable[ModuleType]) -> None:
    """Run the stages before chunks for every partition."""
    store, config = opened(folder, name)
    for partition in partitions(folder, name):
        for each in stages:
            each.materialise(store, config, partition)


def chunked(folder: Path, name: str) -> dict[str, float]:
    """Run the stage; its CPU seconds are without the start of the process."""
    store, config = opened(folder, name)
    start = time.process_time()
    summaries = [chunks.materialise(store, config, partition) for partition in partitions(folder, name)]
    return {
        "cpu": time.process_time() - start,
        "chunks": sum(each.chunks for each in summaries),
        "characters": sum(each.characters for each in summaries),
        "peak_mib": peak_mib(),
    }


def peak_mib() -> float:
    """Of this process alone; what getrusage says is at least what its parent had when it was started."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def in_own_process(folder: Path, name: str) -> dict[str, float]:
    command = [sys.executable, __file__, str(folder), "--stage", name]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def opened(folder: Path, name: str) -> tuple[DatasetStore, DatasetConfig]:
    return Store(folder / "home").dataset(name), configuration.load(folder / f"{name}.yaml")


def partitions(folder: Path, name: str) -> list[str]:
    return ["all"] if name == "wide" else [f"FY{path.stem[2:]}" for path in sorted((folder / name).glob("fy*.csv"))]


def hashes(folder: Path) -> pl.DataFrame:
    return pl.scan_parquet(folder / "home/narrow/chunks/*.parquet").select("content_hash").collect()


def shown(what: str, found: dict[str, float]) -> None:
    megabytes = found["characters"] / 1e6
    print(
        f"| {what} | {found['chunks']:,} | {megabytes:,.0f} | {found['cpu']:.1f} | {megabytes / found['cpu']:.1f} "
        f"| {found['peak_mib']:,.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
