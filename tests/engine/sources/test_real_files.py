import re
from pathlib import Path

import polars as pl
import pytest

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.sources.raw_file import materialise
from rlm_pipeline.store import Store

DATA = Path(__file__).parents[4] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the folder shared/data of real records is not beside us")

BY_NAME = {"by": "filename", "pattern": r"fy(?P<year>\d{4})"}


def read(tmp_path, source, **partition):
    """Rows by partition, and the manifests; nothing may be set aside in these files."""
    store = Store(tmp_path).dataset("real")
    config = DatasetConfig(name="real", source=str(DATA / source), partition=partition)
    manifests = [materialise(store, config, key) for key in take_inventory(store, config).partitions]
    assert sum(manifest.quarantined for manifest in manifests) == 0
    return {manifest.partition: manifest.rows for manifest in manifests}, store


def test_every_mine_accident_is_read(tmp_path):
    rows, store = read(tmp_path, "msha-injuries/msha_fy*.csv.gz", **BY_NAME)

    assert rows == {"FY2010": 6978, "FY2011": 9474, "FY2012": 9383, "FY2013": 8586, "FY2014": 6614}
    first = store.scan_records("FY2012").filter(pl.col("_row") == 1).collect()
    assert first["ACCIDENT_DT"].to_list() == ["2012-08-20 00:00:00"]


def test_every_visa_application_is_read(tmp_path):
    readme = (DATA / "h2b-fy" / "README.md").read_text()
    expected = {
        year: (int(rows), int(width)) for year, rows, width in re.findall(r"(FY\d+): (\d+) rows x (\d+)", readme)
    }

    rows, store = read(tmp_path, "h2b-fy/h2b_fy*.csv.gz", **BY_NAME)

    widths = {year: len(store.manifest(year).sources[0].header) for year in rows}
    assert {year: (rows[year], widths[year]) for year in rows} == expected
    assert len(rows) == 17


def test_the_files_years_agree_with_their_dates(tmp_path):
    rows, _ = read(
        tmp_path, "msha-injuries/msha_fy2012.csv.gz", by="column", column="ACCIDENT_DT", fiscal_year_starts="october"
    )

    assert rows == {"FY2012": 9383}


def test_every_bird_strike_is_in_the_year_of_its_date(tmp_path):
    rows, store = read(tmp_path, "faa-birdstrikes/birds.csv.gz", by="column", column="date")

    assert sum(rows.values()) == 19302
    for key in rows:
        years = store.scan_records(key).select(pl.col("date").str.extract(r"/(\d{4}) ").unique()).collect()
        assert years["date"].to_list() == [key.removeprefix("FY")]


def test_plain_files_are_read_in_blocks(tmp_path):
    rows, store = read(tmp_path, "nyc311-drift/nyc311_*.csv", by="filename", pattern=r"_(?P<year>20\d\d)")

    assert rows == {"FY2014": 1000, "FY2023": 500}
    assert store.manifest("FY2014").sources[0].reader == "blocks"
