from rlm_pipeline.model import Manifest, SourceManifest
from rlm_pipeline.sources import own_columns
from rlm_pipeline.sources.code import reader as code
from rlm_pipeline.sources.configs import leaf
from rlm_pipeline.sources.logs import reader as logs
from rlm_pipeline.sources.prose import block
from rlm_pipeline.sources.readers import READERS


def source(name, detected_type, header):
    return SourceManifest(
        source=name, bytes=1, sha256="", detected_type=detected_type, evidence="", encoding="utf-8", delimiter="",
        header_line=0, header=header, reader="records", rows=1, quarantined=0, records_file=f"{name}.parquet",
    )  # fmt: skip


def test_they_are_what_the_readers_make():
    made = (logs.COLUMNS, code.COLUMNS, block.COLUMNS, leaf.COLUMNS)

    assert made == (own_columns.LOG, own_columns.CODE, own_columns.PROSE, own_columns.CONFIG)
    assert set(own_columns.OWN_COLUMNS) == set(READERS) - {"json", "jsonl"}


def test_a_column_that_a_table_has_too_is_not_the_logs_own():
    table = source("t.csv", "csv", ("message", "amount"))
    log = source("a.log", "log", own_columns.LOG)

    found = own_columns.of_logs(Manifest(partition="all", sources=(log, table)))

    assert found == {"prefix", "timestamp", "level", "component", "template"}
    assert not own_columns.of_logs(Manifest(partition="all", sources=(table,)))


def test_a_name_that_a_table_gives_may_be_free_text():
    code = source("a.py", "code", own_columns.CODE)
    table = source("t.csv", "csv", ("name", "amount"))

    assert {"scope", "name"} <= own_columns.no_free_text(Manifest(partition="all", sources=(code,)))
    assert "name" not in own_columns.no_free_text(Manifest(partition="all", sources=(code, table)))
    assert "text" not in own_columns.no_free_text(Manifest(partition="all", sources=(code,)))
