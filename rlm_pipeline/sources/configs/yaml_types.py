"""What a YAML scalar is, by its tag or by what it looks like."""

from functools import cache
from typing import Any

import yaml

_TYPES = {"int": "integer", "float": "number", "bool": "boolean", "null": "null", "timestamp": "date", "str": "string"}
_CORE = "tag:yaml.org,2002:"


def scalar_type(event: Any) -> str:
    """The type of a scalar event: by its tag, else by what it looks like if it is plain."""
    if event.implicit[0]:
        return plain_type(event.value)
    tag = str(event.tag or f"{_CORE}str")
    return _TYPES.get(tag.removeprefix(_CORE), tag)


@cache
def _resolver() -> Any:
    return yaml.resolver.Resolver()


def plain_type(value: str) -> str:
    """The type of a plain scalar: `0x1F` is an integer, `yes` a boolean, `2001-01-01` a date."""
    tag = str(_resolver().resolve(yaml.ScalarNode, value, (True, False)))
    if ":" in value and tag.endswith((":int", ":float")):
        return "string"  # 12:30 is a number to base sixty in YAML 1.1 only, and to hardly anyone who wrote it
    return _TYPES.get(tag.removeprefix(_CORE), "string")
