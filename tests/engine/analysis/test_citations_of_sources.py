"""Citations of records whose chunks are the source as it is."""

import polars as pl
import pytest

from rlm_pipeline.analysis import citations, findings
from rlm_pipeline.chunking import stage
from rlm_pipeline.configuration import Chunking, DatasetConfig
from rlm_pipeline.model import LINE, ROW, SOURCE
from rlm_pipeline.profiling import columns
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import Store

CODE = {
    f"{name}.py": "".join(f'def {name}_{step}():\n    """Step."""\n    return {step}\n\n\n' for step in range(40))
    for name in ("pump", "valve")
}
CONFIG = {"a.yaml": 'quoted: "a\\u00e9b"\n' + "".join(f"step{place}: {place}\n" for place in range(60))}


def cut(tmp_path, files):
    folder = tmp_path / "source"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    config = DatasetConfig(name="plant", source=str(folder), chunking=Chunking(size=300))
    store = Store(tmp_path / "store").dataset("plant")
    raw_file.materialise(store, config, "all")
    columns.materialise(store, config, "all")
    pairs.materialise(store, config, "all")
    stage.materialise(store, config, "all")
    return store, config


@pytest.mark.parametrize("files", [CODE, CONFIG], ids=["code", "config"])
def test_every_cell_of_every_record_can_be_cited(tmp_path, files):
    store, _ = cut(tmp_path, files)
    records = store.scan_records("all").collect()
    cited = (
        records.rename({SOURCE: "source", ROW: "row", LINE: "line"})
        .unpivot(index=["source", "row", "line"], variable_name="column", value_name="quote")
        .drop_nulls("quote")
        .filter(~pl.col("quote").eq(""))
    )
    ids = tuple(store.scan(store.chunks_path("all"), "chunks", "all").collect()["chunk_id"])

    located = citations.locate(store, "all", ids, cited)

    assert located.drop("chunk_id").sort(cited.columns).equals(cited.sort(cited.columns), null_equal=True)
    assert citations.verify(store, "all", located)["verified"].all()


def test_findings_of_code_cite_what_the_reader_found_out(tmp_path):
    store, config = cut(tmp_path, CODE)

    summary = findings.materialise(store, config, "all")

    assert summary.citations == summary.verified > 0
