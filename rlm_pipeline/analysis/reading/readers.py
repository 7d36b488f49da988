"""The analysts that read with a model: their prompts, and the shape of what they answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rlm_pipeline.analysis.fencing import standing_sentence
from rlm_pipeline.analysis.observation import Analyst
from rlm_pipeline.analysis.reading.answers import Answer, model_of
from rlm_pipeline.configuration import Analysis
from rlm_pipeline.llm import prompts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One analyst: `system` is the same for all its readings, `answer` the shape of each reply."""

    analyst: Analyst
    model: str
    system: str
    prompt_version: str
    answer: type[Answer]


def readers(settings: Analysis, analysts: Iterable[Analyst]) -> Mapping[Analyst, Reader]:
    """The readers of these analysts.

    Raises:
        ConfigurationError: a prompt file is absent or its front matter is wrong.

    """
    return {analyst: _reader(settings, analyst) for analyst in analysts}


def _reader(settings: Analysis, analyst: Analyst) -> Reader:
    prompt = prompts.load(analyst, settings.prompts)
    facets = "\n".join(f"- {name}: {meaning}" for name, meaning in prompt.facets.items())
    return Reader(
        analyst=analyst,
        model=settings.analyst,
        system=f"{prompt.text}\n\nThe facets:\n{facets}\n\n{standing_sentence()}\n",
        prompt_version=prompt.version,
        answer=model_of(prompt.types, tuple(prompt.facets)),
    )
