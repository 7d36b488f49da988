"""Which shape each record has: derived from it under the names that the analyst tells shapes by."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rlm_pipeline.analysis import derived
from rlm_pipeline.analysis.derived import Shown, Told
from rlm_pipeline.analysis.json_analyst.assembling import Assembled
from rlm_pipeline.analysis.json_analyst.paths import Node
from rlm_pipeline.analysis.json_analyst.quoting import Quoting
from rlm_pipeline.analysis.json_analyst.shapes import Keys, ShapeTopic
from rlm_pipeline.analysis.json_analyst.telling import Example, Seen
from rlm_pipeline.analysis.json_analyst.values import none_at
from rlm_pipeline.analysis.observation import number_of, quotable
from rlm_pipeline.analysis.window import Window

_KEYS_TOLD = 8


@dataclass(slots=True, kw_only=True)
class Variants:
    """Takes in one piece after the other; holds the values of the records of one window.

    Without a `topic` there are no shapes: no record is an object, or keys are data.
    """

    root: Node
    topic: ShapeTopic | None
    objects: Counter[str]  # records that have each key
    quoting: Quoting
    _values: dict[int, str | None] = field(default_factory=dict)
    _shown: dict[int, tuple[str, Example]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def add(self, whole: Assembled) -> None:
        """Take in a piece of the window."""
        codes = np.full(whole.piece.records, -1, np.int64)
        if self.topic is not None:
            values = whole.values.get(self.root) or none_at(self.root)
            for coded in self.topic.read(Seen(values=values, whole=whole)):
                codes[coded.records] = coded.codes
        places = whole.piece.places.tolist()
        self._values.update(zip(places, map(self._value, codes.tolist()), strict=True))
        for code, record in zip(*(each.tolist() for each in np.unique(codes, return_index=True)), strict=True):
            value = self._value(code)
            if value is not None and value not in self._seen:
                self._seen.add(value)
                self._shown[places[record]] = value, self._example(whole, record)

    def tell(self, window: Window, tell: derived.Tell) -> None:
        """Tell the values of the window, and forget them."""
        places = sorted(self._values)
        examples = [each for _, each in self._shown.values()]
        found = dict(zip(self._shown, self.quoting.evidence(window, examples), strict=True))
        shown = {
            place: Shown(
                column=each.column,
                quote=each.quote,
                name=self._shown[place][0],
                definition=self._meaning(self._shown[place][0]),
            )
            for place, each in found.items()
            if each is not None
        }
        told = Told(facet=derived.SHAPE, values=[self._values[place] for place in places], shown=shown)
        tell(derived.frame(window, places, [told]))
        self._values.clear()
        self._shown.clear()

    def _value(self, code: int) -> str | None:
        """The name of a shape; the last is of all that have none."""
        return self.topic.labels[code] if self.topic is not None and 0 <= code < len(self.topic.labels) - 1 else None

    def _meaning(self, value: str) -> str:
        codes, labels = (self.topic.codes, self.topic.labels) if self.topic is not None else ({}, ())
        shapes = [keys for keys, code in codes.items() if labels[code] == value]
        if len(shapes) == 1:
            return f"records with {number_of(len(shapes[0]), 'key')}: {_listed(sorted(shapes[0]))}"
        common = set(shapes[0]).intersection(*shapes)
        return f"records of {number_of(len(shapes), 'shape')}; all have {_listed(sorted(common, key=self._rarity))}"

    def _rarity(self, key: str) -> tuple[int, str]:
        return self.objects[key], key

    def _example(self, whole: Assembled, record: int) -> Example:
        """A record, and the cell of the field that decides its shape, or of its rarest key that a cell tells."""
        place = int(whole.piece.places[record])
        for name in self._telling(whole, record):
            quote = quotable(whole.piece.cells.get_column(name)[record] or "")
            says = any(map(str.isalnum, quote))
            if says and not (self.quoting.guarded and quote.startswith(("{", "["))):
                return Example(place=place, column=name, quote=quote)
        return Example(place=place)

    def _telling(self, whole: Assembled, record: int) -> Sequence[str]:
        """Columns that show the shape of a record, the most telling first."""
        columns = {name: node for name, node in whole.piece.family.columns.items() if name in self.quoting.shown}
        decided = self.topic.decided.scope if self.topic is not None and self.topic.decided is not None else ""
        keys = sorted(self._keys(whole, record), key=self._rarity)
        order = {key: place for place, key in enumerate(keys)}
        deciding = [name for name, node in columns.items() if node.scope == decided]
        below = [(order[key], name) for name, node in columns.items() if (key := _first(node)) in order]
        return [*deciding, *(name for _, name in sorted(below))]

    def _keys(self, whole: Assembled, record: int) -> Keys:
        values = whole.values[self.root]
        if values.shapes is None:
            return ()
        return values.shapes.keys[int(values.shapes.codes[np.searchsorted(values.records, record)])]


def _first(node: Node) -> str:
    return node.steps[0] if node.steps and isinstance(node.steps[0], str) else ""


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _KEYS_TOLD:,} more" if len(keys) > _KEYS_TOLD else ""
    return ", ".join(keys[:_KEYS_TOLD]) + more
