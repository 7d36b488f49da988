"""The configurations of the real data sets account for every record; the truth stays out of what the pipeline reads."""

from pathlib import Path

import pytest

from rlm_pipeline import configuration
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.profiling import columns
from rlm_pipeline.sources import raw_file
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.store import DatasetStore

FIXTURES = Path(__file__).parents[1] / "fixtures"
DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not on this machine")


@pytest.mark.parametrize(
    ("name", "partitions", "records"), [("msha", 5, 41_035), ("h2b", 17, 121_622), ("faa", 11, 19_302)]
)
def test_every_record_of_every_year_is_read_or_set_aside(tmp_path, name, partitions, records):
    config = configuration.load(FIXTURES / f"{name}.yaml")
    store = DatasetStore(tmp_path / name)
    inventory = take_inventory(store, config)

    read = [raw_file.materialise(store, config, partition) for partition in inventory.partitions]

    assert len(read) == partitions
    assert sum(manifest.rows + manifest.quarantined for manifest in read) == records


def test_the_truth_column_is_in_the_records_but_in_no_profile_and_no_chunk(tmp_path):
    config = configuration.load(FIXTURES / "msha.yaml")
    store = DatasetStore(tmp_path / "msha")
    take_inventory(store, config)
    raw_file.materialise(store, config, "FY2010")

    profile = columns.materialise(store, config, "FY2010")
    chunks.materialise(store, config, "FY2010")

    values = store.scan_records("FY2010").select("INJ_BODY_PART").unique().collect()["INJ_BODY_PART"].drop_nulls()
    text = "\n".join(store.scan(store.chunks_path("FY2010"), "chunks", "FY2010").collect()["text"])
    known = profile.filter(profile["column"] == "INJ_BODY_PART")
    assert known["kind"].item() == "ignored"
    assert known["value_counts"].item() is None or len(known["value_counts"].item()) == 0
    assert "INJ_BODY_PART" not in text
    assert not any(value in text for value in values if "(" in value)
