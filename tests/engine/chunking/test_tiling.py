import json

import polars as pl
import pytest

from rlm_pipeline.chunking import stage
from rlm_pipeline.chunking.tiling import check_tiling
from rlm_pipeline.configuration import Chunking, DatasetConfig
from rlm_pipeline.errors import NotMaterialised
from rlm_pipeline.profiling import columns
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import Store, write_frame

PROSE = "# Pumps\n\nA pump moves water.\n\n## Care\n\n" + "Oil it every month, and never run it dry. " * 30 + "\n"
CODE = "import os\n\n\nclass Pump:\n    def start(self):\n        return os.sep\n\n\n" + "total = 1\n" * 90
TABLE = "id,name,note\n" + "".join(f"{row},pump {row % 7},note {row}\n" for row in range(200)) + "201,too,many,cells\n"
LOG = "".join(f"2024-01-01 00:{minute:02}:00 INFO pump {minute} started\n" for minute in range(60))
NESTED = "".join(json.dumps({"id": row, "parts": ["valve " * 20] * row}) + "\n" for row in range(12))
# The array's elements are records, and so is what is left around them, at the start of the file and last of the rows.
AROUND = json.dumps({"made": "2024", "pumps": [{"id": row, "note": "valve " * 9} for row in range(20)]}, indent=1)
SOURCES = {"f.json": AROUND, "a.md": PROSE, "b.py": CODE, "c.csv": TABLE, "d.log": LOG, "e.jsonl": NESTED}


def cut(tmp_path, *names):
    folder = tmp_path / "source"
    folder.mkdir()
    for name in names:
        (folder / name).write_text(SOURCES[name], encoding="utf-8")
    config = DatasetConfig(name="pumps", source=str(folder), chunking=Chunking(size=300))
    store = Store(tmp_path / "store").dataset("pumps")
    raw_file.materialise(store, config, "all")
    columns.materialise(store, config, "all")
    pairs.materialise(store, config, "all")
    stage.materialise(store, config, "all")
    return store, config


def change(store, *changes, where=None):
    path = store.chunks_path("all")
    chunks = pl.read_parquet(path)
    write_frame(chunks.with_columns(*changes) if where is None else chunks.filter(where), path)


@pytest.mark.parametrize("names", [*((name,) for name in SOURCES), tuple(SOURCES)], ids="+".join)
def test_chunks_as_they_are_cut_account_for_every_record(tmp_path, names):
    store, config = cut(tmp_path, *names)

    assert pl.read_parquet(store.chunks_path("all")).height > len(names)
    assert check_tiling(store, config, "all") == ()


@pytest.mark.parametrize("name", SOURCES)
def test_a_chunk_that_is_gone_is_missed(tmp_path, name):
    store, config = cut(tmp_path, name)
    change(store, where=pl.col("ordinal") != 1)

    problems = check_tiling(store, config, "all")

    assert "the chunks are not numbered in their order" in problems
    assert len(problems) > 1


def test_a_record_that_begins_in_no_chunk_is_missed(tmp_path):
    store, config = cut(tmp_path, "c.csv")
    change(store, pl.when(pl.col("ordinal") == 2).then(pl.col("records") - 1).otherwise("records").alias("records"))

    (problem,) = check_tiling(store, config, "all")

    held = store.manifest("all").rows - 1
    assert problem == f"c.csv: {held + 1} records, {held} in chunks"


def test_a_source_without_any_chunk_is_missed(tmp_path):
    store, config = cut(tmp_path, "a.md", "d.log")
    change(store, where=pl.col("source") == "a.md")

    assert check_tiling(store, config, "all") == ("d.log: 60 records, 0 in chunks",)


@pytest.mark.parametrize("name", ["a.md", "b.py", "d.log"])
@pytest.mark.parametrize("by", [-1, 1])
def test_a_range_that_leaves_a_gap_or_overlaps_is_told_with_its_place(tmp_path, name, by):
    store, config = cut(tmp_path, name)
    moved = pl.when(pl.col("ordinal") == 1).then(pl.col("char_start") + by).otherwise("char_start")
    change(store, moved.alias("char_start"))

    (problem,) = check_tiling(store, config, "all")

    assert problem.startswith("1 times not true that a chunk begins where the chunk before it ends, first ")
    assert f" at {name}:" in problem


def test_a_chunk_id_stored_twice_is_told(tmp_path):
    store, config = cut(tmp_path, "d.log")
    change(
        store, pl.when(pl.col("ordinal") == 1).then(pl.col("chunk_id").first()).otherwise("chunk_id").alias("chunk_id")
    )

    assert check_tiling(store, config, "all") == ("1 chunk ids stored twice",)


def test_without_chunks_it_says_what_has_to_run(tmp_path):
    store, config = cut(tmp_path, "a.md")
    store.chunks_path("all").unlink()

    with pytest.raises(NotMaterialised, match="chunks"):
        check_tiling(store, config, "all")
