"""What redaction costs: raw_file of one file with and without it, in CPU seconds, and its peak memory.

    python tests/benchmarks/redaction.py FILE [--copies N]

`--copies` repeats the file's records (a table's header once), for a size that says something.
"""

import argparse
import gzip
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import DatasetStore


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file", type=Path)
    arguments.add_argument("--copies", type=int, default=1)
    arguments.add_argument("--redact", choices=("true", "false"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.redact:
        _measured(given.file, redact=given.redact == "true")
        return
    with tempfile.TemporaryDirectory() as folder:
        repeated = _repeated(given.file, Path(folder), given.copies)
        for redact in ("false", "true"):
            subprocess.run([sys.executable, __file__, str(repeated), "--redact", redact], check=True)


def _repeated(file: Path, folder: Path, copies: int) -> Path:
    raw = file.read_bytes()
    content = gzip.decompress(raw) if file.suffix == ".gz" else raw
    name = file.name.removesuffix(".gz")
    head, end, body = content.partition(b"\n") if name.endswith(".csv") else (b"", b"", content)
    path = folder / name
    with path.open("wb") as stream:
        stream.write(head + end)
        for _ in range(copies):
            stream.write(body)
    return path


def _measured(file: Path, *, redact: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = DatasetStore(Path(folder) / "mine")
        config = DatasetConfig(name="mine", source=str(file), redact=redact)
        started = time.process_time()
        manifest = raw_file.materialise(store, config, "all")
        seconds = time.process_time() - started
    size = file.stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"redact {str(redact).lower():5}  {size:8.1f} MB  {manifest.rows:>9,} records  {seconds:6.2f} CPU s"
        f"  {size / seconds:6.1f} MB per CPU s  peak {peak:,.0f} MiB"
    )


if __name__ == "__main__":
    main()
