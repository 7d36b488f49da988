"""What a model answers that reviews categories, and one that labels statements."""

from typing import Annotated

import pydantic


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Named(_Part):
    """A category or group in words."""

    id: Annotated[str, pydantic.Field(description="as given, such as C3 or G1")]
    name: Annotated[str, pydantic.Field(description="two to six words")]
    definition: Annotated[str, pydantic.Field(description="one or two sentences that tell it from its neighbours")]


class Merge(_Part):
    """Categories that are one thing."""

    ids: list[str]
    name: Annotated[str, pydantic.Field(description="of all of them together")]
    definition: str


class Criticised(_Part):
    """What is wrong with a category."""

    id: str
    problem: str


class OfSiblings(_Part):
    """All that is answered about categories shown together."""

    names: list[Named]
    merges: list[Merge]
    criticism: list[Criticised]


class Group(_Part):
    """A group of the upper level."""

    name: str
    definition: str
    categories: Annotated[list[str], pydantic.Field(description="ids of at least two categories")]


class OfUpperLevel(_Part):
    """All that is answered about the upper level; `groups` empty leaves it as it is."""

    names: list[Named]
    groups: list[Group]


class Labelled(_Part):
    """One statement's category."""

    statement: Annotated[int, pydantic.Field(description="number of the statement")]
    category: Annotated[str, pydantic.Field(description="id of a category, or other")]


class OfStatements(_Part):
    """One label for each statement shown."""

    labels: list[Labelled]
