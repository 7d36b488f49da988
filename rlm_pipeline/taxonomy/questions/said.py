"""What a model says that proposes questions, and one that answers them."""

from typing import Annotated

import pydantic


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Proposal(_Part):
    """One question."""

    name: Annotated[str, pydantic.Field(description="one to four words")]
    question: Annotated[str, pydantic.Field(description="one sentence, about one statement")]
    why: Annotated[str, pydantic.Field(description="what its answers tell that no dimension says, in one sentence")]


class OfQuestions(_Part):
    """All questions that are proposed; none if nothing is left to ask."""

    questions: list[Proposal]


class Answered(_Part):
    """The answer about one statement."""

    statement: Annotated[int, pydantic.Field(description="number of the statement")]
    answer: Annotated[str, pydantic.Field(description="one to five words, or: not stated")]
    quote: Annotated[str, pydantic.Field(description="words of the statement, letter by letter; empty if not stated")]


class OfAnswers(_Part):
    """One answer for each statement shown."""

    answers: list[Answered]
