"""The Python standard library cut into chunks: what is cut, and what it costs beside tree-sitter's bare parse.

    python tests/benchmarks/code_chunks.py [--folder FOLDER] [--size 3000]

Every `.py` file of the standard library (or of FOLDER), without installed packages, test files included. Which
functions there are, and where they end, says the `ast` module, not tree-sitter: a function is its lines from its first
decorator on, wherever it stands, in a class or in another function. Printed as Markdown.
"""

import argparse
import ast
import io
import statistics
import sys
import sysconfig
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from rlm_pipeline.chunking.code import pieces
from rlm_pipeline.chunking.piece import Piece, Record
from rlm_pipeline.configuration import Chunking
from rlm_pipeline.sources.code.definitions import definitions
from rlm_pipeline.sources.code.grammars import parser

_INSTALLED = {"site-packages", "dist-packages"}
_ADDED = "def added_by_somebody(argument):\n    return argument\n\n\n"
_SHOWN = 20
_LEAST_CHUNKS, _LEAST_DEFINITIONS = 10, 3  # of a file that is edited


@dataclass
class Figures:
    """What is counted over all files."""

    files: int = 0
    unlike: list[str] = field(default_factory=list)
    unparsed: list[str] = field(default_factory=list)
    characters: int = 0
    bytes_read: int = 0
    lengths: list[int] = field(default_factory=list)
    functions: int = 0
    longer: int = 0
    cut: list[str] = field(default_factory=list)
    edited: int = 0
    changed: list[int] = field(default_factory=list)
    parse: float = 0.0
    define: float = 0.0
    chunk: float = 0.0


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, default=Path(sysconfig.get_paths()["stdlib"]))
    options.add_argument("--size", type=int, default=3000)
    chosen = options.parse_args()
    figures = Figures()
    for path in sorted(chosen.folder.rglob("*.py")):
        inside = path.relative_to(chosen.folder)
        if not _INSTALLED & set(inside.parts):
            _measure(path, str(inside), chosen.size, figures)
    for line in _table(figures, chosen.size):
        print(line)


def _measure(path: Path, name: str, size: int, figures: Figures) -> None:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    bare = text.encode("ascii", "replace")  # as long as the text, and what the readers parse too
    start = time.process_time()
    parser("python").parse(bare)
    parsed = time.process_time()
    records = list(_records(text))
    defined = time.process_time()
    found = list(pieces(records, Chunking(size=size)))
    figures.chunk += time.process_time() - defined
    figures.define += defined - parsed
    figures.parse += parsed - start
    figures.files += 1
    figures.bytes_read += len(content)
    figures.characters += len(text)
    figures.lengths += [len(piece.text) for piece in found]
    if "".join(piece.text for piece in found) != text or sum(piece.records for piece in found) != len(records):
        figures.unlike.append(name)
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        figures.unparsed.append(name)
        return
    figures.cut += [f"{name}:{each}" for each in _check_functions(tree, text, found, size, figures)]
    _check_edit(tree, text, found, size, figures)


def _records(text: str) -> Iterator[Record]:
    """As `sources.code.reader` and the stage `chunks` give them."""
    line = 1
    for row, each in enumerate(definitions(text, "python"), 1):
        part = text[each.start : each.end]
        cells = {"language": "python", "kind": each.kind, "scope": each.scope, "name": each.name}
        yield Record(row=row, line=line, start=each.start, end=each.end, text=part, place=each.scope, cells=cells)
        line += part.count("\n")


def _lines(text: str) -> tuple[list[str], list[int]]:
    """The lines as Python counts them, with their ends, and where each starts."""
    lines = list(io.StringIO(text, newline=""))
    return lines, [0, *accumulate(map(len, lines))]


def _functions(tree: ast.Module) -> Iterator[tuple[str, int, int]]:
    """Name, first and last line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            yield node.name, first, node.end_lineno or node.lineno


def _check_functions(tree: ast.Module, text: str, found: list[Piece], size: int, figures: Figures) -> Iterator[str]:
    """The functions that fit and are cut."""
    lines, starts = _lines(text)
    begins = [piece.start for piece in found]
    for function, first, last in _functions(tree):
        begin, end = starts[first - 1], starts[last - 1] + len(lines[last - 1].rstrip("\r\n"))
        figures.functions += 1
        if end - begin > size:
            figures.longer += 1
        elif found[bisect_right(begins, begin) - 1].end < end:
            yield f"{first} {function}"


def _check_edit(tree: ast.Module, text: str, found: list[Piece], size: int, figures: Figures) -> None:
    """How many chunks are new after a function is inserted in the middle of the file."""
    outer = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.decorator_list]
    if len(outer) < _LEAST_DEFINITIONS or len(found) < _LEAST_CHUNKS:
        return
    place = _lines(text)[1][outer[len(outer) // 2].lineno - 1]
    edited = pieces(_records(text[:place] + _ADDED + text[place:]), Chunking(size=size))
    new = Counter(piece.text for piece in edited) - Counter(piece.text for piece in found)
    figures.edited += 1
    figures.changed.append(new.total())


def _table(figures: Figures, size: int) -> Iterator[str]:
    megabytes = figures.characters / 1e6
    lengths = sorted(figures.lengths)
    tenths = Counter(min(length * 10 // size, 9) for length in lengths)
    own = figures.define + figures.chunk
    yield "| figure | measured |"
    yield "|---|---|"
    yield f"| files; MB; chunks of up to {size:,} characters | {figures.files:,}; {megabytes:.1f}; {len(lengths):,} |"
    yield f"| files whose chunks, joined, are not the file | {len(figures.unlike)} |"
    yield f"| functions and methods; longer than a chunk | {figures.functions:,}; {figures.longer:,} |"
    yield f"| functions that fit a chunk and are cut | {len(figures.cut)} |"
    yield f"| files that Python itself does not parse, so not checked for cut functions | {len(figures.unparsed)} |"
    mean, median = statistics.mean(lengths), statistics.median(lengths)
    yield f"| characters of a chunk: mean; median | {mean:,.0f}; {median:,.0f} |"
    yield f"| chunks by tenths of the size | {', '.join(f'{tenths[place]:,}' for place in range(10))} |"
    if figures.changed:
        yield (
            f"| new chunks after a function is inserted in the middle of a file of 10 chunks or more: "
            f"median; mean; most | {statistics.median(figures.changed):.0f}; {statistics.mean(figures.changed):.1f}; "
            f"{max(figures.changed)} (of {figures.edited} files) |"
        )
    yield f"| tree-sitter's bare parse: CPU s; MB per CPU s | {figures.parse:.2f}; {megabytes / figures.parse:.1f} |"
    yield (
        f"| definitions + chunks: CPU s; MB per CPU s | {figures.define:.2f} + {figures.chunk:.2f}; "
        f"{megabytes / own:.1f} |"
    )
    for each in figures.unlike[:_SHOWN] + figures.cut[:_SHOWN]:
        yield f"\n{each}"


if __name__ == "__main__":
    main()
