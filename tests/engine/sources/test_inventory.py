import gzip
import json
import os
import threading
import zipfile

import pytest

from rlm_pipeline.configuration import DatasetConfig, Files
from rlm_pipeline.errors import ConfigurationError, SourceError
from rlm_pipeline.sources import inventory as module
from rlm_pipeline.sources import raw_file
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
    assert '"format": 2' in store.inventory_path.read_text()


def test_nothing_is_remembered_of_a_file_that_cannot_be_read(store, source):
    (source / "calls.csv").write_bytes(gzip.compress(CALLS.encode())[:-5])

    with pytest.raises(SourceError, match=r"calls\.csv is a truncated gzip file"):
        take_inventory(store, config(source, **BY_COLUMN))

    assert not store.inventory_path.exists()


def in_folder(source, **partition):
    return DatasetConfig(name="support", source=str(source), partition=partition)


def reasons(inventory, partition):
    return {each.name: each.reason for each in inventory.left_out[partition]}


def test_a_folder_without_a_year_in_a_name_leaves_that_file_out(store, source):
    (source / "fy2012.csv").write_text("a,b\n1,2\n")
    (source / "notes.csv").write_text("a,b\n1,2\n")

    inventory = take_inventory(store, in_folder(source, **BY_NAME))

    assert members(inventory) == {"FY2012": ["fy2012.csv"]}
    assert reasons(inventory, "FY2012")["notes.csv"].startswith("notes.csv: the file name has no fiscal year")


def test_the_year_may_be_in_the_folder_or_in_the_archives_name(store, source):
    for name in ("fy2011/calls.csv", "fy2012/calls.csv"):
        (source / name).parent.mkdir()
        (source / name).write_text("a,b\n1,2\n")
    with zipfile.ZipFile(source / "fy2013.zip", "w") as archive:
        archive.writestr("calls.csv", "a,b\n1,2\n")

    assert members(take_inventory(store, in_folder(source, **BY_NAME))) == {
        "FY2011": ["fy2011/calls.csv"],
        "FY2012": ["fy2012/calls.csv"],
        "FY2013": ["fy2013.zip/calls.csv"],
    }
    alone = take_inventory(store, in_folder(source / "fy2013.zip", **BY_NAME))
    assert members(alone) == {"FY2013": ["calls.csv"]}


def test_what_is_left_out_stands_in_the_partition_of_its_name_or_else_in_all(store, source):
    for name in ("fy2011.csv", "fy2012.csv"):
        (source / name).write_text("a,b\n1,2\n")
    for name in ("fy2011.png", "fy2013.png", "logo.png"):
        (source / name).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))

    inventory = take_inventory(store, in_folder(source, **BY_NAME))

    assert list(reasons(inventory, "FY2011")) == ["fy2011.png", "fy2013.png", "logo.png"]
    assert list(reasons(inventory, "FY2012")) == ["fy2013.png", "logo.png"]


def test_nothing_but_files_that_are_left_out_is_an_error(store, source):
    (source / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    with pytest.raises(SourceError, match=r"nothing to read in .*; left out are logo\.png: a PNG image"):
        take_inventory(store, in_folder(source))


def test_a_file_that_cannot_be_read_is_left_out_of_a_folder_and_an_error_of_a_glob(store, source):
    (source / "a.csv").write_text("a,b\n1,2\n")
    (source / "b.csv").write_bytes(gzip.compress(CALLS.encode() * 99)[:50])
    (source / "c.zip").write_bytes(b"PK\x03\x04 and nothing more")

    inventory = take_inventory(store, in_folder(source))

    assert members(inventory) == {"all": ["a.csv"]}
    assert "b.csv is a truncated gzip file" in reasons(inventory, "all")["b.csv"]
    assert "c.zip is a damaged zip archive" in reasons(inventory, "all")["c.zip"]
    with pytest.raises(SourceError, match=r"c\.zip is a damaged zip archive"):
        raw_file.materialise(store, in_folder(source / "c.*"), "all")


def test_a_damaged_archive_is_an_error_of_its_own_partition_alone(store, source):
    (source / "fy2011.csv").write_text("a,b\n1,2\n")
    (source / "fy2012.zip").write_bytes(b"PK\x03\x04 and nothing more")
    dataset = in_folder(source / "fy*", **BY_NAME)

    assert members(take_inventory(store, dataset)) == {"FY2011": ["fy2011.csv"], "FY2012": ["fy2012.zip"]}
    assert raw_file.materialise(store, dataset, "FY2011").rows == 1
    with pytest.raises(SourceError, match=r"fy2012\.zip is a damaged zip archive"):
        raw_file.materialise(store, dataset, "FY2012")


@pytest.mark.parametrize("partition", [BY_NAME, BY_COLUMN, {}])
def test_looking_again_reads_neither_folders_files_nor_archives(store, source, monkeypatch, partition):
    (source / "fy2011.csv").write_text(CALLS)
    (source / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with zipfile.ZipFile(source / "all.zip", "w") as archive:
        archive.writestr("fy2012.csv", CALLS)
        archive.writestr("fy2013.txt", "")
    dataset = in_folder(source, **partition)
    first = take_inventory(store, dataset)
    no_reading(monkeypatch)
    monkeypatch.setattr(module, "examine", None)

    assert take_inventory(store, dataset) == first


def test_a_changed_archive_is_looked_into_again(store, source):
    path = source / "all.zip"
    taken = []
    for time, content in enumerate(("a,b\n1,2\n", "a,b\n1,3\n")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("fy2011.csv", "a,b\n1,2\n")
            archive.writestr("fy2012.csv", content)
        os.utime(path, (time, time))
        taken.append(take_inventory(store, in_folder(path, **BY_NAME)).fingerprints)

    first, second = taken
    assert second["FY2011"] == first["FY2011"]
    assert second["FY2012"] != first["FY2012"]


def test_members_of_an_archive_have_their_years_by_a_date_column(store, source):
    with zipfile.ZipFile(source / "all.zip", "w") as archive:
        archive.writestr("calls.csv", CALLS)
        archive.writestr("more.csv", "id,opened\n7,2012-01-01\n")

    assert members(take_inventory(store, in_folder(source / "all.zip", **BY_COLUMN))) == {
        "FY2012": ["calls.csv", "more.csv"],
        "FY2013": ["calls.csv"],
        "undated": ["calls.csv"],
    }


def test_notes_beside_tables_need_no_date_column_but_a_table_does(store, source):
    (source / "calls.csv").write_text(CALLS)
    (source / "README.md").write_text("# Calls\n\nWhat they are about, and where they come from.\n")
    dataset = in_folder(source, **BY_COLUMN)

    assert "calls.csv" in members(take_inventory(store, dataset))["FY2012"]
    assert "has no column 'opened'" in reasons(take_inventory(store, dataset), "FY2012")["README.md"]
    (source / "more.csv").write_text("id,shut\n1,2012-01-01\n2,2012-01-01\n")
    with pytest.raises(ConfigurationError, match=r"more\.csv has no column 'opened'"):
        take_inventory(store, dataset)


def test_another_choice_of_files_is_another_inventory(store, source):
    for name in ("a.csv", "b.csv"):
        (source / name).write_text("a,b\n1,2\n")
    take_inventory(store, in_folder(source))

    narrowed = in_folder(source).model_copy(update={"files": Files(exclude=("b.csv",))})

    assert members(take_inventory(store, narrowed)) == {"all": ["a.csv"]}
    assert members(take_inventory(store, in_folder(source))) == {"all": ["a.csv", "b.csv"]}


def test_members_whose_names_cannot_be_told_apart_are_all_read(store, source):
    with zipfile.ZipFile(source / "all.zip", "w") as archive:
        for name in ("a\nb.csv", "a\\nb.csv", "./a\nb.csv"):
            archive.writestr(name, "a,b\n1,2\n")

    names = members(take_inventory(store, in_folder(source / "all.zip")))["all"]

    assert len(set(names)) == len(names) == 3


def test_many_writers_at_once_leave_a_whole_inventory(store, source):
    for number in range(20):
        (source / f"{number}.csv").write_text("a,b\n1,2\n")
    failures = []

    def work(turn):
        try:
            for number in range(10):
                dataset = in_folder(source).model_copy(update={"format": "csv" if (turn + number) % 2 else "auto"})
                take_inventory(store, dataset)
                json.loads(store.inventory_path.read_text())
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    assert {path.name for path in store.folder.iterdir()} == {"inventory.json"}
