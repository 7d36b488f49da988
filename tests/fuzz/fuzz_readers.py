r"""Feed mutated files to the readers and check that every record is read or set aside.

    python tests/fuzz/fuzz_readers.py --inputs 300000 --family tables

Each input goes the whole way: detection, then the table reader or the reader of the detected type. It must end in a
SourceError that names the file, or in records and set-aside ones that hold the file's text, in their order and on their
lines; what exactly must hold is in `promises.py`, `texts.py` and `values.py`. Some inputs are compressed, some are read
again in tiny blocks, which must give the same, or with tiny limits. Anything else is a finding, and so is an input that
takes seconds or ends the process: the input is written to --findings, with what was seen.

Input n of a seed is always the same (`mutation.py`): made from seed files of the family by splicing, repeating, cutting
and overwriting. Inputs are read in a child process. With `--engine atheris` (a development dependency) coverage guides
the mutation of the same seeds instead.
"""

import argparse
import collections
import contextlib
import hashlib
import json
import logging
import mmap
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from mutation import LARGEST, Input, input_of
from promises import check
from seeds import NAMES, SEEDS

SLOWEST = 2.0
"""CPU seconds that an input may take."""

_HANGS = 30.0
_MEMORY = 4 << 30


class Session:
    """Counts outcomes and keeps findings; each input is a file in `folder`."""

    def __init__(self, family: str, findings: Path, folder: Path) -> None:
        self._family = family
        self._findings = findings
        self._folder = folder
        self.outcomes: collections.Counter[str] = collections.Counter()
        self.kinds: dict[str, str] = {}

    def run(self, given: Input, number: int = 0) -> None:
        """Check one input."""
        path = self._folder / given.name
        path.write_bytes(given.stored)
        began = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, _HANGS)
        try:
            self.outcomes[check(path, given)] += 1
        except Exception as error:  # noqa: BLE001 - whatever leaves a reader is a finding
            frames = traceback.extract_tb(error.__traceback__)
            frame = next((each for each in reversed(frames) if "rlm_pipeline" in each.filename), frames[-1])
            frame = frame if not isinstance(error, AssertionError) else frames[-1]
            taken_for = " ".join(getattr(error, "__notes__", []))
            kind = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno} {taken_for}"
            self.keep(given, number, kind, str(error), "".join(traceback.format_exception(error)))
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            path.unlink()
        if (took := time.process_time() - began) > SLOWEST:
            self.keep(given, number, "slow", f"{took:.1f} CPU seconds for {len(given.content):,} bytes")

    def keep(self, given: Input, number: int, kind: str, told: str, trace: str = "") -> None:
        """Count a finding, and store its input if it is the first of its kind."""
        self.outcomes[f"FINDING {kind}"] += 1
        if kind in self.kinds:
            return
        self.kinds[kind] = told[:400]
        self._findings.mkdir(parents=True, exist_ok=True)
        name = f"{self._family}-{hashlib.sha256(given.stored).hexdigest()[:12]}"
        (self._findings / f"{name}.bin").write_bytes(given.stored)
        (self._findings / f"{name}.txt").write_text(f"input {number}\n{given!r}\n\n{kind}: {told}\n\n{trace}")


def fuzz(family: str, findings: Path, folder: Path, seed: int, numbers: range) -> Session:
    """Check the inputs of these numbers, in children: one that dies is replaced, and a finding."""
    total = Session(family, findings, folder)
    place = mmap.mmap(-1, 8)
    at, end = numbers.start, numbers.stop
    while at < end:
        report = folder / "report.json"
        child = os.fork()
        if not child:
            _child(Session(family, findings, folder), report, place, seed, range(at, end))
        _, status = os.waitpid(child, 0)
        number = int.from_bytes(place[:8], "little")
        told = json.loads(report.read_text())
        total.outcomes.update(told["outcomes"])
        total.kinds = {**told["kinds"], **total.kinds}
        if status == 0:
            break
        total.keep(input_of(family, seed, number), number, f"the process ended with status {status}", "")
        at = number + 1
    return total


def _child(session: Session, report: Path, place: mmap.mmap, seed: int, numbers: range) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGVTALRM, _hangs)
    began = time.monotonic()
    for number in numbers:
        place[:8] = number.to_bytes(8, "little")
        if (number - numbers.start) % 100 == 0:
            _write(session, report)
        session.run(input_of(session._family, seed, number), number)
        if (number + 1) % 10_000 == 0:
            rate = (number + 1 - numbers.start) / (time.monotonic() - began)
            print(f"{number + 1:,} inputs, {rate:,.0f} a second, {len(session.kinds)} kinds of findings", flush=True)
    _write(session, report)
    os._exit(0)


def _write(session: Session, report: Path) -> None:
    report.write_text(json.dumps({"outcomes": session.outcomes, "kinds": session.kinds}))


def _hangs(_signal: int, _frame: types.FrameType | None) -> None:
    raise TimeoutError(f"not done after {_HANGS:.0f} CPU seconds")


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
        lambda content: session.run(Input(content=content, stored=content, name=NAMES[family][0])),
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
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--engine", choices=("random", "atheris"), default="random")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    asked = parser.parse_args()
    logging.disable(logging.ERROR)
    began, used = time.monotonic(), os.times()
    with fast_folder() as folder:
        if asked.engine == "atheris":
            fuzz_by_coverage(Session(asked.family, asked.findings, folder), asked.family, asked.inputs)
        numbers = range(asked.first, asked.first + asked.inputs)
        session = fuzz(asked.family, asked.findings, folder, asked.seed, numbers)
    for outcome, count in session.outcomes.most_common():
        print(f"{count:>10,}  {outcome}")
    now = os.times()
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    print(f"{asked.inputs:,} inputs in {time.monotonic() - began:,.0f} s, {cpu:,.0f} CPU s")
    for kind, told in session.kinds.items():
        print(f"{kind}: {told}")
    return 1 if session.kinds else 0


if __name__ == "__main__":
    sys.exit(main())
