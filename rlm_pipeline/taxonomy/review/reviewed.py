"""What is left of a model's review once it is checked: names, merged categories, an upper level, and a record of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from rlm_pipeline.synthesis import figures
from rlm_pipeline.synthesis.figures import Figure
from rlm_pipeline.taxonomy.document import Review
from rlm_pipeline.taxonomy.hierarchy import Parents
from rlm_pipeline.taxonomy.levels import Cut
from rlm_pipeline.taxonomy.lineage import Descent


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A name and a definition that a model gave."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """Of categories numbered from 0, as `cut` has them after merges, and of `parents`, numbered too.

    `leaves` and `groups` are what the model's words are for these; `problems` are its criticism of categories. `review`
    is what is published of it, but for the criticism, which needs ids.
    """

    cut: Cut
    parents: Parents | None
    leaves: Mapping[int, Said]
    groups: Mapping[int, Said]
    problems: Mapping[int, tuple[str, ...]]
    review: Review


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a sentence about a category may rest on: the text that was shown, and its figures unrounded."""

    text: str
    figures: tuple[Figure, ...]

    def bears_out(self, sentence: str) -> bool:
        """Whether every number of a sentence is given."""
        return not figures.unsupported(sentence, [self.text], self.figures)


def kept(descent: Descent) -> dict[int, Said]:
    """The words that a model gave to categories in an earlier run, where they go on unchanged.

    A definition that states a number is not kept, for numbers change: it is empty.
    """
    known = {number: descent.kept[number] for number in descent.names}
    return {
        number: Said(name=descent.names[number], definition=_lasting(category.definition, category.name))
        for number, category in known.items()
        if category is not None and category.named_by == "model"
    }


def _lasting(definition: str, name: str) -> str:
    return "" if figures.numbers_in(definition, name) else definition
