"""The JSON Schema of taxonomy.json, generated from the models that write it."""

import json
import sys
from typing import Any

from rlm_pipeline.taxonomy.document import Taxonomy


def taxonomy_json_schema() -> dict[str, Any]:
    """The schema of the file as written: keys by alias, every field present."""
    schema = Taxonomy.model_json_schema(by_alias=True, mode="serialization")
    for part in (schema, *schema["$defs"].values()):
        part["required"] = sorted(part["properties"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """The content of docs/formats/taxonomy.schema.json: `python -m rlm_pipeline.taxonomy.json_schema` prints it."""
    return json.dumps(taxonomy_json_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
