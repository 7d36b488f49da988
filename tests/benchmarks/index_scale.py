"""Chunks, vectors and words of about 1 GB of text: CPU seconds and memory by stage, runs after changes, warm searches.

python tests/benchmarks/index_scale.py [FOLDER] [--chunks 350000] [--keep] [--real-data DATA] [--only PART ...]

Writes 11 yearly CSV files of records (near-unique texts of real sentences, where DATA/msha-injuries and DATA/sotu are
there, else of words drawn by Zipf's law; 3,000 characters for each chunk asked for) below FOLDER, unless they are there
already. Runs every stage on a copy of them by `rlm run --select` in a process of its own, then again with nothing
changed and with 1 % changed: rows of one year, rows appended, rows of all years, rows inserted into all years. Then
searches in one warm process; of several rounds of searches the one with the least median is told, since other processes
only ever add to a time. `--only first changes search` are the parts, of which `changes` and `search` want what `first`
left in FOLDER. Prints Markdown tables. The code must not change meanwhile, or everything is out of date: where it does,
run a copy of the project's folder.
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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import scale_records

if TYPE_CHECKING:
    from rlm_pipeline.retrieval.queries import Query
    from rlm_pipeline.retrieval.searcher import Searcher

STAGES = ("raw_file", "column_profile", "column_pairs", "chunks", "embeddings", "lexical_index", "vector_index")
INDEXING = STAGES[3:]
PARTS = ("first", "changes", "search")
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
    arguments.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to measure")
    arguments.add_argument("--rounds", type=int, default=3, help="of searches, of which the quietest is told")
    arguments.add_argument("--keep", action="store_true", help="leave the files, for a second look")
    arguments.add_argument("--search", action="store_true", help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.search:
        print(json.dumps(warm_searches(asked.folder, asked.rounds)))
        return
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="index_scale_"))
    try:
        measured(folder, asked)
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)


def measured(folder: Path, asked: argparse.Namespace) -> None:
    config = folder / "scale.yaml"
    everything = [word for stage in STAGES for word in ("--select", stage)]
    whole = 0.0
    if "first" in asked.only:
        whole = first_run(folder, asked, config)
        shown("nothing changed", rlm(folder, "run", config, *everything))
    if "changes" in asked.only:
        for name, change in scale_records.CHANGES.items():
            share = change(folder / "changing")
            cost = shown(f"{name} ({share:.2%} of the rows)", rlm(folder, "run", config, *everything))
            if whole:
                print(f"| share of the first run | {cost.cpu / whole:.1%} | | |", flush=True)
    chunks = pl.scan_parquet(folder / "home/scale/chunks/*.parquet").select(
        chunks=pl.len(), mean=pl.col("n_chars").mean()
    )
    print(f"\n{chunks.collect().to_dicts()[0]}", flush=True)
    if "search" in asked.only:
        searched(folder, asked.rounds)


def first_run(folder: Path, asked: argparse.Namespace, config: Path) -> float:
    """Write the records, where they are not there, and run every stage on a copy; returns its CPU seconds."""
    drawn, sources = folder / "sources", folder / "changing"
    if not drawn.exists():
        scale_records.write(drawn, asked.chunks * 3000, asked.record_characters, asked.real_data)
    for old in (sources, folder / "home"):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(drawn, sources)
    size = sum(each.stat().st_size for each in sources.iterdir())
    print(f"\n{size / 1e6:,.0f} MB of CSV, 11 files\n", flush=True)
    config.write_text(
        f"name: scale\nsource: {sources}/*.csv\npartition: {{by: filename, pattern: 'fy(?P<year>\\d{{4}})'}}\n",
        encoding="utf-8",
    )
    print("| run | CPU s | wall s | peak MiB |\n|---|---|---|---|", flush=True)
    costs = {stage: shown(stage, rlm(folder, "run", config, "--select", stage)) for stage in STAGES}
    indexing = sum(costs[stage].cpu for stage in INDEXING)
    print(f"| **chunks to vector_index** | **{indexing:.0f}** | | |", flush=True)
    return sum(cost.cpu for cost in costs.values())


def searched(folder: Path, rounds: int) -> None:
    words = [sys.executable, __file__, str(folder), "--search", "--rounds", str(rounds)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, env=env(folder))
    found = json.loads(done.stdout.splitlines()[-1])
    print("\n| search, warm | p50 ms | p95 ms | CPU ms | load |\n|---|---|---|---|---|")
    for mode, figures in found["modes"].items():
        print(
            f"| {mode} | {figures['p50']:.1f} | {figures['p95']:.1f} | {figures['cpu']:.1f} | {figures['load']:.1f} |"
        )
    shares = ", ".join(f"recall@{top_k} {share:.4f}" for top_k, share in found["recall"].items())
    print(f"\nagainst exact over {COMPARED} queries: {shares}")
    print(f"memory at most {found['peak_mib']:,.0f} MiB, of which {found['own_mib']:,.0f} are not of mapped files")


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


def warm_searches(folder: Path, rounds: int) -> dict[str, object]:
    """Times of searches in one process, and how many of the exact nearest the index finds."""
    import resource

    from rlm_pipeline.configuration import load
    from rlm_pipeline.evaluation.retrieval_quality import share_found
    from rlm_pipeline.retrieval.filters import Filters
    from rlm_pipeline.retrieval.queries import Query
    from rlm_pipeline.retrieval.searcher import Searcher
    from rlm_pipeline.store import DatasetStore

    store, config = DatasetStore(folder / "home/scale"), load(folder / "scale.yaml")
    asked = queries(store.folder)
    searcher = Searcher(store, config)
    partitions = store.partitions_with("chunks")
    kinds = {
        "hybrid": Query(),
        "semantic": Query(mode="semantic"),
        "bm25": Query(mode="bm25"),
        "hybrid, one partition": Query(filters=Filters(partitions=partitions[:1])),
        "hybrid, two partitions": Query(filters=Filters(partitions=partitions[:2])),
    }
    modes = {
        name: min((timed(searcher, kind, asked) for _ in range(rounds)), key=lambda figures: figures["p50"])
        for name, kind in kinds.items()
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    own = next(
        int(line.split()[1]) / 1024
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        if line.startswith("RssAnon")
    )
    exact = Searcher(store, config, index_from_rows=10**12)
    recall = {}
    for top_k in (10, 50):
        shares = []
        for text in asked[:COMPARED]:
            near = Query(text=text, mode="semantic", top_k=top_k)
            shares.append(share_found(*([hit.chunk_id for hit in each.search(near)] for each in (searcher, exact))))
        recall[top_k] = float(np.mean(shares))
    return {"modes": modes, "recall": recall, "peak_mib": peak, "own_mib": own}


def timed(searcher: "Searcher", kind: "Query", asked: list[str]) -> dict[str, float]:
    """Quantiles of the wall time and the mean CPU time of all threads, in ms, and how many processes wanted to run."""
    for text in asked[:20]:
        searcher.search(replace(kind, text=text))
    times, start = [], time.process_time()
    for text in asked:
        began = time.perf_counter()
        searcher.search(replace(kind, text=text))
        times.append(1000 * (time.perf_counter() - began))
    cpu = 1000 * (time.process_time() - start) / len(asked)
    p50, p95 = np.quantile(times, (0.5, 0.95))
    return {"p50": float(p50), "p95": float(p95), "cpu": cpu, "load": os.getloadavg()[0]}


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
