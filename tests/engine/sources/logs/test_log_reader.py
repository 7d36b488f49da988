import gzip

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.sources.raw_file import materialise
from rlm_pipeline.store import Store

LOG = "".join(
    f"{year}-0{1 + n % 9}-15 12:00:{n:02},123 {'ERROR' if n % 7 == 0 else 'INFO'} [main] a.Service - request {n} done\n"
    + ("java.lang.Error: x\n\tat a.B.c(B.java:1)\n" if n % 7 == 0 else "")
    for year in (2019, 2020)
    for n in range(30)
)


def stored(tmp_path, source, **partition):
    """Each partition's manifest and records."""
    store = Store(tmp_path / "home").dataset("logs")
    config = DatasetConfig(name="logs", source=str(source), partition=partition or {"by": "none"})
    keys = take_inventory(store, config).partitions
    return {key: (materialise(store, config, key), store.scan_records(key).collect()) for key in keys}


def test_a_log_is_stored_with_its_headers_and_templates(tmp_path):
    path = tmp_path / "service.log"
    path.write_text(LOG)

    ((manifest, records),) = stored(tmp_path, path).values()

    (source,) = manifest.sources
    assert (source.detected_type, source.rows, source.quarantined) == ("log", 60, 0)
    assert source.header == ("prefix", "timestamp", "level", "component", "message", "template")
    assert "iso level" in source.evidence or "iso thread" in source.evidence
    assert records["template"].unique().to_list() == ["request <*> done"]
    assert records["level"].value_counts().sort("level").rows() == [("ERROR", 10), ("INFO", 50)]
    assert records["_row"].to_list() == list(range(1, 61))
    joined = "\n".join((records["prefix"] + records["message"]).to_list()) + "\n"
    assert joined == LOG


def test_records_are_sorted_into_years_by_their_timestamp(tmp_path):
    path = tmp_path / "service.log"
    path.write_text(LOG)

    by_year = stored(tmp_path, path, by="column", column="timestamp", fiscal_year_starts="january")

    assert {key: manifest.rows for key, (manifest, _) in by_year.items()} == {"FY2019": 30, "FY2020": 30}


def test_a_compressed_log_gives_the_same_records(tmp_path):
    plain, packed = tmp_path / "a.log", tmp_path / "b.log.gz"
    plain.write_text(LOG)
    packed.write_bytes(gzip.compress(LOG.encode()))

    ((_, expected),) = stored(tmp_path / "1", plain).values()
    ((_, records),) = stored(tmp_path / "2", packed).values()

    assert records.drop("_source").equals(expected.drop("_source"))


def test_records_cut_at_the_limit_are_told_in_the_manifest(tmp_path):
    path = tmp_path / "dump.log"
    path.write_text("2020-01-01 12:00:00 dump\n" * 5 + ("y" * 99_999 + "\n") * 25)

    ((manifest, records),) = stored(tmp_path, path).values()

    assert records.height == 7
    assert "2 records begin where one of more than 1,048,576 characters was cut" in manifest.sources[0].evidence
    assert records.select(pl.col("prefix").null_count()).item() == 2
