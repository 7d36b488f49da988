"""Injury reports as chunks, one sentence each, written as a chunker would leave them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from rlm_pipeline import fingerprint
from rlm_pipeline.configuration import DatasetConfig, Embedding
from rlm_pipeline.model import CHUNK_SCHEMA
from rlm_pipeline.retrieval import vector_table
from rlm_pipeline.retrieval.encoders import search_encoder
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
            "byte_start": 0,
            "byte_end": len(text.encode("utf-8", "surrogatepass")),
            "content_type": "tabular",
            "chunker": "tabular",
            "scope": f"rows {row}-{row}",
            "place": "",
            "records": 1,
            "part": 0,
            "text": text,
            "overlap": "",
            "context": "",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """What the encoder's table of a store holds."""

    store: DatasetStore
    config: DatasetConfig

    @property
    def table(self) -> Any:
        return vector_table.open_existing(self.store, search_encoder(self.config.embedding))

    def rows(self) -> pl.DataFrame:
        return pl.DataFrame(self.table.to_arrow())

    def assert_holds(self, *partitions: str) -> None:
        """The table holds the chunks of these partitions, each once, with the vector of its text."""
        rows = self.rows().sort("chunk_id")
        columns = list(vector_table.KEPT)
        paths = [self.store.chunks_path(partition) for partition in partitions]
        chunks = pl.concat(pl.read_parquet(path) for path in paths).sort("chunk_id")
        assert rows.select(columns).equals(chunks.select(columns))
        assert set(rows["partition"]) == set(partitions)
        expected = search_encoder(self.config.embedding).encode(chunks["text"].to_list())
        np.testing.assert_allclose(np.stack(rows["vector"].to_list()), expected, atol=1e-6)


@pytest.fixture
def database(store: DatasetStore, config: DatasetConfig) -> Database:
    return Database(store=store, config=config)
