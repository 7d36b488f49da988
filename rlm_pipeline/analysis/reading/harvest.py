"""What is kept of the answers: statements of records, and findings whose quotes were found in the records they name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.analysis import citations, quotes
from rlm_pipeline.analysis.observation import QUOTE_LENGTH
from rlm_pipeline.analysis.reading.answers import CONFIDENCE, Answer, Found, Quote, Verdict
from rlm_pipeline.analysis.reading.unit import Unit
from rlm_pipeline.model import CITATION, FINDING_SCHEMA
from rlm_pipeline.store import DatasetStore

_CITED = pl.Schema(
    {
        "finding_id": pl.String,
        "source": pl.String,
        "row": pl.Int64,
        "line": pl.Int64,
        "column": pl.String,
        "quote": pl.String,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer and what it is about, `units` by their numbers; a record that is no longer there has none."""

    number: int
    units: Mapping[int, Unit]
    answer: Answer
    model: str
    prompt_version: str
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """`findings` are of `FINDING_SCHEMA`; `statements` have `read_place`, `facet`, `statement`.

    `quotes` were given, `not_found` of them are in no record they name; `dropped` findings had no other.
    """

    findings: pl.DataFrame
    statements: pl.DataFrame
    quotes: int
    not_found: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    row: dict[str, object]
    cited: tuple[dict[str, object], ...]
    quotes: int


def gather(store: DatasetStore, partition: str, answered: Sequence[Answered]) -> Harvest:
    """Check every quote, first in the text that was read, then in stored record and chunk; keep what holds.

    Raises:
        NotMaterialised: raw_file or chunks has not run.

    """
    claims = [claim for each in answered for claim in _claims(each)]
    cited = pl.DataFrame([one for claim in claims for one in claim.cited], schema=_CITED)
    verified = _verified(store, partition, cited)
    rows = pl.DataFrame([claim.row for claim in claims], schema=_without("citations"))
    kept = _with_citations(rows, verified)
    given = sum(claim.quotes for claim in claims)
    return Harvest(
        findings=kept,
        statements=_statements(answered),
        quotes=given,
        not_found=given - verified.height,
        dropped=len(claims) - kept.height,
    )


def _without(column: str) -> dict[str, pl.DataType]:
    return {name: kind for name, kind in FINDING_SCHEMA.items() if name != column}


def _claims(answered: Answered) -> Iterable[_Claim]:
    claims = [_of_finding(answered, found) for found in answered.answer.findings]
    claims += [_of_verdict(answered, verdict) for verdict in answered.answer.verdicts]
    share = answered.cost_usd / max(1, len(claims))
    seen: set[object] = set()
    for claim in claims:
        if claim.row["finding_id"] not in seen:
            seen.add(claim.row["finding_id"])
            yield _Claim(row={**claim.row, "cost": share}, cited=claim.cited, quotes=claim.quotes)


def _of_finding(answered: Answered, found: Found) -> _Claim:
    analyst = next(iter(answered.units.values())).analyst
    stretches = [_stretch(answered, quote) for quote in found.quotes]
    located = list(dict.fromkeys((unit, stretch) for unit, stretch in stretches if unit))
    lost = sum(unit is None for unit, _ in stretches)
    about = {unit.place: unit for unit, _ in located}
    return _claim(
        answered,
        {
            "analyst": analyst,
            "type": found.type,
            "scope": found.scope.strip(),
            "summary": found.summary.strip(),
            "severity": found.severity,
            "confidence": CONFIDENCE[found.confidence],
            "distribution": [],
            "total": sum(unit.stands_for for unit in about.values()),
            "numbers": "{}",
        },
        located,
        len(located) + lost,
    )


def _of_verdict(answered: Answered, verdict: Verdict) -> _Claim:
    unit = answered.units.get(verdict.record)
    note = unit.notes[verdict.note - 1] if unit else None
    located = [(unit, note.quote)] if unit and note else []
    return _claim(
        answered,
        {
            "analyst": note.analyst if note else "",
            "type": note.kind if note else "",
            "scope": note.scope if note else "",
            "summary": f"{verdict.verdict}: {verdict.reason.strip()}",
            "severity": note.severity if note and verdict.verdict != "dismissed" else "info",
            "confidence": CONFIDENCE["low" if verdict.verdict == "unsure" else "high"],
            "distribution": [{"value": verdict.verdict, "count": 1}],
            "total": 1,
            "numbers": f'{{"finding":"{note.finding_id}"}}' if note else "{}",
        },
        located,
        len(located),
    )


def _claim(answered: Answered, said: dict[str, object], located: Sequence[tuple[Unit, str]], given: int) -> _Claim:
    rows = [unit.row for unit, _ in located] or [0]
    places = sorted(f"{unit.source}:{unit.row}" for unit, _ in located)
    told = (str(said[name]) for name in ("analyst", "type", "scope", "summary"))
    finding_id = fingerprint.short("read", answered.model, answered.prompt_version, *told, *places)
    row = {
        "finding_id": finding_id,
        "batch": answered.number,
        "row_start": min(rows),
        "row_end": max(rows),
        "model": answered.model,
        "prompt_version": answered.prompt_version,
        "cost": 0.0,
        **said,
    }
    cited = tuple(
        {
            "finding_id": finding_id,
            "source": unit.source,
            "row": unit.row,
            "line": unit.line,
            "column": "",
            "quote": quote,
        }
        for unit, quote in located
    )
    return _Claim(row=row, cited=cited, quotes=given)


def _stretch(answered: Answered, quote: Quote) -> tuple[Unit | None, str]:
    """The record's own words that a quote quotes, within one line of one cell; no unit where there are none."""
    unit = answered.units.get(quote.record)
    match = quotes.find(quote.quote, unit.text) if unit else None
    if unit is None or match is None:
        return None, ""
    start, end = match.start, match.end
    lines = []
    for line_start, line in _lines(unit.text):
        low, high = max(start, line_start), min(end, line_start + len(line))
        if low < high:
            lines.append(_of_cell(unit, line, unit.text[low:high]))
    best = max(lines, key=len, default="")
    return (unit, best[:QUOTE_LENGTH].strip()) if best.strip() else (None, "")


def _lines(text: str) -> Iterable[tuple[int, str]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, line.rstrip("\r\n")
        start += len(line)


def _of_cell(unit: Unit, line: str, stretch: str) -> str:
    """A stretch of a line without the column's name that a rendered record puts before the value."""
    if unit.analyst in {"data", "json"}:
        label, colon, _ = line.partition(": ")
        if colon and line.startswith(stretch[: len(label) + 2]) and stretch.startswith(label):
            return stretch[len(label) + 2 :].strip()
    return stretch.strip()


def _verified(store: DatasetStore, partition: str, cited: pl.DataFrame) -> pl.DataFrame:
    """The citations that record and chunk both hold, with `chunk_id` and `verified`."""
    located = citations.locate(store, partition, _chunks_of(store, partition, cited), cited)
    checked = citations.verify(store, partition, located)
    return checked.filter("verified")


def _chunks_of(store: DatasetStore, partition: str, cited: pl.DataFrame) -> tuple[str, ...]:
    """Ids of the chunks that hold a cited record."""
    chunks = store.scan(store.chunks_path(partition), "chunks", partition)
    places = chunks.select("chunk_id", "source", "row_start", "row_end").collect()
    found: list[str] = []
    for (source,), wanted in cited.select("source", "row").unique().partition_by("source", as_dict=True).items():
        own = places.filter(pl.col("source") == source).sort("row_start")
        rows = np.sort(wanted["row"].to_numpy())
        # A chunk holds a cited row where more of them are up to its end than before its start.
        before = np.searchsorted(rows, own["row_start"].to_numpy(), side="left")
        until = np.searchsorted(rows, own["row_end"].to_numpy(), side="right")
        found += own.filter(pl.Series(until > before))["chunk_id"].to_list()
    return tuple(found)


def _with_citations(rows: pl.DataFrame, verified: pl.DataFrame) -> pl.DataFrame:
    fields = [field.name for field in CITATION.fields]
    grouped = (
        verified.sort("finding_id", "source", "row", "quote")
        .group_by("finding_id", maintain_order=True)
        .agg(citations=pl.struct(fields))
    )
    kept = rows.join(grouped, on="finding_id", how="inner", maintain_order="left")
    ordered = kept.sort("batch", "type", "scope", "finding_id", maintain_order=True)
    return ordered.select(pl.col(name).cast(kind) for name, kind in FINDING_SCHEMA.items())


def _statements(answered: Sequence[Answered]) -> pl.DataFrame:
    said = [
        (unit.place, each.facet, " ".join(each.statement.split()))
        for one in answered
        for record in one.answer.records
        for unit in [one.units.get(record.record)]
        if unit is not None
        for each in record.statements
        if each.statement.strip()
    ]
    schema = {"read_place": pl.UInt32, "facet": pl.String, "statement": pl.String}
    return pl.DataFrame(said, schema=schema, orient="row").unique(maintain_order=True)
