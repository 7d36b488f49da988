"""How records of logs, code, prose and configuration are shown; the files are read by their real readers."""

import polars as pl
import pytest

from rlm_pipeline.chunking.forms import LONGEST_PLACE, form_of
from tests.engine.chunking.stage_of_file import chunked

CODE = "import os\n\n\nclass Store:\n    def read(self):\n        return os.name\n\n\ndef other(x):\n    " + (
    "x = x + 1  # once more, and again\n    " * 12 + "return x\n"
)
LOG = "".join(f"2024-05-01 10:00:{place:02d} INFO store: wrote block {place} of 60 to disk\n" for place in range(60))


def test_a_chunk_of_code_is_named_after_its_definition(tmp_path):
    found = chunked(tmp_path, "tool.py", CODE)

    assert any("Store" in place for place in found["place"])
    assert any(place.startswith("function:other") for place in found["place"])
    assert "".join(found["text"]) == CODE


def test_a_chunk_of_prose_has_the_path_of_its_headings(tmp_path):
    text = (
        "# Guide\n\n## Install\n\n" + "Take the package from the index and unpack it. " * 4 + "\n\n## Use\n\nRun it.\n"
    )

    found = chunked(tmp_path, "guide.md", text)

    assert any(scope.startswith("Guide > Install, row") for scope in found["scope"])
    assert "".join(found["text"]) == text


def test_a_line_of_a_log_is_shown_as_it_is(tmp_path):
    found = chunked(tmp_path, "app.log", LOG)

    assert "".join(found["text"]) == LOG
    assert set(found["chunker"]) == {"log"}


@pytest.mark.parametrize(
    ("ignored", "secret"),
    [("prefix", "prefix"), ("timestamp", "10:00:00"), ("message", "wrote block"), ("component", "store")],
)
def test_a_log_with_a_column_that_is_ignored_is_rendered_without_it(tmp_path, ignored, secret):
    found = chunked(tmp_path, "app.log", LOG, f"columns: {{ignore: [{ignored}]}}\n")

    assert not any(secret in text for text in found["text"])
    assert found["records"].sum() == 60


def test_the_words_of_a_page_are_shown_under_its_headings_without_names_of_columns(tmp_path):
    page = "<html><body><h1>Guide</h1><p>Take the <b>package</b>.</p><h2>Use</h2><p>Run it.</p></body></html>"

    found = chunked(tmp_path, "guide.html", page)

    assert "Take the package." in found["text"][0]
    assert not any("text: " in text or "block: " in text for text in found["text"])
    assert found["place"][0].startswith("Guide")


def test_an_ignored_column_does_not_name_places_either(tmp_path):
    found = chunked(tmp_path, "tool.py", CODE, "columns: {ignore: [scope]}\n")

    assert not any("Store.read" in scope for scope in found["scope"])


@pytest.mark.parametrize("detected_type", ["csv", "jsonl"])
def test_columns_that_a_file_names_itself_are_shown_as_they_are(detected_type):
    form = form_of(detected_type)

    assert form.shown(["timestamp", "prefix", "name", "scope"]) == ["timestamp", "prefix", "name", "scope"]
    assert form.place_of(["scope", "heading", "key"]) is None


def test_a_long_place_is_one_line_of_bounded_length():
    place = form_of("markdown").place_of(["heading"])
    headings = pl.DataFrame({"heading": ["A >\n B", None, "x" * 1000 + " > Last"]})

    shown = headings.select(place.alias("place"))["place"].to_list()

    assert shown[:2] == ["A > B", ""]
    assert len(shown[2]) == LONGEST_PLACE
    assert shown[2].endswith("> Last")
