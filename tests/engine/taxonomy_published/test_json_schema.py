"""The published JSON Schema is the one the models give."""

import json
from pathlib import Path

from rlm_pipeline.taxonomy.json_schema import schema_text, taxonomy_json_schema

COMMITTED = Path(__file__).parents[3] / "docs" / "formats" / "taxonomy.schema.json"


def test_the_committed_schema_is_up_to_date():
    regenerate = f"python -m rlm_pipeline.taxonomy.json_schema > {COMMITTED.name}"

    assert COMMITTED.read_text(encoding="utf-8") == schema_text(), f"out of date; run {regenerate}"


def test_the_schema_speaks_of_the_file_as_it_is_written():
    schema = taxonomy_json_schema()

    assert {"from", "to"} <= schema["$defs"]["Trend"]["properties"].keys()
    assert schema["$defs"]["Lineage"]["properties"].keys() == {"state", "from"}
    assert set(schema["required"]) == schema["properties"].keys()
    assert json.loads(schema_text()) == schema
