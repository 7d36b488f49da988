"""Chunks, vectors and words of about 1 GB of text: CPU seconds and memory by stage, runs after changes, warm searches.

python tests/benchmarks/index_scale.py [FOLDER] [--chunks 350000] [--keep] [--real-data DATA]

Writes 11 yearly CSV files of records (near-unique texts of real sentences, where DATA/msha-injuries and DATA/sotu are
there, else of words drawn by Zipf's law; 3,000 characters for each chunk asked for) below FOLDER, unless they are there
already. Runs every stage on a copy of them by `rlm run --select` in a process of its own, then again with nothing
changed and with 1 % changed: rows of one year, rows appended, rows of all years, rows inserted into all years. Then
searches in one warm process. Prints Markdown tables. The code must not change meanwhile, or everything is out of date:
where it does, run a copy of the project's folder.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import scale_records

STAGES = ("raw_file", "column_profile", "column_pairs", "chunks", "embeddings", "lexical_index", "vector_index")
INDEXING = STAGES[3:]
QUERIES = 300
COMPARED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one command and its children: CPU and wall seconds, and the most memory they held together."""

    cpu: float
    wall: float
    peak_mib: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path, nargs="?")
    arguments.add_argument("--chunks", type=int, default=350_000)
    arguments.add_argument("--record-characters", type=int, default=350, help="mean length of a record's text")
    arguments.add_argument("--real-data", type=Path, help="folder with msha-injuries and sotu")
    arguments.add_argument("--keep", action="store_true", help="leave the files, for a second look")
    arguments.add_argument("--search", action="store_true", help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.search:
        print(json.dumps(warm_searches(asked.folder)))
        return
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="index_scale_"))
    try:
        measured(folder, asked)
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)


def measured(folder: Path, asked: argparse.Namespace) -> None:
    drawn, sources = folder / "sources", folder / "changing"
    if not drawn.exists():
        scale_records.write(drawn, asked.chunks * 3000, asked.record_characters, asked.real_data)
    for old in (sources, folder / "home"):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(drawn, sources)
    size = sum(each.stat().st_size for each in sources.iterdir())
    print(f"\n{size / 1e6:,.0f} MB of CSV, 11 files\n", flush=True)
    config = folder / "scale.yaml"
    config.write_text(
        f"name: scale\nsource: {sources}/*.csv\npartition: {{by: filename, pattern: 'fy(?P<year>\\d{{4}})'}}\n",
        encoding="utf-8",
    )
    print("| run | CPU s | wall s | peak MiB |\n|---|---|---|---|", flush=True)
    costs = {stage: shown(stage, rlm(folder, "run", config, "--select", stage)) for stage in STAGES}
    indexing = sum(costs[stage].cpu for stage in INDEXING)
    print(f"| **chunks to vector_index** | **{indexing:.0f}** | | |", flush=True)
    everything = [word for stage in STAGES for word in ("--select", stage)]
    shown("nothing changed", rlm(folder, "run", config, *everything))
    whole = sum(cost.cpu for cost in costs.values())
    for name, change in scale_records.CHANGES.items():
        share = change(sources)
        cost = shown(f"{name} ({share:.2%} of the rows)", rlm(folder, "run", config, *everything))
        print(f"| share of the first run | {cost.cpu / whole:.1%} | | |", flush=True)
    chunks = pl.scan_parquet(folder / "home/scale/chunks/*.parquet").select(
        chunks=pl.len(), mean=pl.col("n_chars").mean()
    )
    print(f"\n{chunks.collect().to_dicts()[0]}", flush=True)
    searched(folder)


def searched(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, __file__, str(folder), "--search"], check=True, capture_output=True, text=True, env=env(folder)
    )
    found = json.loads(done.stdout.splitlines()[-1])
    print("\n| search, warm | p50 ms | p95 ms | CPU ms |\n|---|---|---|---|")
    for mode, figures in found["modes"].items():
        print(f"| {mode} | {figures['p50']:.1f} | {figures['p95']:.1f} | {figures['cpu']:.1f} |")
    print(
        f"\nrecall@10 against exact over {COMPARED} queries: {found['recall']:.4f}; peak {found['peak_mib']:,.0f} MiB"
    )


def shown(name: str, cost: Cost) -> Cost:
    print(f"| {name} | {cost.cpu:.1f} | {cost.wall:.1f} | {cost.peak_mib:,.0f} |", flush=True)
    return cost


def env(folder: Path) -> dict[str, str]:
    return {**os.environ, "RLM_HOME": str(folder / "home"), "PYTHONPATH": str(Path(__file__).parents[2])}


def rlm(folder: Path, *words: object) -> Cost:
    """Run one `rlm` command; its output is kept in FOLDER/log.txt."""
    command = [sys.executable, "-c", "from assets.command_line import app; app()", *map(str, words)]
    with (folder / "log.txt").open("ab") as log:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=log, stderr=log, env=env(folder))
        with peak_of(process.pid) as peak:
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"rlm {' '.join(map(str, words))} failed; see {folder / 'log.txt'}")
    return Cost(cpu=used.ru_utime + used.ru_stime, wall=time.monotonic() - start, peak_mib=peak[0] / 1024)


@contextlib.contextmanager
def peak_of(pid: int) -> Iterator[list[int]]:
    """The most resident memory, in kB, of a process and all below it, looked at five times a second."""
    peak, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(0.2):
            peak[0] = max(peak[0], sum(map(resident, family(pid))))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def family(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        return [pid, *(each for child in children for each in family(int(child)))]
    return []


def resident(pid: int) -> int:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)
    return 0


def warm_searches(folder: Path) -> dict[str, object]:
    """Times of searches in one process, and how many of the exact ten nearest the index finds."""
    import resource

    from rlm_pipeline.configuration import load
    from rlm_pipeline.evaluation.retrieval_quality import share_found
    from rlm_pipeline.retrieval.queries import Query
    from rlm_pipeline.retrieval.searcher import Searcher
    from rlm_pipeline.store import DatasetStore

    store, config = DatasetStore(folder / "home/scale"), load(folder / "scale.yaml")
    asked = queries(store.folder)
    searcher = Searcher(store, config)
    modes: dict[str, dict[str, float]] = {}
    for mode in ("hybrid", "semantic", "bm25"):
        for query in asked[:20]:
            searcher.search(Query(text=query, mode=mode))
        times, start = [], time.process_time()
        for query in asked:
            began = time.perf_counter()
            searcher.search(Query(text=query, mode=mode))
            times.append(1000 * (time.perf_counter() - began))
        cpu = 1000 * (time.process_time() - start) / len(asked)
        p50, p95 = np.quantile(times, (0.5, 0.95))
        modes[mode] = {"p50": float(p50), "p95": float(p95), "cpu": cpu}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    exact = Searcher(store, config, index_from_rows=10**12)
    shares = []
    for query in asked[:COMPARED]:
        near = Query(text=query, mode="semantic")
        ids = [[hit.chunk_id for hit in each.search(near)] for each in (searcher, exact)]
        shares.append(share_found(*ids))
    return {"modes": modes, "recall": float(np.mean(shares)), "peak_mib": peak}


def queries(dataset: Path) -> list[str]:
    """Three to ten neighbouring words of chunks drawn from all years."""
    random = np.random.default_rng(5)
    texts = pl.scan_parquet(dataset / "chunks/*.parquet").select(pl.col("text").gather_every(97)).collect()["text"]
    found = []
    for place in random.choice(len(texts), QUERIES, replace=len(texts) < QUERIES):
        words = [word for word in texts[int(place)].split() if word.isalpha()]
        length = int(random.integers(3, 11))
        start = int(random.integers(0, max(1, len(words) - length)))
        found.append(" ".join(words[start : start + length]))
    return found


if __name__ == "__main__":
    main()
