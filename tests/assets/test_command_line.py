"""What a person meets when something is wrong."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.command_line import app

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RLM_HOME", str(tmp_path / "store"))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)


def rlm(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def yaml(tmp_path, source, extra=""):
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nsource: {source}\n{extra}")
    return path


def test_a_wrong_path_is_a_usage_error():
    result = rlm("run", "nowhere.yaml")

    assert result.exit_code == 2
    assert "nowhere.yaml: no such file" in result.stderr


def test_an_unknown_key_is_a_usage_error_that_names_it(tmp_path):
    result = rlm("run", yaml(tmp_path, "a.csv", "colums: {}\n"))

    assert result.exit_code == 2
    assert "colums: unknown key" in result.stderr


def test_a_source_that_matches_nothing_says_where_it_looked(tmp_path):
    result = rlm("run", yaml(tmp_path, "data/*.csv"))

    assert result.exit_code == 1
    assert str(tmp_path / "data") in result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\n\x00\x00\x01\x02", "PDF"),
        (gzip.compress(b"a,b\n1,2\n" * 5000, mtime=0)[:40], "gz"),
    ],
)
def test_a_file_that_is_not_a_table_is_named(tmp_path, content, said):
    (tmp_path / "broken.csv").write_bytes(content)

    result = rlm("run", yaml(tmp_path, "broken.csv"))

    assert result.exit_code == 1
    assert "broken.csv" in result.stderr
    assert said.lower() in result.stderr.lower()
    assert "Traceback" not in result.stderr
    assert not list((tmp_path / "store").rglob("*.partial"))
    assert not (tmp_path / "store" / "mine" / "taxonomy.json").exists()


def test_a_partition_that_is_not_in_the_source_is_a_usage_error(tmp_path):
    (tmp_path / "t_fy2012.csv").write_text("id,colour\n" + "".join(f"{i},red\n" for i in range(30)))
    config = yaml(tmp_path, "t_fy*.csv", "partition: {by: filename, pattern: 'fy(?P<year>\\d{4})'}\n")

    result = rlm("run", config, "--partition", "2019")

    assert result.exit_code == 2
    assert "FY2019" in result.stderr
    assert "FY2012" in result.stderr


@pytest.mark.parametrize("command", [["taxonomy"], ["schema"], ["search", "x"], ["chunk", "list"], ["profile"]])
def test_reading_before_the_first_run_says_what_to_do(tmp_path, command):
    (tmp_path / "t.csv").write_text("id,colour\n1,red\n2,blue\n")
    config = yaml(tmp_path, "t.csv")
    name, *rest = command
    arguments = [name, "list", config] if name == "chunk" else [name, config, *rest]

    result = rlm(*arguments)

    assert result.exit_code in (1, 2)
    assert "rlm run" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("limit", [0, 20_000, 60_000])
def test_a_full_disk_is_said_in_one_sentence_and_the_next_run_goes_on(tmp_path, limit):
    """A limit on the size of files stands in for a full disk, Dagster's own database included."""
    rows = "".join(f"{number},colour {number * 7919 % 10007}\n" for number in range(5_000))
    (tmp_path / "t.csv").write_text("id,colour\n" + rows)
    config = yaml(tmp_path, "t.csv")
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY)); "
        "from assets.command_line import app; app(['run', sys.argv[1], '--select', 'raw_file'])"
    )

    full = subprocess.run(
        [sys.executable, "-c", program, config], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert full.returncode == 1, full.stderr
    assert "cannot write" in full.stderr
    assert "Traceback" not in full.stderr
    assert not list((tmp_path / "store").rglob("*.partial"))
    result = rlm("run", config, "--select", "raw_file")
    assert result.exit_code == 0, result.stderr


def test_records_piped_in_are_kept_for_later_runs(tmp_path):
    config = yaml(tmp_path, "'-'")

    without = rlm("run", config, "--select", "raw_file")
    piped = CliRunner().invoke(app, ["run", str(config), "--select", "raw_file"], input="id,colour\n1,red\n2,blue\n")
    later = rlm("run", config, "--select", "raw_file")

    assert without.exit_code == 1
    assert "nothing was piped in" in without.stderr
    assert piped.exit_code == 0, piped.stderr
    assert (tmp_path / "store" / "mine" / "standard_input").read_text() == "id,colour\n1,red\n2,blue\n"
    assert "nothing to do" in later.stderr
