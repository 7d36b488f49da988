"""Time and memory of reading one large JSON file into records: `python tests/benchmarks/json_streaming.py 1000 jsonl`.

Writes a file of about that many megabytes of events (nested, with types that drift, fields that come late and nulls,
about 1.5 kB a record; in kind `array` as one array), reads it through the stage raw_file in a process of its own, and
prints one Markdown row: kind, MB, records, CPU seconds, peak MiB.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

WORDS = ("permit", "request", "complaint", "street", "noise", "repair", "delay", "water", "light", "school", "tree")


def event(number: int, dice: random.Random) -> dict[str, object]:
    """One event; `amount` drifts from a number to text, `review` comes late."""
    found: dict[str, object] = {
        "id": number,
        "opened_at": f"20{dice.randint(10, 25)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T08:00:00Z",
        "kind": dice.choice(WORDS),
        "amount": round(dice.uniform(1, 5000), 2) if number % 5 else f"{dice.randint(1, 5000)} USD",
        "open": dice.random() < 0.5,
        "closed_by": None if dice.random() < 0.4 else {"login": f"user{dice.randint(1, 9999)}", "id": number % 977},
        "place": {"lat": round(dice.uniform(40, 41), 6), "lon": -73.9, "address": {"city": "Örebro", "zip": "00501"}},
        "tags": dice.sample(WORDS, dice.randint(0, 4)),
        "steps": [
            {"type": dice.choice(WORDS), "minutes": dice.randint(1, 300), "note": " ".join(dice.choices(WORDS, k=6))}
            for _ in range(dice.randint(0, 6))
        ],
        "counts": {f"c{dice.randint(1, 100_000)}": dice.randint(1, 9) for _ in range(3)},
        "text": " ".join(dice.choices(WORDS, k=130)),
    }
    if number > 10_000:
        found["review"] = {"score": dice.randint(1, 5), "by": None}
    return found


def write(path: Path, megabytes: int, kind: str) -> None:
    """Write events until the file has the size asked for."""
    dice = random.Random(7)
    block = [json.dumps(event(number, dice)) for number in range(9_000, 19_000)]
    between = ",\n" if kind == "array" else "\n"
    size = 0
    with path.open("w", encoding="utf-8") as stream:
        stream.write("[" if kind == "array" else "")
        while size < megabytes * 1_000_000:
            text = (between if size else "") + between.join(block)
            size += stream.write(text)
        stream.write("]\n" if kind == "array" else "\n")


def read(path: Path) -> None:
    """Read the file into records, and print what that took."""
    from rlm_pipeline.configuration import DatasetConfig
    from rlm_pipeline.sources.raw_file import materialise
    from rlm_pipeline.store import Store

    store = Store(path.parent / "store").dataset("events")
    manifest = materialise(store, DatasetConfig(name="events", source=str(path)), "all")
    used = resource.getrusage(resource.RUSAGE_SELF)
    megabytes, seconds = path.stat().st_size / 1e6, used.ru_utime + used.ru_stime
    found = f"{manifest.rows:,} | {manifest.quarantined}"
    print(f"| {path.name} | {megabytes:,.0f} | {found} | {seconds:.1f} | {used.ru_maxrss / 1024:,.0f} |")


def main() -> None:
    """Write and read a file of the size and kind asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=int)
    parser.add_argument("kind", choices=("jsonl", "array"))
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.read:
        read(asked.read)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("events.jsonl" if asked.kind == "jsonl" else "events.json")
        write(path, asked.megabytes, asked.kind)
        command = [sys.executable, __file__, str(asked.megabytes), asked.kind, "--read", str(path)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
