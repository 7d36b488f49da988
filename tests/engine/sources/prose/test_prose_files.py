import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.sources.raw_file import materialise
from rlm_pipeline.store import Store

FILES = {
    "a.md": "# Top\n\ntext of a\n",
    "b.rst": "Top\n===\n\ntext of b\n",
    "c.html": "<html><h1>Top</h1><p>text of c",
    "d.txt": "text of d",
    "e.eml": "From: x@y.z\nSubject: Top\n\ntext of e\n",
    "f.yaml": "a: 1\nb: 'open\n",
    "g.toml": "a = 2\n",
    "h.ini": "[s]\na = 3\n",
}


def test_all_prose_shares_one_records_file_and_all_configuration_another(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(content)
    store = Store(tmp_path / "store").dataset("mixed")

    manifest = materialise(store, DatasetConfig(name="mixed", source=str(folder)), "all")

    stored = {path.name for path in store.records_folder("all").glob("*.parquet")}
    assert stored == {"prose.bundle.parquet", "config.bundle.parquet"}
    prose = pl.read_parquet(store.records_folder("all") / "prose.bundle.parquet")
    assert prose.filter(pl.col("block") == "paragraph").select("_source", "_line", "heading", "text").rows() == [
        ("a.md", 3, "Top", "text of a"),
        ("b.rst", 4, "Top", "text of b"),
        ("c.html", 1, "Top", "text of c"),
        ("d.txt", 1, None, "text of d"),
        ("e.eml", 4, "Top", "text of e"),
    ]
    configs = pl.read_parquet(store.records_folder("all") / "config.bundle.parquet")
    assert configs.select("_source", "key", "value", "type").rows() == [
        ("f.yaml", "a", "1", "integer"),
        ("g.toml", "a", "2", "integer"),
        ("h.ini", "s.a", "3", "string"),
    ]
    assert {source.source: source.quarantined for source in manifest.sources if source.quarantined} == {"f.yaml": 1}
