import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from rlm_pipeline.analysis import findings
from tests.engine.analysis.json_analyst.json_partitions import observed, prepare_source, summed
from tests.engine.analysis.json_analyst.recount import Recount
from tests.engine.analysis.json_analyst.test_json_sums import assert_recounted

DATA = Path(__file__).parents[5] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the folder shared/data of real records is not beside us")


def records_of(path):
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        if path.name.endswith(".jsonl.gz"):
            return [json.loads(line) for line in stream]
        return json.load(stream)


@pytest.mark.parametrize(
    "file",
    ["octokit-webhooks/payloads.jsonl.gz", "mitre-attack/attack_patterns.jsonl.gz"],
)
def test_every_figure_of_real_records_is_that_of_a_recount_with_the_json_module(tmp_path, file):
    store, dataset = prepare_source(tmp_path, DATA / file)

    found = summed(observed(store, dataset, 100))

    recount = Recount(records_of(DATA / file))
    assert_recounted(found, recount, complete=False)
    overview = found["nesting", "$"].numbers
    told = {kind: {scope for each, scope in found if each == kind} for kind in ("null_frequency", "type_inconsistency")}
    assert told["null_frequency"] <= recount.gaps()
    assert len(recount.gaps()) == len(told["null_frequency"]) + overview["untold_null_frequency"]
    assert told["type_inconsistency"] == recount.mixed()


def test_real_documents_go_through_the_whole_stage_and_every_citation_is_found(tmp_path):
    file = DATA / "mitre-attack/attack_patterns.jsonl.gz"
    store, dataset = prepare_source(tmp_path, file)

    summary = findings.materialise(store, dataset, "all")

    frame = pl.read_parquet(store.findings_path("all")).filter(analyst="json")
    recount = Recount(records_of(file))
    platforms = frame.filter((pl.col("type") == "field_distribution") & (pl.col("scope") == "$.x_mitre_platforms[*]"))
    counted = {each["value"]: each["count"] for each in platforms["distribution"].item()}
    assert counted == recount.told("$.x_mitre_platforms[*]")
    assert summary.citations == summary.verified > 0
