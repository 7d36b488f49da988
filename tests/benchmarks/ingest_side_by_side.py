r"""Ingest of one folder of CSV files by this pipeline, polars, pandas and duckdb, each in a process of its own.

    python tests/benchmarks/ingest_side_by_side.py FOLDER

Every tool reads all `*.csv` of FOLDER into Parquet (zstd), every column as text. Ours is `raw_file.materialise` as it
is. The others are told each file's delimiter, title lines and (where they can) encoding, which our detection found;
a file that a tool refuses is read again in its most tolerant mode. Printed as Markdown: CPU seconds and peak resident
memory of each process, start included, and what each lost or altered, compared with the cells of the csv module:

- refused: files that the tool's plain call raises on / that even the tolerant call raises on
- sound rows lost: records of the header's width that are not stored cell for cell; and how many cells differ where a
  stored row has the same first cells
- rows invented: stored rows that are no record of the file: ragged ones padded, cut or shifted without a trace
- ragged rows: reported (ours, in quarantine with line and reason) or gone without a word
"""

import argparse
import collections
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
csv.field_size_limit(1 << 30)

TOOLS = ("ours", "polars", "pandas", "duckdb")
LATIN = {"cp1252", "latin-1"}
_HEADINGS = (
    "| tool | CPU s | MB per CPU s | peak MiB | refused (plain / tolerant) | rows stored | sound rows lost "
    "| cells altered | rows invented | ragged reported | ragged gone |"
)
_KEY_CELLS = 3  # that a stored row shares with the record it was made from
_SHOWN = 3  # refusals of each tool


@dataclass(frozen=True)
class Layout:
    """How a file is laid out, as the other tools are told."""

    path: str
    delimiter: str
    titles: int
    codec: str
    errors: str
    data_line: int
    width: int


@dataclass
class Verdict:
    """What one tool made of all files."""

    stored: int = 0
    lost: int = 0
    altered_cells: int = 0
    invented: int = 0
    reported: int = 0


def layouts(folder: Path) -> list[Layout]:
    """The layout of every CSV file of a folder."""
    from rlm_pipeline.sources.detect import detect

    found = []
    for path in sorted(folder.glob("*.csv")):
        seen = detect(path, "csv")
        found.append(
            Layout(
                path=str(path),
                delimiter=seen.delimiter,
                titles=max(0, seen.header_line - 1),
                codec=seen.encoding.codec,
                errors=seen.encoding.errors,
                data_line=seen.data_line,
                width=len(seen.header),
            )
        )
    return found


def read_ours(files: list[Layout], out: Path) -> dict:
    """Our own ingest; its quarantine is what it reports."""
    from rlm_pipeline.configuration import DatasetConfig
    from rlm_pipeline.sources.raw_file import materialise
    from rlm_pipeline.store import Store

    store = Store(out / "store").dataset("bench")
    config = DatasetConfig(name="bench", source=str(Path(files[0].path).parent / "*.csv"))
    manifest = materialise(store, config, "all")
    for source in manifest.sources:
        (store.records_folder("all") / source.records_file).replace(out / f"{source.source}.parquet")
    return {"reported": manifest.quarantined, "refused": 0, "refused_twice": 0}


def read_polars(file: Layout, to: Path, *, tolerant: bool) -> None:
    """`pl.scan_csv().sink_parquet()`."""
    import polars as pl

    more = {"ignore_errors": True, "truncate_ragged_lines": True, "encoding": "utf8-lossy"} if tolerant else {}
    frame = pl.scan_csv(
        file.path, separator=file.delimiter, infer_schema=False, skip_lines=file.titles, glob=False, **more
    )
    frame.sink_parquet(to, compression="zstd")


def read_pandas(file: Layout, to: Path, *, tolerant: bool) -> None:
    """`pd.read_csv().to_parquet()`."""
    import pandas as pd

    frame = pd.read_csv(
        file.path,
        sep=file.delimiter,
        dtype=str,
        keep_default_na=False,
        skiprows=file.titles,
        encoding=file.codec,
        encoding_errors="replace" if tolerant else "strict",
        on_bad_lines="skip" if tolerant else "error",
        low_memory=False,
    )
    frame.to_parquet(to, compression="zstd")


def read_duckdb(file: Layout, to: Path, *, tolerant: bool) -> None:
    """`COPY (SELECT * FROM read_csv()) TO parquet`."""
    import duckdb

    name = "latin-1" if file.codec in LATIN else "utf-16" if file.codec.startswith("utf-16") else "utf-8"
    how = f"delim={file.delimiter!r}, header=true, all_varchar=true, skip={file.titles}, encoding={name!r}"
    how += ", max_line_size=20000000"
    if tolerant:
        how += ", ignore_errors=true, strict_mode=false"
    path, target = (str(each).replace("'", "''") for each in (file.path, to))
    with duckdb.connect() as connection:
        connection.execute("SET threads=2")
        connection.execute(f"COPY (SELECT * FROM read_csv('{path}', {how})) TO '{target}' (COMPRESSION zstd)")


def read_other(tool: str, files: list[Layout], out: Path) -> dict:
    """Another tool over all files, a second time tolerantly where it refuses."""
    read = {"polars": read_polars, "pandas": read_pandas, "duckdb": read_duckdb}[tool]
    refused, twice, why = 0, 0, []
    for file in files:
        to = out / f"{Path(file.path).name}.parquet"
        for tolerant in (False, True):
            try:
                read(file, to, tolerant=tolerant)
                break
            except Exception as error:  # noqa: BLE001 - whatever a tool raises is what it says
                refused += not tolerant
                twice += tolerant
                to.unlink(missing_ok=True)
                if not tolerant:
                    why.append(f"{Path(file.path).name}: {' '.join(str(error).split())[-160:]}")
    return {"reported": 0, "refused": refused, "refused_twice": twice, "why": why}


def measure(tool: str, given: Path, out: Path) -> dict | None:
    """Run one tool in its own process; None when it is not installed."""
    command = [sys.executable, __file__, "--tool", tool, "--given", str(given), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode == 3:
        return None
    if process.returncode:
        sys.exit(f"{tool} ended with {process.returncode}")
    figures = json.loads(said.splitlines()[-1])
    return {**figures, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024}


def true_rows(file: Layout) -> Iterator[list[str]]:
    """The csv module's records of a file."""
    with Path(file.path).open(encoding=file.codec, errors=file.errors, newline="") as stream:
        lines = islice(stream, file.data_line - 1, None)
        yield from (cells for cells in csv.reader(lines, delimiter=file.delimiter) if cells)


def stored_rows(path: Path, identity: int) -> Iterator[list[str]]:
    """The rows of a Parquet file, null as empty, without its first `identity` columns."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as table:
        for batch in table.iter_batches(batch_size=500):
            columns = [column.to_pylist() for column in batch.columns[identity:]]
            yield from (["" if cell is None else str(cell) for cell in row] for row in zip(*columns, strict=True))


def judge(file: Layout, path: Path, identity: int, verdict: Verdict) -> None:
    """Compare one stored file with the csv module's records of the header's width."""
    true = collections.Counter(hash(tuple(cells)) for cells in true_rows(file) if len(cells) == file.width)
    if not path.exists():
        verdict.lost += true.total()
        return
    invented = []
    for cells in stored_rows(path, identity):
        verdict.stored += 1
        key = hash(tuple(cells))
        if true[key]:
            true[key] -= 1
        else:
            invented.append(cells)
    lost = []
    for cells in true_rows(file):
        key = hash(tuple(cells))
        if len(cells) == file.width and true[key]:
            true[key] -= 1
            lost.append(cells)
    verdict.lost += len(lost)
    verdict.invented += max(0, len(invented) - len(lost))
    instead = {tuple(cells[:_KEY_CELLS]): cells for cells in invented}
    for was in lost:
        now = instead.get(tuple(was[:_KEY_CELLS]), [])
        verdict.altered_cells += sum(a != b for a, b in zip(was, now, strict=False))


def compare(folder: Path) -> str:
    """The whole comparison, as Markdown."""
    files = layouts(folder)
    size = sum(Path(file.path).stat().st_size for file in files) / 1e6
    ragged = sum(len(cells) != file.width for file in files for cells in true_rows(file))
    sound = sum(len(cells) == file.width for file in files for cells in true_rows(file))
    lines = [
        f"{len(files)} files, {size:,.0f} MB; by the csv module {sound:,} sound records and {ragged:,} ragged ones",
        "",
        _HEADINGS,
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    notes = []
    with tempfile.TemporaryDirectory() as made:
        given = Path(made) / "files.json"
        given.write_text(json.dumps([asdict(file) for file in files]))
        for tool in TOOLS:
            out = Path(made) / tool
            out.mkdir()
            used = measure(tool, given, out)
            if used is None:
                lines.append(f"| {tool} | not installed |" + " |" * 9)
                continue
            verdict = Verdict(reported=used["reported"])
            for file in files:
                judge(file, out / f"{Path(file.path).name}.parquet", 3 if tool == "ours" else 0, verdict)
            gone = max(0, ragged - verdict.reported - verdict.invented)
            lines.append(
                f"| {tool} | {used['cpu']:.1f} | {size / used['cpu']:.0f} | {used['peak']:,.0f} "
                f"| {used['refused']} / {used['refused_twice']} | {verdict.stored:,} | {verdict.lost:,} "
                f"| {verdict.altered_cells:,} | {verdict.invented:,} | {verdict.reported:,} | {gone:,} |"
            )
            notes += [f"- {tool} refuses {why}" for why in used.get("why", ())[:_SHOWN]]
    return "\n".join([*lines, "", *notes])


def main() -> None:
    """Compare, or be one tool's process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--tool", choices=TOOLS)
    parser.add_argument("--given", type=Path)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if asked.tool is None:
        if asked.folder is None or not any(asked.folder.glob("*.csv")):
            parser.error("expected a folder with CSV files")
        print(compare(asked.folder))
        return
    files = [Layout(**each) for each in json.loads(asked.given.read_text())]
    try:
        figures = read_ours(files, asked.out) if asked.tool == "ours" else read_other(asked.tool, files, asked.out)
    except ModuleNotFoundError:
        sys.exit(3)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
