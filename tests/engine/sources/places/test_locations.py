from pathlib import Path

import pytest

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.places.locations import locate
from rlm_pipeline.store import Store


def write(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a,b\n1,2\n")


def listed(source, **files):
    """What a source means, as seen by a dataset that is stored elsewhere."""
    config = DatasetConfig(name="desk", source=str(source), files=files)
    return locate(Store(Path("/nowhere")).dataset("desk"), config)


def names(source, **files):
    return [each.name for each in listed(source, **files).candidates]


def test_a_single_file_a_glob_and_a_folder_are_all_sources(tmp_path):
    write(tmp_path, "b.csv", "a.csv", "c.tsv")

    assert names(tmp_path / "a.csv") == ["a.csv"]
    assert names(tmp_path / "*.csv") == ["a.csv", "b.csv"]
    assert names(tmp_path) == ["a.csv", "b.csv", "c.tsv"]


def test_a_folder_means_all_files_below_it(tmp_path):
    write(tmp_path, "a.CSV", "b", "c.csv.gz", "README.md", "deeper/f.json", "deeper/still/g.csv")

    assert names(tmp_path) == ["README.md", "a.CSV", "b", "c.csv.gz", "deeper/f.json", "deeper/still/g.csv"]


def test_a_local_uri_is_a_path(tmp_path):
    write(tmp_path, "the year/a.csv")

    assert names(f"file://{tmp_path}/the%20year/*.csv") == ["a.csv"]


def test_a_file_whose_name_looks_like_a_glob_is_found(tmp_path):
    write(tmp_path, "data[1].csv")

    assert names(tmp_path / "data[1].csv") == ["data[1].csv"]


def test_files_of_the_same_name_are_named_by_their_path(tmp_path):
    write(tmp_path, "2011/tickets.csv", "2012/tickets.csv", "2012/calls.csv")

    assert names(tmp_path / "**" / "*.csv") == ["2011/tickets.csv", "2012/calls.csv", "2012/tickets.csv"]


def test_names_that_cannot_be_told_apart_are_refused(tmp_path):
    write(tmp_path, "a\nb.csv", "a\\nb.csv")

    with pytest.raises(SourceError, match=r"cited as a\\nb\.csv"):
        listed(tmp_path / "*.csv")


def test_globs_are_narrowed_by_include_and_exclude_and_say_what_that_leaves_out(tmp_path):
    write(tmp_path, "a/1.csv", "a/2.csv", "b/3.csv")

    listing = listed(tmp_path / "*" / "*.csv", include=["a/"], exclude=["2.csv"])

    assert [each.name for each in listing.candidates] == ["1.csv"]
    assert [(each.name, each.reason) for each in listing.left_out] == [
        ("a/2.csv", "excluded by files.exclude '2.csv'"),
        ("b/3.csv", "not among files.include"),
    ]


def test_a_glob_of_which_nothing_is_left_is_an_error(tmp_path):
    write(tmp_path, "a.csv")

    with pytest.raises(SourceError, match=r"of 1 file.* none is read: the first is excluded by files\.exclude '\*'"):
        listed(tmp_path / "*.csv", exclude=["*"])


def test_a_glob_that_is_none_is_named(tmp_path):
    write(tmp_path, "a.csv")

    with pytest.raises(SourceError, match=r"files\.include: .*'!'"):
        listed(tmp_path, include=["!"])


def test_a_glob_that_matches_nothing_says_where_it_looked_and_what_is_there(tmp_path):
    write(tmp_path, "tickets_2012.csv", "notes.md")

    with pytest.raises(SourceError) as error:
        listed(tmp_path / "ticket_2012.csv")

    message = str(error.value)
    assert "ticket_2012.csv" in message
    assert f"{tmp_path} holds tickets_2012.csv, notes.md" in message


def test_many_other_files_are_counted_not_listed(tmp_path):
    write(tmp_path, *(f"file_{number}.dat" for number in range(30)))

    with pytest.raises(SourceError, match="and 22 more"):
        listed(tmp_path / "*.csv")


def test_a_missing_folder_is_named_with_what_is_in_its_parent(tmp_path):
    write(tmp_path, "exports/a.csv")

    with pytest.raises(SourceError) as error:
        listed(tmp_path / "export" / "*.csv")

    assert f"there is no folder {tmp_path / 'export'}" in str(error.value)
    assert "holds exports" in str(error.value)


def test_an_empty_folder_and_one_with_nothing_to_read_say_so(tmp_path):
    with pytest.raises(SourceError, match="is empty"):
        listed(tmp_path)
    write(tmp_path, ".git/config", "notes.txt~")
    with pytest.raises(SourceError, match=r"left out are \.git/: version control \(1 file\); notes\.txt~: temporary"):
        listed(tmp_path)
