"""What the column profile of a long table costs: CPU seconds and peak memory at several sizes, as Markdown rows.

`python tests/benchmarks/profile_memory.py [MEGABYTES]...` writes records of each size to a temporary folder (cells of
100, 400 and 1,600 MB unless told), five columns of which three never repeat a value, and profiles them in a process of
their own.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import ALL_YEARS, LINE, ROW, SOURCE, Manifest, SourceManifest
from rlm_pipeline.sources.records_table import group_rows
from rlm_pipeline.store import COMPRESSION, DatasetStore

BYTES_PER_RECORD = 100
"""Of an identifier, a number, a date, a category and a text, on average."""
COLUMNS = ("case", "amount", "opened", "queue", "note")
QUEUES = np.array(["billing", "network", "printing", "access", "n/a"])
WORDS = np.array(
    ["the", "printer", "on", "floor", "does", "not", "answer", "when", "she", "opens", "a", "large", "file"]
)


def main() -> None:
    """Profile each size and print its row, or, in the process of one size, its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("megabytes", nargs="*", type=int, default=[100, 400, 1600])
    parser.add_argument("--profile", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.profile or given.write:
        print(json.dumps(profile(given.profile) if given.profile else write(given.write, records_of(*given.megabytes))))
        return
    print("| cells | records | distinct | CPU s | peak MiB |\n|---|---|---|---|---|")
    for megabytes in given.megabytes:
        with tempfile.TemporaryDirectory() as folder:
            # A process starts with the peak of the one it came from, so this one must stay small: it writes nothing.
            in_process("--write", f"{folder}/long", str(megabytes))
            found = in_process("--profile", f"{folder}/long")
            row = (f"{megabytes:,} MB", f"{records_of(megabytes):,}", f"{found['distinct']:,}", f"{found['cpu']:.1f}")
            print("| " + " | ".join((*row, f"{found['peak']:,.0f}")) + " |", flush=True)


def records_of(megabytes: int) -> int:
    """How many records have cells of about this size."""
    return megabytes * 1_000_000 // BYTES_PER_RECORD


def in_process(*arguments: str) -> Any:
    """What `write` or `profile` returns in a new process."""
    command = [sys.executable, __file__, *arguments]
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": root}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def profile(folder: Path) -> dict[str, float]:
    """CPU seconds (user and system), peak resident MiB, and the distinct values of all columns."""
    from rlm_pipeline.profiling import columns

    found = columns.materialise(DatasetStore(folder), DatasetConfig(name="long", source="long.csv"), ALL_YEARS)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss / 1024,
        "distinct": int(found["distinct"].sum()),
    }


def write(folder: Path, records: int) -> int:
    """Write records as raw_file stores them; returns how many."""
    store = DatasetStore(folder)
    path = store.records_folder(ALL_YEARS) / "long.csv.parquet"
    path.parent.mkdir(parents=True)
    identity = [(SOURCE, pa.string()), (ROW, pa.int64()), (LINE, pa.int64())]
    schema = pa.schema([*identity, *((name, pa.string()) for name in COLUMNS)])
    with pq.ParquetWriter(path, schema, compression=COMPRESSION) as writer:
        for batch in batches(records, group_rows(len(COLUMNS))):
            writer.write_batch(pa.record_batch(batch, schema=schema))
    store.write_manifest(Manifest(partition=ALL_YEARS, sources=(described(records, path.name),)))
    return records


def batches(records: int, size: int) -> Iterator[list[pa.Array]]:
    """The columns of `size` records at a time: identity, case, amount, opened, queue, note."""
    chance = np.random.default_rng(0)
    for start in range(0, records, size):
        rows = np.arange(start, min(start + size, records))
        days = np.datetime64("2010-01-01") + chance.integers(0, 4000, len(rows))
        amounts = chance.lognormal(6, 2, len(rows))
        chosen = WORDS[chance.integers(0, len(WORDS), (len(rows), 9))]
        notes = [f"{' '.join(words)} {row:x}" for words, row in zip(chosen.tolist(), rows.tolist(), strict=True)]
        yield [
            pa.array(["long.csv"] * len(rows)),
            pa.array(rows + 1),
            pa.array(rows + 2),
            pa.array([f"C-{row:08d}" for row in rows.tolist()]),
            pa.array([f"{amount:.4f}" for amount in amounts.tolist()]),
            pa.array(np.datetime_as_string(days).tolist()),
            pa.array(QUEUES[chance.integers(0, len(QUEUES), len(rows))].tolist()),
            pa.array(notes),
        ]


def described(records: int, name: str) -> SourceManifest:
    """The manifest's entry of the one source."""
    return SourceManifest(
        source="long.csv", bytes=records * BYTES_PER_RECORD, sha256="", detected_type="csv", evidence="",
        encoding="utf-8", delimiter=",", header_line=1, header=COLUMNS, reader="rows", rows=records, quarantined=0,
        records_file=name,
    )  # fmt: skip


if __name__ == "__main__":
    main()
