r"""Feed mutated files to the readers and check that every record is read or set aside.

    python tests/fuzz/fuzz_readers.py --inputs 300000 --family tables

Each input goes the whole way: detection, then the table reader or the reader of the detected type. It must end in a
SourceError that names the file, or in records + quarantine whose numbers are 1..n without a gap, on lines that the
file has, in ascending order. Anything else is a finding: the input is written to --findings, with its traceback.

Inputs are made from seed files of the family by splicing, repeating, cutting and overwriting, at random from --seed;
with `--engine atheris` (a development dependency) coverage guides the mutation of the same seeds instead.
"""

import argparse
import collections
import contextlib
import hashlib
import logging
import random
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from seeds import PIECES, SEEDS, SUFFIXES

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.readers import TABLES, open_reading
from rlm_pipeline.sources.tables import batches
from rlm_pipeline.sources.tables.sound import sound_records

LARGEST = 2000
"""Bytes of an input; most faults show in small files, and small files are fast."""


class Broken(AssertionError):
    """A promise that a reader broke."""


class Records:
    """Stands in for a records file: compares what is added with the csv module's cells, keeps nothing."""

    def __init__(self) -> None:
        self.rows = 0
        self.batches: batches.Batches | None = None

    def add_columns(self, source: str, rows, lines, columns: list) -> None:
        self.rows += len(rows)
        for place, (column, expected) in enumerate(zip(columns, self.batches._columns_one_by_one(), strict=True)):
            if column.to_pylist() != expected.to_pylist():
                raise Broken(f"column {place}: {column.to_pylist()} where the csv module has {expected.to_pylist()}")


def check(path: Path, wanted: str) -> str:
    """Read one file the whole way; the type it was taken for, or "refused".

    Raises:
        Broken: the reader lost, doubled or misplaced a record.

    """
    try:
        detected = detect(path, wanted)
        if detected.detected_type in TABLES:
            _check_table(path, detected)
        else:
            _check_reading(path, detected)
    except SourceError as error:
        if path.name not in str(error):
            raise Broken(f"an error that does not name the file: {error}") from error
        return "refused"
    return detected.detected_type


def _check_table(path: Path, detected) -> None:
    width = len(detected.header)
    table = Records()
    stored = batches.Batches(table, source="x", delimiter=detected.delimiter, width=width, only=None)
    table.batches = stored
    row = last = aside = 0
    for line, text, record, more in sound_records(path, detected):
        row += 1
        if line <= last:
            raise Broken(f"record {row} starts on line {line}, the one before on {last}")
        last = line + more
        if record is None:
            stored.add(row, line, text, more)
            row += more
        elif record.cells is None:
            aside += 1
            if not (record.reason and record.lines):
                raise Broken(f"record {row} is set aside without a reason or its lines")
        else:
            stored.add_cells(row, line, record.cells)
    stored.flush()
    if table.rows + aside != row:
        raise Broken(f"{row} records, but {table.rows} stored and {aside} set aside")
    lines = path.read_bytes().count(b"\n") + path.read_bytes().count(b"\r") + 1
    if last > lines and detected.encoding.name.startswith(("utf-8", "latin", "cp")) and not detected.compressed:
        raise Broken(f"a record on line {last} of {lines}")


def _check_reading(path: Path, detected) -> None:
    reading = open_reading(path, detected, path.name)
    last = 0
    for number, entry in enumerate(reading.entries, 1):
        if entry.line < last:
            raise Broken(f"record {number} starts on line {entry.line}, the one before on {last}")
        last = entry.line
        if entry.cells is None and not entry.reason:
            raise Broken(f"record {number} is set aside without a reason")
        if entry.cells is not None and len(entry.cells) != len(reading.columns):
            raise Broken(f"record {number} has {len(entry.cells)} cells for {len(reading.columns)} columns")
        for cell in entry.cells or ():
            if cell is not None:
                cell.encode()


def mutated(family: str, chance: random.Random) -> bytes:
    """An input made from the family's seeds."""
    content = bytearray(chance.choice(SEEDS[family]))
    for _ in range(chance.randint(0, 8)):
        place, end = sorted((chance.randint(0, len(content)), chance.randint(0, len(content))))
        end = min(end, place + 40)
        kind = chance.randrange(7)
        if kind == 0:
            content[place:place] = chance.choice(PIECES[family])
        elif kind == 1:
            content[place:end] = b""
        elif kind == 2:
            content[place:place] = content[place:end] * chance.randint(1, 3)
        elif kind == 3:
            other = chance.choice(SEEDS[family])
            start = chance.randint(0, len(other))
            content[place:place] = other[start : start + chance.randint(1, 60)]
        elif kind == 4 and content:
            content[min(place, len(content) - 1)] = chance.randrange(256)
        elif kind == 5:
            content[place:place] = chance.randbytes(chance.randint(1, 6))
        else:
            content = content.replace(chance.choice(PIECES[family]), chance.choice(PIECES[family]))
    if chance.random() < 0.05:
        with contextlib.suppress(UnicodeDecodeError):
            content = bytearray(content.decode().encode(chance.choice(["utf-16", "utf-32", "utf-16-be", "utf-32-le"])))
    return bytes(content[:LARGEST])


class Session:
    """Counts outcomes and keeps findings; `path` is one file, rewritten for every input."""

    def __init__(self, family: str, findings: Path, folder: Path) -> None:
        self._family = family
        self._findings = findings
        self._path = folder / f"fuzz{SUFFIXES[family]}"
        self.outcomes: collections.Counter[str] = collections.Counter()
        self.kinds: dict[str, str] = {}

    def run(self, content: bytes, wanted: str = "auto") -> None:
        """Check one input."""
        self._path.write_bytes(content)
        try:
            self.outcomes[check(self._path, wanted)] += 1
        except Exception as error:  # noqa: BLE001 - whatever leaves a reader is a finding
            self._keep(content, wanted, error)

    def _keep(self, content: bytes, wanted: str, error: BaseException) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
        self.outcomes[f"FINDING {kind}"] += 1
        if kind in self.kinds:
            return
        self.kinds[kind] = str(error)[:200]
        self._findings.mkdir(parents=True, exist_ok=True)
        name = f"{self._family}-{hashlib.sha256(content).hexdigest()[:12]}"
        (self._findings / f"{name}.bin").write_bytes(content)
        told = "".join(traceback.format_exception(error))
        (self._findings / f"{name}.txt").write_text(f"wanted: {wanted}\n{content!r}\n\n{told}")


def fuzz(session: Session, family: str, inputs: int, seed: int) -> None:
    """Run `inputs` mutated inputs, every fourth forced to the family's own format."""
    chance = random.Random(seed)
    began = time.monotonic()
    forced = {"tables": "csv", "json": "json", "logs": "log", "prose": "prose", "configs": "config", "code": "code"}
    for number in range(1, inputs + 1):
        session.run(mutated(family, chance), forced[family] if number % 4 == 0 else "auto")
        if number % 10_000 == 0:
            rate = number / (time.monotonic() - began)
            print(f"{number:,} inputs, {rate:,.0f} a second, {len(session.kinds)} kinds of findings", flush=True)


def reader_functions() -> Iterator[types.FunctionType]:
    """The functions and methods of the loaded readers; instrumenting all that is loaded takes minutes."""
    for name, module in list(sys.modules.items()):
        if name.startswith("rlm_pipeline.sources"):
            owners = [module, *(each for each in vars(module).values() if isinstance(each, type))]
            members = [each for owner in owners for each in vars(owner).values()]
            yield from {each for each in members if isinstance(each, types.FunctionType) and each.__module__ == name}


def fuzz_by_coverage(session: Session, family: str, inputs: int) -> None:
    """Let atheris guide the mutation; it ends the process when done."""
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris, or leave out --engine atheris")
    corpus = Path(tempfile.mkdtemp())
    for place, content in enumerate(SEEDS[family]):
        (corpus / str(place)).write_bytes(content)
    for function in reader_functions():
        atheris.instrument_func(function)
    atheris.Setup(
        [sys.argv[0], f"-runs={inputs}", f"-max_len={LARGEST}", str(corpus)],
        session.run,
    )
    atheris.Fuzz()


@contextlib.contextmanager
def fast_folder() -> Iterator[Path]:
    """A temporary folder, in memory where the system has one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def main() -> int:
    """Fuzz one family; 1 when something was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--family", choices=sorted(SEEDS), default="tables")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=("random", "atheris"), default="random")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    asked = parser.parse_args()
    logging.disable(logging.ERROR)
    with fast_folder() as folder:
        session = Session(asked.family, asked.findings, folder)
        if asked.engine == "atheris":
            fuzz_by_coverage(session, asked.family, asked.inputs)
        else:
            fuzz(session, asked.family, asked.inputs, asked.seed)
    for outcome, count in session.outcomes.most_common():
        print(f"{count:>10,}  {outcome}")
    for kind, told in session.kinds.items():
        print(f"{kind}: {told}")
    return 1 if session.kinds else 0


if __name__ == "__main__":
    sys.exit(main())
