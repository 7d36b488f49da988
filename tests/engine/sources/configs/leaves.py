"""Configuration texts as the values that are read from them."""

import io

from rlm_pipeline.sources.configs.ini_lines import ini_entries
from rlm_pipeline.sources.configs.toml_statements import toml_entries
from rlm_pipeline.sources.configs.yaml_events import yaml_entries
from rlm_pipeline.sources.prose.lines import numbered

READERS = {"yaml": yaml_entries, "toml": toml_entries, "ini": ini_entries}


def entries(kind, text):
    """All entries of a text."""
    return list(READERS[kind](numbered(io.StringIO(text, newline=""))))


def values(kind, text):
    """Key -> value; nothing may be set aside."""
    read = entries(kind, text)
    assert all(entry.cells for entry in read), read
    return {entry.cells[0]: entry.cells[1] for entry in read}


def column(kind, text, name):
    """Key -> type, comment or line."""
    place = {"type": 2, "comment": 3}
    return {entry.cells[0]: entry.line if name == "line" else entry.cells[place[name]] for entry in entries(kind, text)}


def aside(kind, text):
    """(line, reason) of what is set aside."""
    return [(entry.line, entry.reason) for entry in entries(kind, text) if entry.cells is None]
