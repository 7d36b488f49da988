import pytest

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.locations import find_files


def write(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a,b\n1,2\n")


def names(source):
    return [file.name for file in find_files(str(source))]


def test_a_single_file_a_glob_and_a_folder_are_all_sources(tmp_path):
    write(tmp_path, "b.csv", "a.csv", "c.tsv")

    assert names(tmp_path / "a.csv") == ["a.csv"]
    assert names(tmp_path / "*.csv") == ["a.csv", "b.csv"]
    assert names(tmp_path) == ["a.csv", "b.csv", "c.tsv"]


def test_a_folder_means_its_tables_only(tmp_path):
    write(tmp_path, "a.CSV", "b.txt", "c.csv.gz", "d.gz", "e.jsonl.gz", "README.md", ".hidden.csv", "deeper/f.csv")

    assert names(tmp_path) == ["a.CSV", "b.txt", "c.csv.gz", "d.gz"]


def test_a_file_whose_name_looks_like_a_glob_is_found(tmp_path):
    write(tmp_path, "data[1].csv")

    assert names(tmp_path / "data[1].csv") == ["data[1].csv"]


def test_files_of_the_same_name_are_named_by_their_path(tmp_path):
    write(tmp_path, "2011/tickets.csv", "2012/tickets.csv", "2012/calls.csv")

    assert names(tmp_path / "**" / "*.csv") == ["2011__tickets.csv", "2012__calls.csv", "2012__tickets.csv"]


def test_names_that_would_still_be_the_same_are_refused(tmp_path):
    write(tmp_path, "a/b__c.csv", "a__b/c.csv", "x/c.csv")

    with pytest.raises(SourceError, match=r"cited as a__b__c\.csv"):
        find_files(str(tmp_path / "**" / "*.csv"))


def test_a_glob_that_matches_nothing_says_where_it_looked_and_what_is_there(tmp_path):
    write(tmp_path, "tickets_2012.csv", "notes.md")

    with pytest.raises(SourceError) as error:
        find_files(str(tmp_path / "ticket_2012.csv"))

    message = str(error.value)
    assert "ticket_2012.csv" in message
    assert f"{tmp_path} holds tickets_2012.csv, notes.md" in message


def test_many_other_files_are_counted_not_listed(tmp_path):
    write(tmp_path, *(f"file_{number}.dat" for number in range(30)))

    with pytest.raises(SourceError, match="and 22 more"):
        find_files(str(tmp_path / "*.csv"))


def test_a_missing_folder_is_named_with_what_is_in_its_parent(tmp_path):
    write(tmp_path, "exports/a.csv")

    with pytest.raises(SourceError) as error:
        find_files(str(tmp_path / "export" / "*.csv"))

    assert f"there is no folder {tmp_path / 'export'}" in str(error.value)
    assert "holds exports" in str(error.value)


def test_an_empty_folder_and_one_without_tables_say_so(tmp_path):
    with pytest.raises(SourceError, match="is empty"):
        find_files(str(tmp_path))
    write(tmp_path, "data.json")
    with pytest.raises(SourceError, match=r"no csv, tsv, txt or gz file.*holds data\.json"):
        find_files(str(tmp_path))
