"""Peak memory of raw_file and column_profile as the input grows from 100 MB to 4 GB: it must stay flat.

python tests/benchmarks/memory_over_size.py SCRATCH_FOLDER [--sizes 100 400 1000 4000] [--plot docs/memory.svg]

Each size of each kind (narrow CSV, JSONL, log) is one file, written first and read in a process of its own. Prints a
Markdown table and draws it.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

KINDS = ("csv", "jsonl", "log")
_WORDS = tuple(
    f"{adjective} {noun}"
    for adjective in ("broken", "missing", "slow", "new", "late", "old")
    for noun in ("printer", "invoice", "cable", "screen", "order", "password")
)
_BLOCK = 20_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("scratch", type=Path)
    arguments.add_argument("--sizes", type=int, nargs="+", default=[100, 400, 1000, 4000], help="megabytes")
    arguments.add_argument("--kinds", nargs="+", default=list(KINDS))
    arguments.add_argument("--plot", type=Path)
    arguments.add_argument("--measure", nargs=2, metavar=("KIND", "FILE"), help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.measure:
        measure(asked.scratch, *asked.measure)
        return
    print("| input | MB | records | raw_file CPU s | column_profile CPU s | peak after raw_file, MiB | peak, MiB |")
    print("|---|---|---|---|---|---|---|")
    peaks: dict[str, list[tuple[int, float]]] = {kind: [] for kind in asked.kinds}
    for kind in asked.kinds:
        for size in asked.sizes:
            figures = in_its_own_process(asked.scratch, kind, size)
            peaks[kind].append((size, figures["peak"]))
            print(
                f"| {kind} | {size:,} | {figures['rows']:,} | {figures['raw_file']:.0f} | {figures['profile']:.0f} "
                f"| {figures['read']:,.0f} | {figures['peak']:,.0f} |",
                flush=True,
            )
    if asked.plot:
        asked.plot.write_text(drawn(peaks), encoding="utf-8")


def in_its_own_process(scratch: Path, kind: str, size: int) -> dict[str, float]:
    folder = scratch / f"{kind}_{size}"
    folder.mkdir(parents=True)
    path = folder / f"calls.{kind}"
    try:
        with path.open("wb") as stream:
            for block in blocks(kind):
                stream.write(block)
                if stream.tell() >= size * 1_000_000:
                    break
        command = [sys.executable, __file__, str(folder / "store"), "--measure", kind, str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return json.loads(done.stdout.splitlines()[-1])
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def measure(folder: Path, kind: str, file: str) -> None:
    from rlm_pipeline.configuration import DatasetConfig
    from rlm_pipeline.profiling import columns
    from rlm_pipeline.sources import raw_file
    from rlm_pipeline.store import DatasetStore

    store, config = DatasetStore(folder / "calls"), DatasetConfig(name="calls", source=file)
    start = time.process_time()
    manifest = raw_file.materialise(store, config, "all")
    read, peak = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert manifest.sources[0].detected_type == kind, manifest.sources[0]
    columns.materialise(store, config, "all")
    figures = {
        "rows": manifest.rows + manifest.quarantined,
        "raw_file": read - start,
        "profile": time.process_time() - read,
        "read": peak,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


def blocks(kind: str) -> Iterator[bytes]:
    """Blocks of lines without end: an id, a date, an amount, a category, and text that never repeats."""
    random = np.random.default_rng(11)
    if kind == "csv":
        yield b"id,opened_at,amount,category,description\n"
    row = 0
    while True:
        words = random.integers(0, len(_WORDS), (_BLOCK, 7))
        amounts, groups = random.integers(1, 500_000, _BLOCK), random.integers(0, 12, _BLOCK)
        lines = []
        for place in range(_BLOCK):
            row += 1
            text = " ".join(_WORDS[at] for at in words[place]) + f" {row}"
            day = f"{2012 + row % 11}-{row % 12 + 1:02}-{row % 28 + 1:02}"
            amount, group = amounts[place] / 100, f"group {groups[place]}"
            lines.append(line(kind, row, day, (amount, group), text))
        yield "".join(lines).encode()


def line(kind: str, row: int, day: str, charged: tuple[float, str], text: str) -> str:
    amount, group = charged
    if kind == "csv":
        return f'T{row:08},{day},{amount},{group},"{text}"\n'
    if kind == "jsonl":
        call = {"id": f"T{row:08}", "opened": {"at": day, "by": group}, "amount": amount, "notes": [{"text": text}]}
        return json.dumps(call) + "\n"
    trace = f"\tat desk.Calls.take(Calls.java:{row % 900})\n" if row % 40 == 0 else ""
    level = "ERROR" if row % 40 == 0 else "INFO"
    clock = f"08:{row % 60:02}:{row % 59:02},{row % 1000:03}"
    return f"{day} {clock} {level} [{group}] desk.Calls: {text} in {amount} ms\n{trace}"


def drawn(peaks: dict[str, list[tuple[int, float]]]) -> str:
    """A line for each kind: peak memory in MiB over the input's size in MB, both from nought."""
    width, height, left, bottom = 640, 320, 70, 50
    most = max(size for line in peaks.values() for size, _ in line)
    tallest = 100 * np.ceil(1.3 * max(peak for line in peaks.values() for _, peak in line) / 100)

    def at(size: float, peak: float) -> str:
        return (
            f"{left + (width - left - 90) * size / most:.0f},{(height - bottom - 20) * (1 - peak / tallest) + 30:.0f}"
        )

    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
    parts = [f'{head} font-size="12">', f'<rect width="{width}" height="{height}" fill="white"/>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = at(0, tallest * share).split(",")
        parts.append(f'<path d="M{x} {y}H{width - 90}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{int(y) + 4}" text-anchor="end">{tallest * share:,.0f}</text>')
        x, y = at(most * share, 0).split(",")
        parts.append(f'<text x="{x}" y="{int(y) + 18}" text-anchor="middle">{most * share:,.0f}</text>')
    for (kind, points), colour in zip(peaks.items(), ("#1b6ca8", "#c2571a", "#3a7d44"), strict=False):
        line = " ".join(at(*point) for point in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3" fill="{colour}"/>' for p in line.split()
        ]
        x, y = line.split()[-1].split(",")
        above = -4 if kind == "csv" else 12
        parts.append(f'<text x="{int(x) + 8}" y="{int(y) + above}" fill="{colour}">{kind}</text>')
    parts.append(f'<text x="{(width - 20) / 2}" y="{height - 8}" text-anchor="middle">input, MB</text>')
    parts.append('<text x="4" y="12">peak memory, MiB</text></svg>')
    return "\n".join(parts)


if __name__ == "__main__":
    main()
