"""What reading a large log costs: CPU seconds per 100 MB and the highest memory use, as one row of a Markdown table.

    python tests/benchmarks/log_streaming.py 400

writes a log of that many megabytes with the formats of four services in it, stack traces and wrapped JSON among them,
into a temporary folder, and stores its records as a dataset's raw_file stage does, in a process of its own.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HEADER = "| log | records | set aside | templates | CPU s | CPU s per 100 MB | wall s | peak RSS MiB |"
_WORDS = ("cache", "queue", "index", "session", "ledger", "router", "worker", "planner", "mailer", "archive")
_TRACE = (
    "java.lang.IllegalStateException: {word} {number} is closed\n"
    "\tat com.example.{word}.Service.run(Service.java:{number})\n"
    "\tat java.base/java.lang.Thread.run(Thread.java:833)\n"
    "Caused by: java.io.IOException: Broken pipe\n"
    "\t... 12 more\n"
)


def lines(megabytes: float) -> Iterator[str]:
    """Records of the log, each with its lines, until they are so many megabytes; the same on every machine."""
    chance = random.Random(11)
    left = megabytes * 1e6
    second = 0
    while left > 0:
        second += chance.randrange(3)
        record = _record(chance, second)
        left -= len(record)
        yield record


def _record(chance: random.Random, second: int) -> str:
    clock = f"{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"
    day = 1 + second // 86_400 % 28
    word, number, other = chance.choice(_WORDS), chance.randrange(100_000), chance.randrange(1 << 40)
    address = f"10.{number % 256}.{number % 7}.{other % 256}"
    kind = chance.random()
    if kind < 0.5:
        stamp = f"2024-03-{day:02} {clock},{number % 1000:03}"
        said = chance.choice(
            (
                f"INFO  [pool-{number % 16}] c.e.{word}.Service - request {other:x} from {address} took {number} ms",
                f"INFO  [pool-{number % 16}] c.e.{word}.Store - {word} entry key={other} written to /var/data/{other}",
                f"WARN  [main] c.e.{word}.Retry - attempt {number % 9} of {word} failed, retrying in {number % 60} s",
                f'DEBUG [main] c.e.{word}.Plan - user u{number} opened {word} "{word} {number}" with {number} items',
            )
        )
        return f"{stamp} {said}\n"
    if kind < 0.52:
        trace = _TRACE.format(word=word, number=number)
        return f"2024-03-{day:02} {clock},{number % 1000:03} ERROR [main] c.e.{word}.Service - {word} failed\n{trace}"
    if kind < 0.75:
        said = f"Accepted password for {word} from {address} port {number}"
        return f"Mar {day:2} {clock} host{number % 20} sshd[{number}]: {said}\n"
    if kind < 0.95:
        asked = f'"GET /{word}/{number} HTTP/1.1" 200 {number} "-" "curl/8"'
        return f"{address} - - [{day:02}/Mar/2024:{clock} +0000] {asked}\n"
    return f'I03{day:02} {clock}.{number:06} {number:7} {word}.go:{number % 900}] Reply {{\n  "id": {other}\n}}\n'


def measure(path: Path, home: Path) -> str:
    """Store the records of `path` and describe what it took; meant for a process that does nothing else."""
    import polars as pl

    from rlm_pipeline.configuration import DatasetConfig
    from rlm_pipeline.sources.raw_file import materialise
    from rlm_pipeline.store import DatasetStore

    started, cpu = time.monotonic(), time.process_time()
    config = DatasetConfig.model_validate({"name": "logs", "source": str(path), "partition": {"by": "none"}})
    store = DatasetStore(home / "logs")
    manifest = materialise(store, config, "all")
    cpu, wall = time.process_time() - cpu, time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = path.stat().st_size / 1e6
    templates = pl.scan_parquet(store.records_folder("all") / "*.parquet").select(pl.col("template").n_unique())
    kinds = templates.collect(engine="streaming").item()
    cells = (f"{size:,.0f} MB", f"{manifest.rows:,}", f"{manifest.quarantined:,}", f"{kinds:,}", f"{cpu:.1f}")
    return f"| {' | '.join(cells)} | {cpu / size * 100:.1f} | {wall:.1f} | {peak:.0f} |"


def main() -> None:
    """Write the log and measure it in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=float, nargs="?", default=400.0)
    parser.add_argument("--measure", nargs=2, type=Path, metavar=("LOG", "HOME"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(measure(*arguments.measure))
        return
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "services.log")
        with log.open("w", encoding="utf-8") as stream:
            stream.writelines(lines(arguments.megabytes))
        print(HEADER)
        print("|" + "---|" * HEADER.count("| "))
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, "--measure", str(log), str(Path(folder, "home"))], check=True)


if __name__ == "__main__":
    main()
