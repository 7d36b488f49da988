"""An independent count of what JSON records hold, path by path, with nothing but the json module."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

KEY = re.compile(r"[A-Za-z_]\w*")
LIKE_OTHERS = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|true|false|NaN|-?Infinity|\[.*\]|\{.*\}", re.DOTALL)
STARTS = (0, 1, 2, 3, 6, 11, 101, 1001, 10_001)
LENGTHS = ("0", "1", "2", "3-5", "6-10", "11-100", "101-1,000", "1,001-10,000", "over 10,000")


class Recount:
    """`present`, `types`, `values`, `lengths` by path; `objects` by path of the object; `depths` of records."""

    def __init__(self, records: Iterable[Any]) -> None:
        self.records = 0
        self.states: defaultdict[str, Counter] = defaultdict(Counter)
        self.types: defaultdict[str, Counter] = defaultdict(Counter)
        self.values: defaultdict[str, Counter] = defaultdict(Counter)
        self.lengths: defaultdict[str, Counter] = defaultdict(Counter)
        self.elements: Counter = Counter()
        self.shapes: defaultdict[str, Counter] = defaultdict(Counter)
        self.kinds: Counter = Counter()
        self.depths: Counter = Counter()
        self.above: dict[str, str] = {}
        for record in records:
            self.records += 1
            self.depths[self._add("$", record)] += 1
        for path, above in self.above.items():
            missing = sum(self.shapes[above].values()) - sum(self.states[path].values())
            if missing:
                self.states[path]["absent"] = missing

    def _add(self, path: str, value: Any) -> int:
        name = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", list: "array"}
        kind = "null" if value is None else name[type(value)]
        self.kinds[kind] += 1
        empty = kind in ("string", "array", "object") and not value
        self.states[path]["null" if value is None else f"empty {kind}" if empty else "filled"] += 1
        if value is not None:
            self.types[path][kind] += 1
        if kind == "object":
            self.shapes[path][frozenset(value)] += 1
            return 1 + max((self._child(path, key, item) for key, item in value.items()), default=0)
        if kind == "array":
            self.lengths[f"{path}[*]"][LENGTHS[sum(len(value) >= start for start in STARTS) - 1]] += 1
            self.elements[f"{path}[*]"] += len(value)
            return 1 + max((self._add(f"{path}[*]", item) for item in value), default=0)
        if value is not None:
            self.values[path][value if isinstance(value, str) else json.dumps(value), kind == "string"] += 1
        return 0

    def _child(self, path: str, key: str, value: Any) -> int:
        below = f"{path}.{key}" if KEY.fullmatch(key) else f"{path}['{key}']"
        self.above[below] = path
        return self._add(below, value)

    def told(self, path: str) -> Counter:
        """Values as they are told: strings in quotes where there are others too and they could be taken for these."""
        found: Counter = Counter()
        counted = self.values[path]
        mixed = (
            len({is_string for _, is_string in counted} | {False for kind in self.types[path] if kind != "string"}) > 1
        )
        for (text, is_string), count in counted.items():
            doubtful = is_string and mixed and (LIKE_OTHERS.fullmatch(text) or text.startswith('"'))
            found[json.dumps(text, ensure_ascii=False) if doubtful else text] += count
        return found

    def gaps(self) -> set[str]:
        """Paths that are not always filled."""
        return {path for path, states in self.states.items() if set(states) - {"filled"}}

    def mixed(self) -> set[str]:
        """Paths of several types."""
        return {path for path, types in self.types.items() if len(types) > 1}
