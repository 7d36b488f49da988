from pathlib import Path

import polars as pl
import pytest

from rlm_pipeline import configuration
from rlm_pipeline.analysis import findings
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.profiling import columns
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.synthesis import merge

REPOSITORY = Path(__file__).parents[3]
DATA = REPOSITORY.parent / "shared" / "data"


@pytest.mark.parametrize(
    ("dataset", "folder", "year"), [("msha", "msha-injuries", "FY2010"), ("h2b", "h2b-fy", "FY2018")]
)
def test_findings_of_real_records_add_up_and_every_quote_is_found(tmp_path, dataset, folder, year):
    if not (DATA / folder).is_dir():
        pytest.skip(f"the public records of {folder} are not on this machine")
    config = configuration.load(REPOSITORY / "tests" / "fixtures" / f"{dataset}.yaml")
    store = DatasetStore(tmp_path / dataset)
    for stage in (raw_file, columns, pairs, chunks):
        stage.materialise(store, config, year)

    summary = findings.materialise(store, config, year)

    assert findings.distributions_equal_profile(store, year) == ()
    assert summary.citations == summary.verified > 0
    merged = merge.materialise(store, config, year)
    assert merged.records == store.manifest(year).rows
    profile = pl.read_parquet(store.profile_path(year)).filter(~pl.col("kind").is_in(["empty", "ignored"]))
    missing = dict(profile.select("column", pl.col("records") - pl.col("non_null")).iter_rows())
    assert {each.column: each.missing for each in merged.columns if each.missing} == {
        column: count for column, count in missing.items() if count
    }
