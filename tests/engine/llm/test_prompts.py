"""The analysts' prompts: files with a version in front, that a user may replace by name."""

import pytest

from rlm_pipeline.errors import ConfigurationError
from rlm_pipeline.llm import prompts
from rlm_pipeline.llm.prompts import load, names
from tests.engine.llm.asked import ask, request
from tests.fakes.messages_api import MessagesApi

DATA = """---
version: 3
analyst: data
types: [pattern, anomaly]
facets:
  about: what it is about
---

You read records.
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data.md").write_text(DATA, encoding="utf-8")
    return str(tmp_path)


def test_a_prompt_is_its_front_matter_and_its_text(folder):
    prompt = load("data", folder)

    assert (prompt.name, prompt.analyst, prompt.model, prompt.text) == ("data", "data", "analyst", "You read records.")
    assert (prompt.types, dict(prompt.facets)) == (("pattern", "anomaly"), {"about": "what it is about"})
    assert prompt.version.startswith("3-")
    assert len(prompt.version) == len("3-") + 8


def test_every_prompt_that_comes_with_the_pipeline_can_be_loaded():
    assert set(names()) >= {"code", "data", "json", "synthesizer", "text"}
    for name in names():
        assert load(name).text


def test_a_users_file_replaces_the_one_of_its_name_and_leaves_the_others(folder):
    assert load("data", folder).version != load("data").version
    assert load("text", folder) == load("text")
    assert names(folder) == names()


@pytest.mark.parametrize(
    "edit", [("You read records.", "You read logs."), ("anomaly", "outlier"), ("it is about", "it says")]
)
def test_every_edit_of_what_a_reader_is_told_shows_in_the_version(folder, tmp_path, edit):
    before = load("data", folder)
    (tmp_path / "data.md").write_text(DATA.replace(*edit), encoding="utf-8")

    after = load("data", folder)

    assert after.version != before.version
    assert after.version.startswith("3-")


def test_line_endings_do_not_show_in_the_version(folder, tmp_path):
    before = load("data", folder)
    (tmp_path / "data.md").write_bytes(DATA.replace("\n", "\r\n").encode())

    assert load("data", folder) == before


def test_a_changed_prompt_asks_again_what_its_analyst_is_asked_and_nothing_else(folder, tmp_path, ledger):
    def requests():
        own, other = load("data", folder), load("text", folder)
        return [
            request(1, system=own.text, prompt_version=own.version),
            request(2, system=other.text, prompt_version=other.version, purpose="analyst:text"),
        ]

    api = MessagesApi()
    ask(requests(), api, ledger)
    (tmp_path / "data.md").write_text(DATA.replace("version: 3", "version: 4"), encoding="utf-8")

    again = ask(requests(), api, ledger)

    assert [reply.from_ledger for reply in again] == [False, True]


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("You read records.", "", "front matter"),
        ("---\nversion: 1\nanalyst: data\n---\n\n", "", "instructions"),
        ("---\nanalyst: data\n---\nRead.", "version", "required"),
        ("---\nversion: 1\n---\nRead.", "analyst", "required"),
        ("---\nversion: 1\nanalyst: data\nmodel: opus\n---\nRead.", "model", "'analyst' or 'synthesizer'"),
        ("---\nversion: 1\nanalyst: data\ntemperature: 1\n---\nRead.", "temperature", "unknown key"),
        ("---\nversion: [\n---\nRead.", "", "not YAML"),
        ("---\n- 1\n---\nRead.", "", "expected front matter of keys"),
    ],
)
def test_a_wrong_file_is_named_with_the_key(tmp_path, text, key, said):
    (tmp_path / "data.md").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=said) as raised:
        load("data", str(tmp_path))

    assert raised.value.path == tmp_path / "data.md"
    assert raised.value.key == key


def test_a_file_that_is_not_text_is_named(tmp_path):
    (tmp_path / "data.md").write_bytes(b"---\nversion: 1\n\xff\xfe")

    with pytest.raises(ConfigurationError, match=r"data\.md.*UTF-8"):
        load("data", str(tmp_path))


def test_an_absent_prompt_is_named_with_those_there_are():
    with pytest.raises(ConfigurationError, match=r"reviewer\.md: no such prompt; there are code, data"):
        load("reviewer")


def test_an_absent_folder_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"analysis\.prompts names this folder"):
        load("data", str(tmp_path / "none"))


def test_an_installed_package_brings_its_prompts(folder, monkeypatch, tmp_path):
    """As in a wheel: no checkout beside the package, the files inside it."""
    monkeypatch.setattr(prompts, "SHIPPED", (tmp_path / "no_checkout", tmp_path))

    assert load("data").text == "You read records."
