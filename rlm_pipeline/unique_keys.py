"""YAML as people mean it: a key that is there twice is a mistake."""

from typing import Any

import yaml


class UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key that is there twice: YAML would take the second and drop the first in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, if its keys differ."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"the key {key.value!r} is there twice in one mapping; put what belongs to it in one place"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else "")
        return dict(super().construct_mapping(node, deep=deep))
