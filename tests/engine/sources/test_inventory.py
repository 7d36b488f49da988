import gzip
import os

import pytest

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import ConfigurationError, SourceError
from rlm_pipeline.sources import inventory as module
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.store import Store

BY_NAME = {"by": "filename", "pattern": r"fy(?P<year>\d{4})"}
BY_COLUMN = {"by": "column", "column": "opened", "fiscal_year_starts": "october"}
CALLS = "id,opened\n1,2011-10-01\n2,2012-09-30\n3,2012-10-01\n4,\n5\n"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store").dataset("support")


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def config(source, **partition):
    return DatasetConfig(name="support", source=str(source / "*.csv"), partition=partition)


def members(inventory):
    return {key: [file.name for file in files] for key, files in inventory.partitions.items()}


def no_reading(monkeypatch):
    """Make any reading of a source file an error."""

    def refuse(*arguments):
        raise AssertionError(f"read again: {arguments[0]}")

    monkeypatch.setattr(module.fingerprint, "sha256_of_file", refuse)
    monkeypatch.setattr(module, "count_years", refuse)


def test_files_are_sorted_into_the_years_of_their_names(store, source):
    for name in ("b_fy2012.csv", "a_fy2012.csv", "fy2011.csv"):
        (source / name).write_text("a,b\n1,2\n")

    inventory = take_inventory(store, config(source, **BY_NAME))

    assert members(inventory) == {"FY2011": ["fy2011.csv"], "FY2012": ["a_fy2012.csv", "b_fy2012.csv"]}
    assert list(inventory.fingerprints) == ["FY2011", "FY2012"]


def test_a_file_without_a_year_in_its_name_is_an_error(store, source):
    (source / "notes.csv").write_text("a,b\n")

    with pytest.raises(SourceError, match=r"notes\.csv.*partition\.pattern"):
        take_inventory(store, config(source, **BY_NAME))


def test_without_years_all_files_are_one_partition(store, source):
    (source / "x.csv").write_text("a,b\n1,2\n")

    assert members(take_inventory(store, config(source))) == {"all": ["x.csv"]}


def test_a_date_column_gives_a_file_several_years_and_undated_records(store, source):
    (source / "calls.csv").write_text(CALLS)

    inventory = take_inventory(store, config(source, **BY_COLUMN))

    assert members(inventory) == {"FY2012": ["calls.csv"], "FY2013": ["calls.csv"], "undated": ["calls.csv"]}
    assert inventory.facts["calls.csv"].years.records == {"FY2012": 2, "FY2013": 1, "undated": 2}
    assert len(set(inventory.fingerprints.values())) == 3


def test_undated_exists_only_when_needed(store, source):
    (source / "calls.csv").write_text("id,opened\n1,2012-01-01\n")

    assert list(take_inventory(store, config(source, **BY_COLUMN)).partitions) == ["FY2012"]


def test_a_dataset_without_any_record_is_undated(store, source):
    (source / "calls.csv").write_text("id,opened\n")

    assert members(take_inventory(store, config(source, **BY_COLUMN))) == {"undated": ["calls.csv"]}


def test_the_order_of_day_and_month_is_settled_file_by_file(store, source):
    (source / "american.csv").write_text("id,opened\n1,9/10/2011\n2,12/25/2011\n")
    (source / "british.csv").write_text("id,opened\n1,9/10/2011\n2,25/12/2011\n")

    facts = take_inventory(store, config(source, **BY_COLUMN)).facts

    assert facts["american.csv"].years.records == {"FY2011": 1, "FY2012": 1}
    assert facts["british.csv"].years.records == {"FY2012": 2}
    assert facts["british.csv"].years.evidence == "dates day first: 1 values allow no other order"


def test_the_date_column_is_found_in_another_case(store, source):
    (source / "calls.csv").write_text("ID,OPENED\n1,2012-01-01\n")

    assert list(take_inventory(store, config(source, **BY_COLUMN)).partitions) == ["FY2012"]


def test_a_missing_date_column_is_named_with_those_most_like_it(store, source):
    (source / "calls.csv").write_text("id,Opened At,closed\n1,2012-01-01,\n")

    with pytest.raises(ConfigurationError) as error:
        take_inventory(store, config(source, **BY_COLUMN))

    assert str(error.value) == (
        "dataset support: partition.column: calls.csv has no column 'opened'; close are Opened At, closed"
    )


def test_a_missing_date_column_without_like_ones_shows_the_header(store, source):
    (source / "calls.csv").write_text("a,b,c,d,e,f,g,h,i,j\n" + "1," * 9 + "1\n")

    with pytest.raises(ConfigurationError, match="it has a, b, c, d, e, f, g, h and 2 more"):
        take_inventory(store, config(source, **BY_COLUMN))


@pytest.mark.parametrize("partition", [BY_NAME, BY_COLUMN, {}])
def test_looking_again_reads_no_file_and_gives_the_same(store, source, monkeypatch, partition):
    (source / "fy2012.csv").write_text(CALLS)
    first = take_inventory(store, config(source, **partition))
    written = store.inventory_path.stat().st_mtime_ns
    no_reading(monkeypatch)

    second = take_inventory(store, config(source, **partition))

    assert second == first
    assert store.inventory_path.stat().st_mtime_ns == written


def test_a_touched_but_identical_file_keeps_its_fingerprint(store, source):
    path = source / "fy2012.csv"
    path.write_text(CALLS)
    first = take_inventory(store, config(source, **BY_COLUMN))
    os.utime(path, (1, 1))

    second = take_inventory(store, config(source, **BY_COLUMN))

    assert second.fingerprints == first.fingerprints
    assert second.facts != first.facts


def test_a_changed_file_changes_its_partitions_fingerprint_only(store, source):
    for year in (2011, 2012):
        (source / f"fy{year}.csv").write_text("a,b\n1,2\n")
    first = take_inventory(store, config(source, **BY_NAME)).fingerprints
    (source / "fy2012.csv").write_text("a,b\n1,3\n")
    os.utime(source / "fy2012.csv", (5, 5))

    second = take_inventory(store, config(source, **BY_NAME)).fingerprints

    assert second["FY2011"] == first["FY2011"]
    assert second["FY2012"] != first["FY2012"]


def test_a_renamed_file_changes_the_fingerprint_because_citations_change(store, source):
    (source / "a_fy2012.csv").write_text("a,b\n1,2\n")
    first = take_inventory(store, config(source, **BY_NAME)).fingerprints
    (source / "a_fy2012.csv").rename(source / "b_fy2012.csv")

    assert take_inventory(store, config(source, **BY_NAME)).fingerprints != first


def test_another_start_of_the_fiscal_year_counts_again_without_hashing_again(store, source, monkeypatch):
    (source / "calls.csv").write_text(CALLS)
    take_inventory(store, config(source, **BY_COLUMN))
    monkeypatch.setattr(module.fingerprint, "sha256_of_file", None)

    inventory = take_inventory(store, config(source, **{**BY_COLUMN, "fiscal_year_starts": "january"}))

    assert list(inventory.partitions) == ["FY2011", "FY2012", "undated"]


def test_a_new_and_a_removed_file_are_noticed(store, source):
    (source / "fy2011.csv").write_text("a,b\n1,2\n")
    take_inventory(store, config(source, **BY_NAME))
    (source / "fy2011.csv").rename(source / "fy2012.csv")

    assert members(take_inventory(store, config(source, **BY_NAME))) == {"FY2012": ["fy2012.csv"]}
    assert "fy2011" not in store.inventory_path.read_text()


@pytest.mark.parametrize("content", ["not json", "[]", '{"format": 0}'])
def test_a_damaged_inventory_file_is_taken_anew(store, source, content):
    (source / "fy2012.csv").write_text("a,b\n1,2\n")
    first = take_inventory(store, config(source, **BY_NAME))
    store.inventory_path.write_text(content)

    assert take_inventory(store, config(source, **BY_NAME)) == first
    assert '"format": 1' in store.inventory_path.read_text()


def test_nothing_is_remembered_of_a_file_that_cannot_be_read(store, source):
    (source / "calls.csv").write_bytes(gzip.compress(CALLS.encode())[:-5])

    with pytest.raises(SourceError, match=r"calls\.csv is a truncated gzip file"):
        take_inventory(store, config(source, **BY_COLUMN))

    assert not store.inventory_path.exists()
