"""How well error bursts are found: in real logs, planted among them, and where there are none. Markdown tables.

    python tests/benchmarks/log_bursts.py [--data FOLDER]

reads the eight systems of loghub-a (by default from ../shared/data beside the repository). Planted are copies of a
system's own error records, with the timestamps of twenty consecutive records that lie outside of its bursts. Without
bursts are logs whose times are drawn evenly over the log's span, and logs whose errors are drawn among its records.
"""

import argparse
import csv
import gzip
import io
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from rlm_pipeline.analysis.text_analyst.logs import failures, surges
from rlm_pipeline.analysis.text_analyst.logs.census import SEVERITY, Census
from rlm_pipeline.analysis.text_analyst.logs.clock import TIME, LogClock
from rlm_pipeline.analysis.text_analyst.logs.streams import Stream, found_in
from rlm_pipeline.analysis.text_analyst.logs.surges import Surge
from rlm_pipeline.analysis.text_analyst.own_records import PLACE
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import SOURCE
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import DatasetStore

SYSTEMS = ("Apache", "BGL", "HDFS", "HPC", "Linux", "OpenSSH", "Proxifier", "Zookeeper")
STRENGTHS = (5, 10, 20, 40, 80)
PLANTINGS = 20
NULLS = 50
_AMONG = 20  # consecutive records whose timestamps planted ones have


@dataclass(frozen=True)
class Log:
    """A system's records with their severity and times, in order, and the stream they are."""

    system: str
    records: pl.DataFrame
    stream: Stream
    labels: np.ndarray | None


def read(system: str, data: Path, home: Path) -> Log:
    """The log of a system through the pipeline's own reader."""
    config = {"name": system.lower(), "source": str(data / system / f"{system}_2k.log"), "partition": {"by": "none"}}
    store = DatasetStore(home / system.lower())
    raw_file.materialise(store, DatasetConfig.model_validate(config), "all")
    records = store.scan_records("all").collect().with_row_index(PLACE).with_columns(pl.col(PLACE).cast(pl.Int64))
    (stream,) = found_in(records, {records[SOURCE][0]: records.height})
    labels = None
    with gzip.open(data / system / f"{system}_2k.log_structured_corrected.csv.gz") as packed:
        rows = list(csv.DictReader(io.TextIOWrapper(packed, encoding="utf-8")))
    if "Label" in rows[0]:
        labels = np.array([row["Label"] != "-" for row in rows])[records["_row"].to_numpy() - 1]
    return Log(system, timed(records, stream), stream, labels)


def timed(records: pl.DataFrame, stream: Stream) -> pl.DataFrame:
    """Records with their times and severity."""
    plain = records.select(
        SOURCE, PLACE, "timestamp", "level", "template", *(["planted"] * ("planted" in records.columns))
    )
    return failures.with_severity(LogClock([stream]).timed(plain), SEVERITY)


def bursts_of(records: pl.DataFrame, stream: Stream) -> tuple[Surge, ...]:
    """The error bursts of timed records."""
    census = Census(streams=[stream])
    census.add(records)
    return surges.of_errors(census, 0)


def within(records: pl.DataFrame, found: tuple[Surge, ...]) -> np.ndarray:
    """Whether the time of each record lies in a burst."""
    times = records[TIME].to_numpy()
    inside = np.zeros(len(times), dtype=np.bool_)
    for surge in found:
        inside |= (times >= surge.start) & (times < surge.end)
    return inside


def describe(log: Log) -> str:
    """One row: what is found in the log as it is."""
    found = bursts_of(log.records, log.stream)
    errors = (log.records[SEVERITY] == failures.ERROR).fill_null(value=False).to_numpy()
    inside = within(log.records, found)
    told = surges.told(found, surges.MOST_BURSTS)
    seconds = float(log.records[TIME].max() - log.records[TIME].min()) + 1
    covered = sum(surge.end - surge.start for surge in found) / seconds
    cells = [
        log.system, f"{log.records.height:,}", f"{errors.sum():,}", f"{len(found)} ({len(told)})",
        str(sum(surge.concentrated for surge in found)), f"{100 * (errors & inside).sum() / errors.sum():.0f} %",
        f"{100 * covered:.1f} %",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def describe_labels(log: Log) -> Iterator[str]:
    """How bursts agree with a system's labels of anomalies, per burst and in all."""
    found = bursts_of(log.records, log.stream)
    errors = (log.records[SEVERITY] == failures.ERROR).fill_null(value=False).to_numpy()
    labels, inside = log.labels, within(log.records, found)
    held = errors & inside
    yield (
        f"{log.system}: {labels.sum()} of {len(labels):,} records are labelled as alerts, {(labels & errors).sum()} of"
        f" them errors. In bursts are {(labels & inside).sum()} alerts ({percent(labels & inside, labels)}), and"
        f" {(labels & held).sum()} of the {held.sum()} errors in bursts are alerts ({percent(labels & held, held)}; of"
        f" all errors {percent(labels & errors, errors)}, of all records {percent(labels, labels | True)})."
    )
    alike = pl.DataFrame({"time": log.records[TIME], "label": labels}).sort("time")
    times, marked = alike["time"].to_numpy(), alike["label"].to_numpy()
    shares = [marked[(times >= surge.start) & (times < surge.end)].sum() for surge in found]
    told = ", ".join(f"{count} of {surge.events}" for count, surge in zip(shares, found, strict=True))
    yield f"Alerts among the errors of each burst: {told}."


def percent(part: np.ndarray, whole: np.ndarray) -> str:
    """The share of marked records."""
    return f"{100 * part.sum() / whole.sum():.0f} %"


def plant(log: Log, strength: int, chance: np.random.Generator) -> pl.DataFrame | None:
    """The log with more errors at the times of consecutive records outside of its bursts; None where all lie in one."""
    inside = within(log.records, bursts_of(log.records, log.stream))
    quiet = np.flatnonzero(np.convolve(~inside, np.ones(_AMONG), "valid") == _AMONG)
    if not len(quiet):
        return None
    start = int(chance.choice(quiet))
    errors = np.flatnonzero((log.records[SEVERITY] == failures.ERROR).fill_null(value=False).to_numpy())
    among = np.sort(chance.integers(start, start + _AMONG, strength))
    copies = log.records[chance.choice(errors, strength)].with_columns(
        log.records["timestamp"].gather(among), pl.Series(PLACE, among), planted=pl.lit(value=True)
    )
    both = pl.concat([log.records.with_columns(planted=pl.lit(value=False)), copies]).sort(PLACE, maintain_order=True)
    return timed(both.with_columns(pl.int_range(pl.len()).alias(PLACE)), log.stream)


def describe_planted(logs: list[Log], strength: int) -> str:
    """One row: how often a planted burst is found in each log, and how much of what is found there was planted."""
    caught: dict[str, list[bool]] = {}
    purity: list[float] = []
    for log in logs:
        chance = np.random.default_rng([strength, *map(ord, log.system)])
        for _ in range(PLANTINGS):
            records = plant(log, strength, chance)
            if records is None:
                continue
            planted = records["planted"].to_numpy()
            errors = (records[SEVERITY] == failures.ERROR).fill_null(value=False).to_numpy()
            found = bursts_of(records, log.stream)
            held = tuple(surge for surge in found if (planted & within(records, (surge,))).any())
            inside = within(records, held)
            caught.setdefault(log.system, []).append(bool((planted & inside).sum() >= strength / 2))
            if caught[log.system][-1]:
                purity.append((planted & inside).sum() / (errors & inside).sum())
    shares = [np.mean(caught[log.system]) for log in logs]
    cells = [f"{100 * share:.0f}" for share in (*shares, np.mean(shares))]
    return f"| {strength} | {' | '.join(cells)} | {100 * np.median(purity) if purity else 0:.0f} |"


def describe_nulls(log: Log) -> str:
    """One row: bursts where there are none, of logs with even times and of logs whose errors are drawn anew."""
    chance = np.random.default_rng(7)
    low, high = float(log.records[TIME].min()), float(log.records[TIME].max())
    even: list[int] = []
    drawn: list[int] = []
    for _ in range(NULLS):
        times = np.floor(chance.uniform(low, high + 1, log.records.height))
        even.append(len(bursts_of(log.records.with_columns(pl.Series(TIME, times)), log.stream)))
        shuffled = log.records[SEVERITY].gather(chance.permutation(log.records.height))
        found = bursts_of(log.records.with_columns(shuffled.alias(SEVERITY)), log.stream)
        drawn.append(sum(surge.concentrated for surge in found))
    return f"| {log.system} | {sum(even)} in {NULLS} | {sum(drawn)} in {NULLS} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(__file__).parents[3] / "shared" / "data" / "loghub-a"
    parser.add_argument("--data", type=Path, default=shared)
    data = parser.parse_args().data
    with tempfile.TemporaryDirectory() as folder:
        logs = [read(system, data, Path(folder)) for system in SYSTEMS]
    heads = ("log", "records", "errors", "bursts (told)", "richer in errors too", "errors in bursts", "time in bursts")
    print(f"| {' | '.join(heads)} |\n|" + "---|" * len(heads))
    for log in logs:
        print(describe(log))
    for log in logs:
        if log.labels is not None:
            print("\n" + "\n".join(describe_labels(log)))
    heads = ("planted errors", *SYSTEMS, "mean", "of the errors in what is found, planted (median)")
    print(f"\n| {' | '.join(heads)} |\n|" + "---|" * len(heads))
    for strength in STRENGTHS:
        print(describe_planted(logs, strength))
    print("\n| log | bursts, of logs with times drawn evenly | richer in errors, of logs with errors drawn anew |")
    print("|" + "---|" * 3)
    for log in logs:
        print(describe_nulls(log))


if __name__ == "__main__":
    main()
