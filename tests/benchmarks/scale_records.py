"""Yearly CSV files of near-unique records of real sentences, and ways to change 1 % of them."""

import csv
import gzip
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

YEARS = tuple(range(2012, 2023))
_BLOCK = 5000
_COLUMNS = ("ticket", "opened_at", "site", "category", "description")
_SITES = ("north", "south", "harbour", "airport", "depot", "plant", "tower", "annex")
_CATEGORIES = ("supply", "repair", "injury", "billing", "access", "survey", "policy", "transport", "training", "audit")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_SYLLABLES = tuple(a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il", "om"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    rows: int
    bytes: int


def write(folder: Path, characters: int, mean_length: int, real_data: Path | None) -> Written:
    """Write one file per year with `characters` of rendered records in all."""
    folder.mkdir(parents=True, exist_ok=True)
    sentences = real_sentences(real_data) if real_data else []
    random = np.random.default_rng(4)
    names = pseudo_words(random)
    sentences = sentences or synthetic_sentences(random, names)
    rows = size = 0
    for year in YEARS:
        path = folder / f"fy{year}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(_COLUMNS)
            held = 0
            for record in records(random, year, mean_length, sentences, names):
                writer.writerow(record)
                rows += 1
                # As chunks show it: a line for each column, a blank line behind.
                held += sum(len(name) + len(value) + 3 for name, value in zip(_COLUMNS, record, strict=True)) + 1
                if held >= characters / len(YEARS):
                    break
        size += path.stat().st_size
    return Written(rows=rows, bytes=size)


def records(
    random: np.random.Generator, year: int, mean_length: int, sentences: list[str], names: np.ndarray
) -> Iterator[tuple[str, ...]]:
    """Records without end; a few words of each text are names that are rare by Zipf's law, so texts do not repeat."""
    mean_sentence = sum(map(len, sentences)) / len(sentences) + 1
    for block in itertools.count():
        lengths = random.lognormal(0, 0.5, _BLOCK) / np.exp(0.125) * (mean_length / mean_sentence)
        counts = np.maximum(1, np.round(lengths)).astype(int)
        chosen = random.integers(0, len(sentences), int(counts.sum()))
        rare = names[np.minimum(random.zipf(1.2, (_BLOCK, 3)) - 1, len(names) - 1)]
        days, sites = random.integers(0, 28 * 12, _BLOCK), random.integers(0, len(_SITES), _BLOCK)
        groups = random.integers(0, len(_CATEGORIES), _BLOCK)
        ends = np.cumsum(counts)
        for row in range(_BLOCK):
            body = [sentences[at] for at in chosen[ends[row] - counts[row] : ends[row]]]
            body.append(f"Reported by {rare[row, 0]} {rare[row, 1]}, unit {rare[row, 2]}.")
            number = block * _BLOCK + row
            day = f"{year}-{days[row] // 28 + 1:02}-{days[row] % 28 + 1:02}"
            yield f"T{year}{number:07}", day, _SITES[sites[row]], _CATEGORIES[groups[row]], " ".join(body)


def real_sentences(data: Path) -> list[str]:
    """Sentences of injury reports and of speeches."""
    found: list[str] = []
    for path in sorted((data / "msha-injuries").glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                found += _SENTENCE_END.split(row["NARRATIVE"])
    for path in sorted((data / "sotu").glob("speeches.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for line in stream:
                found += _SENTENCE_END.split(max(map(str, json.loads(line).values()), key=len))
    return [" ".join(sentence.split()) for sentence in dict.fromkeys(found) if 20 <= len(sentence) <= 400]


def pseudo_words(random: np.random.Generator, count: int = 300_000) -> np.ndarray:
    parts = np.array(_SYLLABLES)[random.integers(0, len(_SYLLABLES), (count, 4))]
    return np.array(["".join(each).capitalize() for each in parts])


def synthetic_sentences(random: np.random.Generator, names: np.ndarray, count: int = 100_000) -> list[str]:
    """Sentences of 6 to 25 words of a vocabulary of 30,000 drawn by Zipf's law."""
    drawn = names[np.minimum(random.zipf(1.1, (count, 25)) - 1, 29_999)]
    lengths = random.integers(6, 26, count)
    return [f"{' '.join(words[:length]).capitalize()}." for words, length in zip(drawn, lengths, strict=True)]


def _rewritten(path: Path, change: Callable[[int, list[str]], list[list[str]]]) -> tuple[int, int]:
    """Write the file anew with `change(row number, cells)` in place of each row; returns rows changed and rows."""
    partial, changed, rows = path.with_suffix(".partial"), 0, 0
    with path.open(encoding="utf-8", newline="") as source, partial.open("w", encoding="utf-8", newline="") as target:
        reader, writer = csv.reader(source), csv.writer(target)
        writer.writerow(next(reader))
        for rows, row in enumerate(reader, 1):
            now = change(rows, row)
            changed += now != [row]
            writer.writerows(now)
    partial.replace(path)
    return changed, rows


def _edited(row: list[str]) -> list[list[str]]:
    return [[*row[:-1], f"{row[-1]} Corrected on review."]]


def _followed(row: list[str]) -> list[list[str]]:
    return [row, [f"{row[0]}B", *row[1:-1], f"Follow-up: {row[-1]}"]]


def in_all_years(folder: Path) -> float:
    """Every hundredth row of every year edited, which is the worst way to spread it."""
    return _share(
        [_rewritten(path, lambda n, row: _edited(row) if n % 100 == 50 else [row]) for path in _files(folder)]
    )


def in_one_year(folder: Path) -> float:
    """As many neighbouring rows of the last year edited, where they stand."""
    *others, last = _files(folder)
    rows = sum(1 for path in _files(folder) for _ in csv.reader(path.open(encoding="utf-8", newline="")))
    first = 1000
    done = _rewritten(last, lambda n, row: _edited(row) if first <= n < first + rows // 100 else [row])
    return done[0] / max(1, rows - len(others) - 1)


def appended(folder: Path) -> float:
    """As many new rows at the end of the last year."""
    rows = sum(1 for path in _files(folder) for _ in csv.reader(path.open(encoding="utf-8", newline="")))
    last = _files(folder)[-1]
    with last.open(encoding="utf-8", newline="") as stream:
        copied = list(itertools.islice(csv.reader(stream), 1, 1 + rows // 100))
    with last.open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(_followed(row)[1] for row in copied)
    return len(copied) / rows


def inserted(folder: Path) -> float:
    """As many rows as 1 % inserted at one place of every year, a tenth from its start."""
    done = []
    for path in _files(folder):
        rows = sum(1 for _ in csv.reader(path.open(encoding="utf-8", newline="")))
        places = range(rows // 10, rows // 10 + rows // 100)
        done.append(_rewritten(path, lambda n, row, at=places: _followed(row) if n in at else [row]))
    return _share(done)


CHANGES: dict[str, Callable[[Path], float]] = {
    "1 % edited in one year": in_one_year,
    "1 % appended to the last year": appended,
    "1 % edited, spread over all years": in_all_years,
    "1 % inserted into all years": inserted,
}


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("fy*.csv"))


def _share(done: list[tuple[int, int]]) -> float:
    return sum(changed for changed, _ in done) / sum(rows for _, rows in done)
