"""What the Dagster UI shows of chunks and of the indexes over them."""

from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.metadata import Metadata, of_figures
from rlm_pipeline.chunking.chunk_table import ChunkSummary
from rlm_pipeline.retrieval.embeddings import EmbeddingSummary
from rlm_pipeline.retrieval.lexical import LexicalSummary
from rlm_pipeline.retrieval.vector_index import INDEX_FROM_ROWS, IndexSummary
from rlm_pipeline.store import DatasetStore

_STEPS = 10
_BAR = 30
_EXAMPLE_CHARACTERS = 1500
_MOST_KINDS = 30
_MEBIBYTE = 1 << 20


def of_chunks(summary: ChunkSummary, store: DatasetStore, partition: str) -> Metadata:
    """How many chunks of each kind there are, how long they are, and one from the middle with its place."""
    chunks = store.scan(store.chunks_path(partition), "chunks", partition)
    figures = chunks.select("content_type", "chunker", "n_chars", "n_tokens_estimate").collect()
    example = chunks.filter(pl.col("ordinal") == summary.chunks // 2).collect()
    return {
        **of_figures(summary),
        "tokens_estimate": int(figures["n_tokens_estimate"].sum()),
        "kinds": dg.MetadataValue.md(_kinds(figures)),
        "lengths": dg.MetadataValue.md(_lengths(figures["n_chars"])),
        "example": dg.MetadataValue.md(_example(example.row(0, named=True)) if example.height else "no chunks"),
    }


def of_embeddings(summary: EmbeddingSummary) -> Metadata:
    """What was embedded and what was known, by which model, at what rate."""
    share = summary.reused / summary.chunks if summary.chunks else 0.0
    return {**of_figures(summary), "reused_share": round(share, 4), "table_mib": _mebibytes(summary.bytes)}


def of_words(summary: LexicalSummary, folder: Path) -> Metadata:
    """What was indexed; the size is the whole dataset's index."""
    return {**of_figures(summary), "index_mib": _mebibytes(_size_of(folder))}


def of_vectors(summary: IndexSummary, folder: Path) -> Metadata:
    """How vectors are searched, and the size of the database."""
    how = "by an approximate index" if summary.indexed else f"one by one, exactly; indexed from {INDEX_FROM_ROWS:,} on"
    return {**of_figures(summary), "compared": how, "database_mib": _mebibytes(_size_of(folder))}


def _kinds(figures: pl.DataFrame) -> str:
    kinds = (
        figures.group_by("content_type", "chunker")
        .agg(pl.len().alias("chunks"), pl.col("n_chars").sum().alias("characters"), pl.col("n_chars").median())
        .sort("chunks", "content_type", descending=[True, False])
    )
    rows = [
        f"| {content_type} | {chunker} | {chunks:,} | {characters:,} | {median:,.0f} |"
        for content_type, chunker, chunks, characters, median in kinds.head(_MOST_KINDS)
        .select("content_type", "chunker", "chunks", "characters", "n_chars")
        .iter_rows()
    ]
    return "\n".join(["| content | cut as | chunks | characters | median length |", "|---|---|---|---|---|", *rows])


def _lengths(characters: pl.Series) -> str:
    """A histogram in tenths of the longest chunk."""
    width = -(-max(1, int(characters.max() or 0)) // _STEPS)  # type: ignore[arg-type] # of Int64 it is an int
    tenths = pl.min_horizontal((pl.col("n_chars") - 1).clip(0) // width, _STEPS - 1)
    counted = dict(characters.alias("n_chars").to_frame().select(tenths).to_series().value_counts().iter_rows())
    most = max(counted.values(), default=1)
    rows = [
        f"| {step * width + 1:,} to {(step + 1) * width:,} | {counted.get(step, 0):,} "
        f"| {'█' * round(_BAR * counted.get(step, 0) / most)} |"
        for step in range(_STEPS)
    ]
    return "\n".join(["| characters | chunks | |", "|---|---|---|", *rows])


def _example(chunk: dict[str, Any]) -> str:
    text = chunk["text"][:_EXAMPLE_CHARACTERS]
    left = len(chunk["text"]) - len(text)
    where = (
        f"`{chunk['chunk_id']}` {_escaped(chunk['source'])}, lines {chunk['line_start']:,}-{chunk['line_end']:,}, "
        f"characters {chunk['char_start']:,}-{chunk['char_end']:,}, {_escaped(chunk['scope'])}"
    )
    # Indented, not fenced: a text may have fences of its own.
    shown = "\n".join(f"    {line}" for line in text.splitlines())
    return f"{where}\n\n{shown}" + (f"\n\nand {left:,} characters more" if left else "")


def _escaped(text: str) -> str:
    return "".join(f"\\{each}" if each in "\\`*_{}[]<>#|" else each for each in text)


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _mebibytes(size: int) -> float:
    return round(size / _MEBIBYTE, 2)
