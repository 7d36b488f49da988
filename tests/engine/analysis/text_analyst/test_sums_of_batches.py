from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_pipeline.analysis import findings
from rlm_pipeline.store import DatasetStore
from tests.engine.analysis.text_analyst.read_files import observed, prepared, prepared_from, sums
from tests.engine.analysis.text_analyst.test_prose import SOIL
from tests.engine.analysis.text_analyst.written_logs import service_log

REPOSITORY = Path(__file__).parents[4]
LOGS = REPOSITORY.parent / "shared" / "data" / "loghub-a"

FILES = {
    "app.log": service_log(hours=4, burst_at=2.0, errors=90),
    "farm.md": SOIL.replace("{more}", "The Farm Credit Board (FCB) pays $5 to ann@example.org, see [it](#gone). " * 5),
    "app.dev.yaml": "level: debug\npassword: hunter2secret\n",
    "app.prod.yaml": "level: warn\npassword: ${PASSWORD}\n",
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("mixed"), FILES, chunking={"size": 200})


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch_records=st.integers(1, 3000))
def test_findings_add_up_to_the_same_wherever_batches_end(mixed, batch_records):
    store, config = mixed
    whole = observed(store, config, batch_records=100_000)
    assert sums(observed(store, config, batch_records=batch_records)) == sums(whole)
    assert {"error", "pattern", "insight", "definition", "reference", "data", "outline", "difference", "secret"} <= {
        each.kind for each in whole
    }


def test_each_type_and_scope_is_told_once_of_a_batch_in_the_order_of_storing(mixed):
    found = observed(*mixed, batch_records=200)
    assert [each.order for each in found] == sorted({each.order for each in found})


def test_the_same_files_give_the_same_bytes(mixed, tmp_path):
    store, config = mixed
    findings.materialise(store, config, "all")
    first = store.findings_path("all").read_bytes()
    again, config = prepared(tmp_path, FILES, chunking={"size": 200})
    findings.materialise(again, config, "all")
    assert again.findings_path("all").read_bytes() == first


def test_a_column_that_is_ignored_is_neither_read_nor_quoted(tmp_path):
    files = {
        "app.log": service_log(hours=3, burst_at=1.0),
        "a.md": "# Secret Title\n\nPlain words to ann@example.org.\n",
    }
    store, config = prepared(tmp_path, files, columns={"ignore": ["message", "template", "heading"]})
    summary = findings.materialise(store, config, "all")

    assert summary.citations == summary.verified > 0
    stored = pl.read_parquet(store.findings_path("all")).filter(pl.col("analyst") == "text")
    assert "error" in set(stored["type"])
    assert not stored["summary"].str.contains("refused|Secret Title").any()
    quotes = stored.explode("citations").select(pl.col("citations").struct.field("quote")).drop_nulls().to_series()
    assert not quotes.str.contains("refused").any()


@pytest.mark.parametrize(
    "files",
    [
        {"a.txt": "x" * 300_000},
        {"a.log": "2024-01-01 00:00:00 ERROR " + "y " * 100_000 + "\n" + "2024-01-01 00:00:01 INFO ok\n" * 20},
        {"a.log": "INFO start\n" * 3 + "\u202e\u0000\ud7ff \U0001f600 2024-13-45 99:99:99 error\n" * 30},
        {"a.md": "# \n\n[](()[]( [x](<) **: ** `` (A) ${ {{ %( \n"},
        {"a.yaml": "a: ''\nb:\n? [x, y]\n: z\n", "b.yaml": "a: 1\na: 2\n"},
        {"a.md": "# 標題\n\n這是一個測試。\n\n" * 30},
    ],
    ids=["one long word", "long line", "odd characters", "broken markup", "odd keys", "no spaces"],
)  # fmt: skip
def test_odd_content_is_read_without_an_error(tmp_path, files):
    store, config = prepared(tmp_path, files)
    summary = findings.materialise(store, config, "all")
    assert summary.citations == summary.verified


@pytest.mark.skipif(not LOGS.is_dir(), reason="the logs of loghub-a are not on this machine")
def test_error_bursts_of_real_logs_are_found_and_their_citations_verified(tmp_path):
    source = tmp_path / "logs"
    source.mkdir()
    for log in sorted(LOGS.glob("*/*_2k.log")):
        (source / log.name).write_bytes(log.read_bytes())
    store, config = prepared_from(tmp_path, source)
    summary = findings.materialise(store, config, "all")

    assert summary.citations == summary.verified > 0
    bursts = _of_type(store, "error").filter(pl.col("scope").str.starts_with("error burst"))
    logs = bursts["scope"].str.extract(r"· (\w+)_2k").unique()
    assert set(logs) == {"Apache", "BGL", "HDFS", "HPC", "Linux", "OpenSSH", "Proxifier", "Zookeeper"}
    # The first of Blue Gene's is the one that its operators marked too.
    marked = bursts.filter(pl.col("scope") == "error burst 2005-06-12 00:32:07 to 2005-06-14 18:34:02 · BGL_2k.log")
    assert marked.select("total", "severity").rows() == [(203, "warning")]


def _of_type(store: DatasetStore, kind: str) -> pl.DataFrame:
    return pl.read_parquet(store.findings_path("all")).filter((pl.col("analyst") == "text") & (pl.col("type") == kind))
