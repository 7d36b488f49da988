import os
import socket

import pytest

from rlm_pipeline.configuration import Files
from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.places.directories import list_folder
from rlm_pipeline.sources.places.listing import printable


def write(folder, *names, content="a,b\n1,2\n"):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def names(folder, **files):
    return [each.name for each in list_folder(folder, Files(**files)).candidates]


def reasons(folder, **files):
    return {each.name: each.reason for each in list_folder(folder, Files(**files)).left_out}


def test_files_are_sorted_folder_by_folder(tmp_path):
    write(tmp_path, "b/1.csv", "b-a/1.csv", "b.csv", "a/z/1.csv", "a/b.csv")

    assert names(tmp_path) == ["a/b.csv", "a/z/1.csv", "b/1.csv", "b-a/1.csv", "b.csv"]


def test_every_file_is_a_candidate_or_left_out_with_a_reason(tmp_path):
    write(tmp_path, "a.csv", ".DS_Store", "Thumbs.db", "a.csv~", ".a.csv.swp", "~$a.xlsx", ".env", "b/._b.csv")

    assert names(tmp_path) == ["a.csv"]
    assert reasons(tmp_path) == {
        ".DS_Store": "written by the operating system",
        "Thumbs.db": "written by the operating system",
        "b/._b.csv": "written by the operating system",
        "a.csv~": "temporary file of an editor or a download",
        ".a.csv.swp": "temporary file of an editor or a download",
        "~$a.xlsx": "temporary file of an editor or a download",
        ".env": "hidden: its name starts with a dot; name it in files.include to read it",
    }


def test_a_folder_that_is_left_out_is_one_entry_with_its_number_of_files(tmp_path):
    write(
        tmp_path, "a.csv", ".git/config", ".git/objects/00/ab", ".hg/x", "node_modules/x/i.js", ".cache/x", "old/b.csv"
    )

    assert names(tmp_path, exclude=["old/"]) == ["a.csv"]
    assert reasons(tmp_path, exclude=["old/"]) == {
        ".git/": "version control (2 files)",
        ".hg/": "version control (1 file)",
        "node_modules/": "vendored: npm packages in node_modules/ (1 file)",
        ".cache/": "hidden: its name starts with a dot; name it in files.include to read it (1 file)",
        "old/": "excluded by files.exclude 'old/' (1 file)",
    }


def test_many_files_of_one_folder_and_reason_are_one_entry(tmp_path):
    write(tmp_path, *(f"logs/{number}.log" for number in range(60)), "a.csv", "b.txt")

    assert reasons(tmp_path, include=["*.csv"]) == {
        "logs/": "60 files: not among files.include",
        "b.txt": "not among files.include",
    }


def test_include_and_exclude_are_globs_on_paths_below_the_root(tmp_path):
    write(tmp_path, "2011/a.csv", "2012/a.csv", "2012/deep/b.csv", "2012/c.json", "a.csv")

    assert names(tmp_path, include=["2012/**/*.csv"]) == ["2012/a.csv", "2012/deep/b.csv"]
    assert names(tmp_path, include=["/a.csv"]) == ["a.csv"]
    assert names(tmp_path, include=["*.csv"], exclude=["2012/"]) == ["2011/a.csv", "a.csv"]
    assert names(tmp_path, include=["*.csv", "!2011/a.csv"]) == ["2012/a.csv", "2012/deep/b.csv", "a.csv"]


def test_a_hidden_file_is_read_when_it_is_named(tmp_path):
    write(tmp_path, ".github/workflows/ci.yml", ".github/x.csv", "a.yml", ".secret.yml")

    assert names(tmp_path, include=[".github/**/*.yml", "*.yml"]) == [".github/workflows/ci.yml", "a.yml"]


def test_nested_gitignore_files_are_honoured_the_deepest_last(tmp_path):
    write(tmp_path, "a.csv", "b.tmp", "out/x.csv", "deep/c.tmp", "deep/d.csv", "deep/out/y.csv")
    (tmp_path / ".gitignore").write_text("*.tmp\n/out/\n\n# comment\n!\n")
    (tmp_path / "deep" / ".gitignore").write_text("!c.tmp\nd.csv\n")

    assert names(tmp_path) == ["a.csv", "deep/c.tmp", "deep/out/y.csv"]
    found = reasons(tmp_path)
    assert found["b.tmp"] == "ignored by .gitignore"
    assert found["out/"] == "ignored by .gitignore (1 file)"
    assert found["deep/d.csv"] == "ignored by deep/.gitignore"
    assert names(tmp_path, gitignore=False) == [
        "a.csv", "b.tmp", "deep/c.tmp", "deep/d.csv", "deep/out/y.csv", "out/x.csv",
    ]  # fmt: skip


def test_links_lead_nowhere_else_and_nothing_is_read_twice(tmp_path):
    root = tmp_path / "root"
    write(root, "real/a.csv")
    write(tmp_path, "elsewhere/secret.csv")
    (root / "again.csv").symlink_to("real/a.csv")
    (root / "cycle").symlink_to(root)
    (root / "out.csv").symlink_to(tmp_path / "elsewhere" / "secret.csv")
    (root / "out").symlink_to(tmp_path / "elsewhere")
    (root / "gone.csv").symlink_to("nothing")
    (root / "real" / "up").symlink_to("..")

    assert names(root) == ["real/a.csv"]
    assert reasons(root) == {
        "again.csv": "a symbolic link to real/a.csv, which is read there",
        "cycle": "a symbolic link to a folder of the source",
        "gone.csv": "a symbolic link that leads nowhere",
        "out": "a symbolic link out of the source",
        "out.csv": "a symbolic link out of the source",
        "real/up": "a symbolic link to a folder of the source",
    }


def test_a_link_to_a_file_that_is_not_read_where_it_is_is_read_once(tmp_path):
    write(tmp_path, ".versions/3/a.csv")
    (tmp_path / "a.csv").symlink_to(".versions/3/a.csv")
    (tmp_path / "b.csv").symlink_to(".versions/3/a.csv")

    assert names(tmp_path) == ["a.csv"]
    assert reasons(tmp_path)["b.csv"] == "a symbolic link to a.csv, which is read there"


def test_a_root_that_is_itself_a_link_is_followed(tmp_path):
    write(tmp_path, "real/a.csv")
    (tmp_path / "current").symlink_to("real")

    assert names(tmp_path / "current") == ["a.csv"]


def test_pipes_and_sockets_are_not_opened(tmp_path, monkeypatch):
    write(tmp_path, "a.csv")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")

        found = reasons(tmp_path)

    assert set(found.values()) == {"not a file but a pipe, socket or device"}
    assert set(found) == {"pipe", "socket"}


def test_what_the_pipeline_stores_is_never_its_own_source(tmp_path):
    write(tmp_path, "a.csv", "stores/desk/records/all/a.csv.parquet")

    listing = list_folder(tmp_path, Files(), stores=tmp_path / "stores")

    assert [each.name for each in listing.candidates] == ["a.csv"]
    assert [(each.name, each.reason) for each in listing.left_out] == [("stores/", "what this pipeline stores")]


def test_names_of_any_bytes_are_cited_in_printable_characters(tmp_path):
    write(tmp_path, "line\nbreak.csv", "é.csv", "x" * 240 + ".csv")
    (tmp_path / os.fsdecode(b"latin-\xe9.csv")).write_text("a,b\n")

    assert names(tmp_path) == ["latin-\\xe9.csv", "line\\nbreak.csv", "x" * 240 + ".csv", "é.csv"]


@pytest.mark.parametrize(
    ("name", "cited"), [("a b", "a b"), ("\x1b[2J", "\\x1b[2J"), ("日本", "日本"), ("\u2028", "\\u2028")]
)
def test_controls_are_escaped_and_letters_are_not(name, cited):
    assert printable(name) == cited


def test_an_exclude_that_is_no_glob_is_named(tmp_path):
    write(tmp_path, "a.csv")

    with pytest.raises(SourceError, match=r"files\.exclude"):
        list_folder(tmp_path, Files(exclude=("!",)))
