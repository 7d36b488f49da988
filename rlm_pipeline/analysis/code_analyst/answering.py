"""What is derived from each record of code: the layer of its source, and the worst that each mode finds in it."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from rlm_pipeline.analysis import derived
from rlm_pipeline.analysis.code_analyst.hits import Hit
from rlm_pipeline.analysis.code_analyst.imports import MODULE_KINDS, imports_in
from rlm_pipeline.analysis.code_analyst.layers import APART, BOTTOM, Layering
from rlm_pipeline.analysis.code_analyst.stretches import Part, Stretch
from rlm_pipeline.analysis.code_analyst.survey import Survey
from rlm_pipeline.analysis.derived import Shown, Told
from rlm_pipeline.analysis.observation import QUOTE_LENGTH
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.configuration import CodeMode

NOTHING: Final = "nothing found"

Worst = Mapping[tuple[CodeMode, int], tuple[Hit, str]]
"""By mode and place in the partition: a hit, and the words that show it."""

_COLUMN: Final = "text"
_FACETS: Mapping[CodeMode, str] = {
    "security": derived.SECURITY,
    "general": derived.QUALITY,
    "performance": derived.PERFORMANCE,
    "architecture": derived.STRUCTURE,
}
_OF_KIND: Mapping[str, str] = {
    "antipattern": "what is known to lead to errors or to code that is hard to change",
    "bug": "what is hardly meant as it is written",
    "complexity": "functions that are hard to follow: complex, long, or deeply nested",
    "pattern": "notes to self, checks switched off, generated code",
}
_OF_RULE: Mapping[str, str] = {
    "god-class": "classes that do too much",
    "import-cycle": "imports that lead back in a circle",
    "never-named": "private definitions that nothing else names",
}


def facets(modes: tuple[CodeMode, ...]) -> tuple[str, ...]:
    """The facets that the analyst tells in these modes."""
    own = tuple(facet for mode, facet in _FACETS.items() if mode in modes)
    return (derived.LAYER, *own) if "architecture" in modes else own


@dataclass(slots=True, kw_only=True)
class Answers:
    """Takes in one stretch after the other; holds the values of records that no window has told yet."""

    modes: tuple[CodeMode, ...]
    survey: Survey | None
    layering: Layering | None
    _places: list[int] = field(default_factory=list)
    _values: dict[str, list[str | None]] = field(default_factory=dict)
    _shown: dict[str, dict[int, Shown]] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def add(self, stretch: Stretch, part: Part, worst: Worst) -> None:
        """Take in a record, of which all is found."""
        self._places.append(part.place)
        for mode, facet in _FACETS.items():
            if mode in self.modes:
                self._add_worst(facet, stretch, part, worst.get((mode, part.place)))
        if "architecture" in self.modes:
            self._add_layer(stretch, part)

    def tell(self, window: Window, tell: derived.Tell) -> None:
        """Tell the values of a window, and forget them."""
        stop = window.start + window.records
        end = bisect_left(self._places, stop)
        places = [place - window.start for place in self._places[:end]]
        told = []
        for facet in facets(self.modes):
            values, shown = self._values.get(facet, []), self._shown.get(facet, {})
            here = {place - window.start: each for place, each in shown.items() if place < stop}
            told.append(Told(facet=facet, values=values[:end], shown=here))
            self._values[facet] = values[end:]
            self._shown[facet] = {place: each for place, each in shown.items() if place >= stop}
        del self._places[:end]
        tell(derived.frame(window, places, told))

    def _add_worst(self, facet: str, stretch: Stretch, part: Part, found: tuple[Hit, str] | None) -> None:
        if found is None:
            quote = _first_words(stretch.text[part.start : part.end])
            self._add(facet, part, NOTHING, quote, _shown(quote, "Nothing found", "no rule of the analyst is broken"))
            return
        hit, quote = found
        value = hit.kind if hit.mode == "general" else hit.label
        meaning = (
            _OF_KIND[hit.kind] if hit.mode == "general" else _OF_RULE.get(hit.rule, hit.message.partition(". ")[0])
        )
        name = value.capitalize() if hit.mode == "general" else value
        self._add(facet, part, value, quote, _shown(quote, name, meaning))

    def _add_layer(self, stretch: Stretch, part: Part) -> None:
        if self.layering is None:
            self._values.setdefault(derived.LAYER, []).append(None)
            return
        value = self.layering.of[stretch.source]
        layer = self.layering.layers[value]
        quote = "" if (derived.LAYER, value) in self._seen else next(self._words_of_layer(stretch, part, value), "")
        self._add(derived.LAYER, part, value, quote, _shown(quote, layer.name, layer.definition))

    def _words_of_layer(self, stretch: Stretch, part: Part, layer: str) -> Iterator[str]:
        """What shows the layer of a source: the imports of one that has any, else its beginning."""
        text = stretch.text[part.start : part.end]
        if self.survey is None or layer in {APART, BOTTOM}:
            yield _first_words(text)
        elif part.kind in MODULE_KINDS:
            for each in imports_in(text, stretch.language):
                if not each.for_types and self.survey.sources.meant(each, stretch.language, stretch.source):
                    yield stretch.quoted(part.start + each.start, QUOTE_LENGTH)

    def _add(self, facet: str, part: Part, value: str, quote: str, shown: Shown) -> None:
        self._values.setdefault(facet, []).append(value)
        if quote and (facet, value) not in self._seen:
            self._seen.add((facet, value))
            self._shown.setdefault(facet, {})[part.place] = shown


def _shown(quote: str, name: str, definition: str) -> Shown:
    return Shown(column=_COLUMN, quote=quote, name=name, definition=definition)


def _first_words(text: str) -> str:
    """The first line of a record that says something: one of letters, not of quotation marks or braces alone."""
    lines = (line.strip() for line in text.splitlines())
    return next((line[:QUOTE_LENGTH].strip() for line in lines if any(map(str.isalpha, line))), "")
