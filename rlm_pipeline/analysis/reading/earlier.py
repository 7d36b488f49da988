"""Readings that were made before: what was read with the same words, notes, prompt and model is not read again.

A record keeps its answer when the records around it change, and when the same record turns up in another year.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.analysis.reading.answers import Answer
from rlm_pipeline.analysis.reading.unit import Unit
from rlm_pipeline.configuration import Analysis
from rlm_pipeline.llm import structured
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.store import DatasetStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in which call a unit was read, numbered from 1."""

    call_key: str
    number: int


def key_of(unit: Unit, settings: Analysis, prompt_version: str) -> str:
    """32 hex characters of what decides what is said about a unit; a server may serve any model under any name."""
    asked = (settings.base_url or "", settings.analyst, prompt_version, settings.question)
    notes = [part for note in unit.notes for part in (note.kind, note.scope, note.summary, note.quote)]
    return fingerprint.of_text(*asked, unit.named, unit.text, *notes)


def places(store: DatasetStore) -> Mapping[str, Place]:
    """Every unit of the dataset that was read, by its key; of one read twice the first by call."""
    paths = [store.read_units_path(partition) for partition in store.partitions_with("read_units")]
    if not paths:
        return {}
    units = pl.concat(pl.scan_parquet(path) for path in paths).filter(pl.col("status") == "read")
    found = units.select("unit_key", "call_key", "number").collect().sort("unit_key", "call_key", "number")
    return {
        key: Place(call_key=call_key, number=number)
        for key, call_key, number in found.unique("unit_key", keep="first", maintain_order=True).iter_rows()
    }


def answer(ledger: Ledger, call_key: str, shape: type[Answer]) -> Answer | None:
    """What an earlier call was answered, or None where the ledger does not hold it any more."""
    history = ledger.history(call_key)
    if history.conclusion is None or history.conclusion.status != "answered":
        return None
    value, _ = structured.read(history.conclusion.text, shape, embedded=True)
    return value if isinstance(value, Answer) else None
