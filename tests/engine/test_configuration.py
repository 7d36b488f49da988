from pathlib import Path

import pytest

from rlm_pipeline import configuration
from rlm_pipeline.errors import ConfigurationError


def write(folder: Path, text: str) -> Path:
    path = folder / "desk.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problem(folder: Path, text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as raised:
        configuration.load(write(folder, text))
    return raised.value


def test_ten_lines_are_enough(tmp_path):
    (tmp_path / "fy2012.csv").write_text("a,b\n1,2\n")
    path = write(
        tmp_path,
        "name: desk\nsource: 'fy*.csv'\npartition:\n  by: filename\n  pattern: 'fy(?P<year>\\d{4})'\n"
        "columns:\n  text: [description]\n  ignore: ['*_phone']\n",
    )

    config = configuration.load(path)

    assert config.source == str(tmp_path / "fy*.csv")
    assert all(config.columns.is_ignored(each) for each in ("Home_Phone", "Home Phone", "homePhone", "HOME-PHONE "))
    assert not config.columns.is_ignored("phone_model")
    assert config.chunking.size == 3000


def test_an_unknown_key_is_named_with_the_keys_that_exist(tmp_path):
    error = problem(tmp_path, "name: desk\nsource: x.csv\nchunking: {siez: 10}\n")

    assert error.key == "chunking.siez"
    assert "size, overlap" in str(error)
    assert "desk.yaml" in str(error)


def test_a_missing_key_is_named(tmp_path):
    assert problem(tmp_path, "name: desk\n").key == "source"


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("name: Desk\nsource: x\n", "name", "lower-case"),
        ("name: desk\nsource: x\npartition: {by: filename}\n", "partition", "(?P<year>...)"),
        (
            "name: desk\nsource: x\npartition: {by: filename, pattern: 'fy('}\n",
            "partition.pattern",
            "regular expression",
        ),
        ("name: desk\nsource: x\npartition: {by: filename, pattern: 'fy'}\n", "partition.pattern", "(?P<year>...)"),
        ("name: desk\nsource: x\npartition: {by: column}\n", "partition", "date column"),
        ("name: desk\nsource: x\npartition: {fiscal_year_starts: oct}\n", "partition.fiscal_year_starts", "october"),
        ("name: desk\nsource: x\nchunking: {size: 3}\n", "chunking.size", "200"),
        ("name: desk\nsource: x\nanalysis: {mode: guess}\n", "analysis.mode", "statistical"),
    ],
)
def test_a_wrong_value_says_what_was_expected(tmp_path, text, key, expected):
    error = problem(tmp_path, text)

    assert error.key == key
    assert expected in error.expected


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "a: [1", ""])
def test_what_is_not_a_mapping_is_refused(tmp_path, text):
    assert "expected a YAML mapping" in problem(tmp_path, text).expected


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="no such file"):
        configuration.load(tmp_path / "nowhere.yaml")


def test_a_source_beside_the_yaml_is_preferred_to_one_in_the_working_directory(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (elsewhere / "a.csv").write_text("x\n")
    path = write(tmp_path, "name: desk\nsource: a.csv\n")

    assert configuration.load(path).source == str(elsewhere / "a.csv")

    (tmp_path / "a.csv").write_text("x\n")
    assert configuration.load(path).source == str(tmp_path / "a.csv")


def test_a_key_that_is_there_twice_is_refused_where_yaml_would_drop_the_first(tmp_path):
    text = 'name: desk\nsource: x.csv\ncolumns: {rename: {"a": "b"}}\ncolumns: {rename: {"c": "d"}}\n'

    assert "'columns' is there twice" in str(problem(tmp_path, text))


def test_a_bare_dash_for_standard_input_is_told_how_it_is_written(tmp_path):
    error = problem(tmp_path, "name: desk\nsource: -\nformat: csv\n")

    assert error.key == "source"
    assert "source: '-'" in str(error)
    assert configuration.load(write(tmp_path, "name: desk\nsource: '-'\n")).source == "-"
