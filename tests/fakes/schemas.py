"""JSON schemas as the Messages API takes them: what it refuses, and a value that is valid."""

PROSE = "The sea is wide."
"""What a model says that no schema holds it to."""


def schema_of(params):
    """The schema a request asks to keep to, or None."""
    return ((params.get("output_config") or {}).get("format") or {}).get("schema")


def wrong_in(schema):
    """What the API refuses about a schema, or None."""
    if isinstance(schema, list):
        return next(filter(None, map(wrong_in, schema)), None)
    if not isinstance(schema, dict):
        return None
    for name in ("minimum", "maximum", "multipleOf", "minLength", "maxLength", "oneOf", "default"):
        if name in schema and not isinstance(schema[name], dict):
            return f"output_config.format.schema: property '{name}' is not supported"
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return "output_config.format.schema: 'additionalProperties' must be explicitly set to false"
    return next(filter(None, map(wrong_in, schema.values())), None)


def instance_of(schema):
    """Some value that is valid under a schema; prose where there is none."""
    match schema:
        case None:
            value = PROSE
        case {"enum": [value, *_]} | {"const": value}:
            pass
        case {"anyOf": [first, *_]}:
            value = instance_of(first)
        case {"type": "object", "properties": properties}:
            value = {name: instance_of(each) for name, each in properties.items()}
        case {"type": "array", "items": items}:
            value = [instance_of(items)]
        case _:
            value = {"string": "text", "integer": 1, "number": 0.5, "boolean": True, "null": None}[schema["type"]]
    return value
