"""What a model answers that explains merged findings, and what is kept of it."""

from collections import Counter
from typing import Annotated, Literal

import pydantic
from pydantic.json_schema import SkipJsonSchema

Support = Literal["first", "second", "both", "undecided"]


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Sentence(_Part):
    """One sentence, and the ids of the facts it rests on."""

    text: str
    facts: tuple[str, ...]


class NamedTheme(_Part):
    """A theme with a name that tells it from the others."""

    theme: Annotated[str, pydantic.Field(description="id of the theme")]
    name: Annotated[str, pydantic.Field(description="two to six words")]
    explanation: tuple[Sentence, ...]


class Resolution(_Part):
    """Which side of a conflict the facts support, and why."""

    conflict: Annotated[str, pydantic.Field(description="id of the conflict")]
    supports: Annotated[Support, pydantic.Field(description="the side, in the order given, that the facts support")]
    reasons: tuple[Sentence, ...]


class Dropped(_Part):
    """What a model said that the facts do not bear out."""

    where: str  # summary, theme <id>, conflict <id>
    text: str
    reason: str


class Narrative(_Part):
    """Names, explanations and a summary; `dropped` is what was taken out of it, never a model's own."""

    summary: tuple[Sentence, ...]
    themes: tuple[NamedTheme, ...] = ()
    conflicts: tuple[Resolution, ...] = ()
    dropped: SkipJsonSchema[tuple[Dropped, ...]] = ()

    @property
    def dropped_by_reason(self) -> dict[str, int]:
        """How much was taken out, by reason."""
        return dict(sorted(Counter(each.reason for each in self.dropped).items()))
