"""How records of logs, code, prose and configuration are shown; the files are read by their real readers."""

import polars as pl
import pytest

from rlm_pipeline import configuration
from rlm_pipeline.chunking import tabular
from rlm_pipeline.chunking.forms import LONGEST_PLACE, form_of
from rlm_pipeline.chunking.packing import Record, pack
from rlm_pipeline.profiling import columns
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import Store


def chunked(tmp_path, name, text, more=""):
    (tmp_path / name).write_text(text)
    (tmp_path / "mine.yaml").write_text(f"name: mine\nsource: {name}\nchunking: {{size: 200}}\n{more}")
    config = configuration.load(tmp_path / "mine.yaml")
    store = Store(tmp_path / "store").dataset("mine")
    raw_file.materialise(store, config, "all")
    columns.materialise(store, config, "all")
    tabular.materialise(store, config, "all")
    return pl.read_parquet(store.chunks_path("all"))


CODE = "import os\n\n\nclass Store:\n    def read(self):\n        return os.name\n\n\ndef other(x):\n    " + (
    "x = x + 1  # once more, and again\n    " * 12 + "return x\n"
)


def test_a_chunk_of_code_is_named_after_its_definition(tmp_path):
    found = chunked(tmp_path, "tool.py", CODE)

    assert any("method:Store.read" in scope for scope in found["scope"])
    parts = found.filter(pl.col("scope").str.starts_with("function:other"))
    assert [scope.rpartition(" ")[2] for scope in parts["scope"]] == [str(part) for part in range(1, parts.height + 1)]
    assert not any("name: " in text for text in found["text"])


def test_a_chunk_of_prose_has_the_path_of_its_headings(tmp_path):
    text = (
        "# Guide\n\n## Install\n\n" + "Take the package from the index and unpack it. " * 4 + "\n\n## Use\n\nRun it.\n"
    )

    found = chunked(tmp_path, "guide.md", text)

    assert any(scope.startswith("Guide > Install, row") for scope in found["scope"])


def test_a_chunk_of_configuration_has_its_first_and_its_last_key(tmp_path):
    text = "server:\n  host: example.org\n  port: 8080\nlimits:\n  memory: 512\n  names: [one, two]\n"

    found = chunked(tmp_path, "service.yaml", text)

    assert found["scope"][0].startswith("server.host … ")


def test_a_line_of_a_log_is_shown_once(tmp_path):
    lines = [f"2024-05-01 10:00:{place:02d} INFO store: wrote block {place} of 60 to disk\n" for place in range(60)]

    found = chunked(tmp_path, "app.log", "".join(lines))

    assert found["text"][0].count("10:00:00") == 1
    assert "wrote block 0 of 60 to disk" in found["text"][0]
    assert found["scope"][0].startswith("rows 1-")


def test_the_parts_of_a_header_that_is_ignored_are_shown(tmp_path):
    lines = [f"2024-05-01 10:00:{place:02d} INFO store: wrote block {place} of 60 to disk\n" for place in range(60)]

    found = chunked(tmp_path, "app.log", "".join(lines), "columns: {ignore: [prefix]}\n")

    assert "prefix" not in found["text"][0]
    assert found["text"][0].count("10:00:00") == 1


def test_an_ignored_column_does_not_name_places_either(tmp_path):
    found = chunked(tmp_path, "tool.py", CODE, "columns: {ignore: [scope]}\n")

    assert not any("Store.read" in scope for scope in found["scope"])


@pytest.mark.parametrize("types", [{"csv"}, {"jsonl"}, {"log", "code"}])
def test_columns_that_a_file_names_itself_are_shown_as_they_are(types):
    form = form_of(types)

    assert form.shown(["timestamp", "prefix", "name", "scope"]) == ["timestamp", "prefix", "name", "scope"]
    assert form.place_of(["scope", "heading", "key"]) is None


def test_a_long_place_is_one_line_of_bounded_length():
    place = form_of({"markdown"}).place_of(["heading"])
    headings = pl.DataFrame({"heading": ["A >\n B", None, "x" * 1000 + " > Last"]})

    shown = headings.select(place.alias("place"))["place"].to_list()

    assert shown[:2] == ["A > B", ""]
    assert len(shown[2]) == LONGEST_PLACE
    assert shown[2].endswith("> Last")


def test_only_cut_records_have_parts_whatever_they_are_called():
    records = [Record(row=1, line=1, text="short", place="Novel > part 1"), Record(row=2, line=2, text="long " * 100)]

    pieces = list(pack(records, 200))

    assert pieces[0].scope == "Novel > part 1, row 1"
    assert [piece.part for piece in pieces] == [0, *range(1, len(pieces))]
