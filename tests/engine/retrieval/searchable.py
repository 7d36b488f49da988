"""A small store of every kind of chunk, embedded and indexed, with the records that filters ask."""

from pathlib import Path

import numpy as np
import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.configuration import ColumnRoles, DatasetConfig
from rlm_pipeline.model import CHUNK_SCHEMA, LABEL_SCHEMA, Manifest, SourceManifest
from rlm_pipeline.retrieval import embeddings, lexical
from rlm_pipeline.store import DatasetStore, write_frame

YEARS = ("FY2011", "FY2012", "FY2013")
WORDS = ("roof", "belt", "finger", "pinched", "pain", "neck", "slipped", "ice", "ankle", "loader", "cable", "dust")
PLACES = ("", "method:Belt.run", "method:Belt.stop", "function:roof_bolt", "Safety > Ice", "Safety > Dust")
TYPES = {"tickets.csv": "tabular", "belt.py": "code", "handbook.md": "markdown"}
RECORDS_PER_CHUNK = 4
CHUNKS_PER_SOURCE = 12


def write(folder: Path) -> tuple[DatasetStore, DatasetConfig]:
    """Three years, three sources a year, twelve chunks a source, four records a chunk."""
    store = DatasetStore(folder / "mine")
    config = DatasetConfig(name="mine", source="unused.csv", columns=ColumnRoles(ignore=("secret*",)))
    random = np.random.default_rng(7)
    for year in YEARS:
        chunks, records, labels = [], [], []
        for source, content_type in TYPES.items():
            name = f"{year.lower()}/{source}"
            for number in range(CHUNKS_PER_SOURCE):
                first = number * RECORDS_PER_CHUNK + 1
                text = " ".join(random.choice(WORDS, 9)) + f" case E-{random.integers(1000, 1020)}"
                chunks.append(
                    _chunk(name, len(chunks), first, text, content_type=content_type, place=str(random.choice(PLACES)))
                )
                for row in range(first, first + RECORDS_PER_CHUNK):
                    records.append(
                        {
                            "_source": name, "_row": row, "_line": row + 1,
                            "priority": str(random.choice(["P1", "P2", "P3"])),
                            "hours": str(random.integers(0, 40)) if random.random() > 0.2 else "",
                            "the site": str(random.choice(["north", "south"])), "secret_name": "x",
                        }
                    )  # fmt: skip
                    labels.append(
                        {
                            "source": name, "row": row, "dimension_id": "d1",
                            "category_id": str(random.choice(["c1", "c2", "other"])),
                            "confidence": 1.0, "margin": 1.0,
                        }
                    )  # fmt: skip
        _store_year(store, year, chunks, records, labels)
        embeddings.materialise(store, config, year)
        lexical.materialise(store, config, year)
    store.register(config)
    return store, config


def _store_year(store, year, chunks, records, labels):
    write_frame(pl.DataFrame(chunks, schema=CHUNK_SCHEMA), store.chunks_path(year))
    write_frame(pl.DataFrame(records), store.records_folder(year) / "all.parquet")
    write_frame(pl.DataFrame(labels, schema=LABEL_SCHEMA), store.labels_path(year))
    sources = tuple(_manifest(f"{year.lower()}/{source}", kind) for source, kind in TYPES.items())
    store.write_manifest(Manifest(partition=year, sources=sources))


def _manifest(source, kind):
    return SourceManifest(
        source=source, bytes=1, sha256="", detected_type=kind, evidence="", encoding="utf-8", delimiter="",
        header_line=1, header=(), reader="", rows=CHUNKS_PER_SOURCE * RECORDS_PER_CHUNK, quarantined=0,
        records_file="all.parquet",
    )  # fmt: skip


def _chunk(source, ordinal, first, text, *, content_type, place):
    last = first + RECORDS_PER_CHUNK - 1
    return {
        "chunk_id": fingerprint.short(source, str(first), text), "ordinal": ordinal, "source": source,
        "row_start": first, "row_end": last, "line_start": first + 1, "line_end": last + 1,
        "char_start": 0, "char_end": len(text), "byte_start": 0, "byte_end": len(text),
        "content_type": content_type, "chunker": content_type, "scope": f"{place}, rows {first}-{last}", "place": place,
        "records": RECORDS_PER_CHUNK, "part": 0, "text": text, "overlap": "", "context": "", "n_chars": len(text),
        "n_tokens_estimate": len(text) // 4, "content_hash": fingerprint.of_text(place, "", text),
    }  # fmt: skip
