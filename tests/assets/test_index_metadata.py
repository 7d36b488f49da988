import polars as pl

from assets import index_metadata
from rlm_pipeline.chunking.chunk_table import ChunkSummary
from rlm_pipeline.model import CHUNK_SCHEMA
from rlm_pipeline.store import Store, write_frame

FENCE = "```\n"


def shown(tmp_path, lengths):
    store = Store(tmp_path).dataset("desk")
    rows = [
        {
            **{name: 1 if kind == pl.Int64 else name for name, kind in CHUNK_SCHEMA.items()},
            "ordinal": place, "n_chars": length, "text": FENCE + "x" * (length - len(FENCE)), "scope": "# A | B, row 1",
        }
        for place, length in enumerate(lengths)
    ]  # fmt: skip
    write_frame(pl.DataFrame(rows, schema=CHUNK_SCHEMA), store.chunks_path("all"))
    longest = max(lengths, default=0)
    summary = ChunkSummary(
        chunks=len(rows), records=len(rows), characters=sum(lengths), longest=longest, split_records=0
    )
    return index_metadata.of_chunks(summary, store, "all")


def test_lengths_are_counted_by_tenths_of_the_longest(tmp_path):
    found = shown(tmp_path, [100, 101, 200, 1000])["lengths"].md_str.splitlines()

    assert found[2].startswith("| 1 to 100 | 1 |")
    assert found[3].startswith("| 101 to 200 | 2 | ██")
    assert found[-1].startswith("| 901 to 1,000 | 1 |")


def test_the_example_is_whole_in_markdown_with_its_place(tmp_path):
    found = shown(tmp_path, [2000, 2000])

    text = found["example"].md_str
    assert r"\# A \| B, row 1" in text
    assert "\n    ```\n" in text
    assert text.endswith("and 500 characters more")
    assert "| content_type | chunker | 2 | 4,000 | 2,000 |" in found["kinds"].md_str


def test_a_partition_without_chunks_says_so(tmp_path):
    found = shown(tmp_path, [])

    assert found["chunks"] == 0
    assert found["example"].md_str == "no chunks"
