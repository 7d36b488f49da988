"""Injury reports as chunks, one sentence each, written as a chunker would leave them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from rlm_pipeline import fingerprint
from rlm_pipeline.configuration import DatasetConfig, Embedding
from rlm_pipeline.model import CHUNK_SCHEMA
from rlm_pipeline.store import DatasetStore, write_frame

REPORTS = (
    "Employee slipped on ice in the parking lot and fell, bruising his left hip.",
    "Miner lost his footing on a frozen walkway and landed on his back.",
    "While stepping off the loader he twisted his right ankle on a loose rock.",
    "EE was lifting a bag of rock dust and felt a sharp pain in his lower back.",
    "Strained his back while pulling cable at the face of the number three entry.",
    "Employee felt a pull in his shoulder while hanging a curtain.",
    "A piece of draw rock fell from the roof and struck the bolter operator on the hand.",
    "Roof material fell between two bolts and hit the miner's hard hat.",
    "His glove was caught in the tail roller of the conveyor and the finger was fractured.",
    "Finger pinched between the coupling and the drawbar of the supply car.",
    "Injured employee cut his thumb with a utility knife while stripping wire.",
    "Grinding a weld without goggles, a metal splinter lodged in his left eye.",
    "Dust blew into the eye of the crusher attendant; it was flushed with water.",
    "Hydraulic hose burst and sprayed hot oil over the mechanic's forearm.",
    "Employee was burned by an arc when he opened the breaker panel.",
    "The shuttle car hit a hole in the roadway and jarred the operator's neck.",
    "Haul truck rolled over at the dump point; the driver complained of neck pain.",
    "Periodic audiogram showed a standard threshold shift in both ears.",
)

Write = Callable[..., pl.DataFrame]


def as_chunks(source: str, texts: Sequence[str]) -> pl.DataFrame:
    rows = [
        {
            "chunk_id": fingerprint.short(source, str(row), text),
            "ordinal": row - 1,
            "source": source,
            "row_start": row,
            "row_end": row,
            "line_start": row + 1,
            "line_end": row + 1,
            "char_start": 0,
            "char_end": len(text),
            "content_type": "tabular",
            "scope": f"rows {row}-{row}",
            "text": text,
            "n_chars": len(text),
            "n_tokens_estimate": len(text) // 4,
            "content_hash": fingerprint.of_text(text),
        }
        for row, text in enumerate(texts, 1)
    ]
    return pl.DataFrame(rows, schema=CHUNK_SCHEMA)


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    return DatasetStore(tmp_path / "mine_injuries")


@pytest.fixture
def config() -> DatasetConfig:
    return DatasetConfig(name="mine_injuries", source="unused.csv", embedding=Embedding(search="static"))


@pytest.fixture
def write(store: DatasetStore) -> Write:
    """Store the chunks of one partition: `write("FY2012", texts)`; returns them."""

    def write_chunks(partition: str, texts: Sequence[str] = REPORTS) -> pl.DataFrame:
        chunks = as_chunks(f"{partition.lower()}.csv", texts)
        write_frame(chunks, store.chunks_path(partition))
        return chunks

    return write_chunks


@pytest.fixture
def reports() -> tuple[str, ...]:
    return REPORTS
