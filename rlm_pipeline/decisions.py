"""What a person may decide about a taxonomy.

Categories and dimensions are referred to by id, or by name as they are published or were found; what each decision
does is said in docs/curation.md.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

import pydantic

Kind = Literal["rename", "merge", "split_off", "pin", "forbid", "describe", "rename_dimension", "describe_dimension"]
"""What a decision does: the key that it begins with."""

Claim = tuple[str, str, str]
"""What a decision says of a category or dimension: which of its properties, as referred to, and the value."""

_Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1)]
_NAME, _DEFINITION, _FATE, _RULE = "name", "definition", "fate", "rule"
_STAYS = "stays"


class _Decision(pydantic.BaseModel):
    """`of` is the dimension; `note` is the person's reason: it is shown, and nothing follows from it."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    kind: ClassVar[Kind]

    of: _Text
    note: str = ""

    @property
    def dimension(self) -> str:
        """The dimension, as it is referred to."""
        return self.of

    @property
    def target(self) -> tuple[str, ...]:
        """The categories decided on, as they are referred to; none where it is the dimension."""
        return (str(getattr(self, self.kind)),)

    @property
    def told(self) -> str:
        """The decision in a few words."""
        return f"{self.kind} “{self.target[0]}”"

    def claims(self) -> Iterator[Claim]:
        """What no other decision may say otherwise."""
        raise NotImplementedError


class Rename(_Decision):
    """Another name for a category, whose id stays."""

    kind = "rename"
    rename: _Text
    to: _Text

    @property
    def told(self) -> str:
        """The decision in a few words."""
        return f"rename “{self.rename}” to “{self.to}”"

    def claims(self) -> Iterator[Claim]:
        """The name; what has one of its own is published."""
        yield _NAME, self.rename, self.to
        yield _FATE, self.rename, _STAYS


class Merge(_Decision):
    """Several categories as one, under the id of the first, and under its name if there is no `to`."""

    kind = "merge"
    merge: Annotated[tuple[_Text, ...], pydantic.Field(min_length=2)]
    to: str = ""

    @property
    def target(self) -> tuple[str, ...]:
        """The categories, the first of which takes in the others."""
        return self.merge

    @property
    def told(self) -> str:
        """The decision in a few words."""
        named = " with ".join(f"“{each}”" for each in self.merge)
        return f"merge {named} as “{self.to}”" if self.to else f"merge {named}"

    def claims(self) -> Iterator[Claim]:
        """The first stays, perhaps with a name; the others go into it."""
        first, *others = self.merge
        if self.to:
            yield _NAME, first, self.to
        yield _FATE, first, _STAYS
        for other in others:
            yield _FATE, other, f"goes into {first.casefold()}"


class SplitOff(_Decision):
    """A new category of the statements of another that hold a word, match a pattern, or are said by a cited record."""

    kind = "split_off"
    split_off: _Text
    origin: Annotated[str, pydantic.Field(alias="from", min_length=1)]
    words: tuple[_Text, ...] = ()
    pattern: str = ""
    rows: tuple[_Text, ...] = ()
    definition: str = ""

    @pydantic.field_validator("pattern")
    @classmethod
    def _expression(cls, value: str) -> str:
        import polars as pl

        try:
            pl.Series([""]).str.contains(value)
        except pl.exceptions.ComputeError as error:
            said = " ".join(str(error).split("This error occurred")[0].split())
            raise ValueError(f"expected a regular expression; {said}") from error
        return value

    @pydantic.field_validator("rows")
    @classmethod
    def _records(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not re.fullmatch(r".+:[1-9]\d*", each):
                raise ValueError(f"expected a record such as fy2012.csv:1042, found {each!r}")
        return value

    @pydantic.model_validator(mode="after")
    def _has_a_rule(self) -> Self:
        if not (self.words or self.pattern or self.rows):
            raise ValueError("expected words, a pattern or rows: which statements are split off")
        return self

    @property
    def told(self) -> str:
        """The decision in a few words."""
        return f"split “{self.split_off}” off “{self.origin}”"

    @property
    def expression(self) -> str:
        """A regular expression that a statement matches; empty if only rows tell."""
        alternatives = "|".join(r"\s+".join(map(re.escape, word.split())) for word in self.words)
        by_word = rf"(?i:(?:^|\W)(?:{alternatives})(?:$|\W))" if alternatives else ""
        return "|".join(f"(?:{each})" for each in (by_word, self.pattern) if each)

    def claims(self) -> Iterator[Claim]:
        """What is in the new category."""
        yield _RULE, self.split_off, f"{self.origin} {self.expression} {self.rows}"
        if self.definition:
            yield _DEFINITION, self.split_off, self.definition


class Pin(_Decision):
    """A category that stays under its id and name, also where discovery finds it no longer."""

    kind = "pin"
    pin: _Text

    def claims(self) -> Iterator[Claim]:
        """It is published."""
        yield _FATE, self.pin, _STAYS


class Forbid(_Decision):
    """A category that is not published: its records are `other`."""

    kind = "forbid"
    forbid: _Text

    def claims(self) -> Iterator[Claim]:
        """It is not published."""
        yield _FATE, self.forbid, "is not published"


class Describe(_Decision):
    """Another definition of a category."""

    kind = "describe"
    describe: _Text
    definition: Annotated[_Text, pydantic.Field(alias="as")]

    def claims(self) -> Iterator[Claim]:
        """The definition; what has one of its own is published."""
        yield _DEFINITION, self.describe, self.definition
        yield _FATE, self.describe, _STAYS


class _OfDimension(_Decision):
    of: str = ""

    @property
    def dimension(self) -> str:
        """The dimension, as it is referred to."""
        return str(getattr(self, self.kind))

    @property
    def target(self) -> tuple[str, ...]:
        """None: it is the dimension itself."""
        return ()


class RenameDimension(_OfDimension):
    """Another name for a dimension."""

    kind = "rename_dimension"
    rename_dimension: _Text
    to: _Text

    @property
    def told(self) -> str:
        """The decision in a few words."""
        return f"rename the dimension “{self.rename_dimension}” to “{self.to}”"

    def claims(self) -> Iterator[Claim]:
        """The name."""
        yield _NAME, "", self.to


class DescribeDimension(_OfDimension):
    """Another definition of a dimension."""

    kind = "describe_dimension"
    describe_dimension: _Text
    definition: Annotated[_Text, pydantic.Field(alias="as")]

    @property
    def told(self) -> str:
        """The decision in a few words."""
        return f"describe the dimension “{self.describe_dimension}”"

    def claims(self) -> Iterator[Claim]:
        """The definition."""
        yield _DEFINITION, "", self.definition


_MODELS: tuple[type[_Decision], ...] = (
    Rename, Merge, SplitOff, Pin, Forbid, Describe, RenameDimension, DescribeDimension,
)  # fmt: skip
KINDS: tuple[str, ...] = tuple(each.kind for each in _MODELS)


def _kind_of(value: Any) -> str | None:
    if isinstance(value, _Decision):
        return value.kind
    return next((kind for kind in KINDS if kind in value), None) if isinstance(value, dict) else None


Decision = Annotated[
    Annotated[Rename, pydantic.Tag("rename")]
    | Annotated[Merge, pydantic.Tag("merge")]
    | Annotated[SplitOff, pydantic.Tag("split_off")]
    | Annotated[Pin, pydantic.Tag("pin")]
    | Annotated[Forbid, pydantic.Tag("forbid")]
    | Annotated[Describe, pydantic.Tag("describe")]
    | Annotated[RenameDimension, pydantic.Tag("rename_dimension")]
    | Annotated[DescribeDimension, pydantic.Tag("describe_dimension")],
    pydantic.Discriminator(_kind_of),
]
