"""The reviewer asked: requests made from categories, answered in their order, or the reason why they are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pydantic

from rlm_pipeline.analysis.fencing import standing_sentence
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm import asking, prompts
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.llm.prompts import Prompt
from rlm_pipeline.llm.request import Reply, Request

PURPOSE = "taxonomy"
EVERY_PARTITION = "*"
"""As the partition of what is asked about all of them together."""
SIBLINGS, UPPER_LEVEL, STATEMENTS = "taxonomy_review", "taxonomy_upper_level", "taxonomy_labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """The models of a configuration, and the ledger that all is asked through; `transport` is for tests."""

    config: DatasetConfig
    ledger: Ledger
    transport: Any = None

    @property
    def question(self) -> str:
        """What the reader wants to know."""
        return self.config.analysis.question

    def prompt(self, name: str) -> Prompt:
        """The instructions for one kind of request.

        Raises:
            ConfigurationError: the file is absent or wrong.

        """
        return prompts.load(name, self.config.analysis.prompts)

    def model_of(self, prompt: Prompt) -> str:
        """The model that a prompt is for."""
        settings = self.config.analysis
        return settings.synthesizer if prompt.model == "synthesizer" else settings.analyst

    def request(
        self,
        prompt: Prompt,
        told: str,
        answer: type[pydantic.BaseModel],
        *,
        room: int,
        label: str,
        partition: str = EVERY_PARTITION,
        beside: str = "",
    ) -> Request:
        """A request under a prompt; `beside` is what all requests of a kind are told besides."""
        return Request(
            purpose=f"{PURPOSE}:{prompt.name}",
            dataset=self.config.name,
            partition=partition,
            model=self.model_of(prompt),
            system="\n\n".join(part for part in (prompt.text, standing_sentence(), beside) if part) + "\n",
            prompt=told,
            answer=answer,
            max_tokens=room,
            prompt_version=prompt.version,
            label=label,
        )

    def ask(self, requests: Sequence[Request]) -> "Replies":
        """Ask them all, at once rather than in batches: what follows waits for the answers."""
        settings = self.config.analysis.model_copy(update={"batches": False})
        replies: dict[str, Reply] = {}
        try:
            for reply in asking.ask_all(requests, settings=settings, ledger=self.ledger, transport=self.transport):
                replies[reply.request.key] = reply
        except ModelError as error:
            return Replies(replies=(), unasked=str(error))
        ordered = tuple(replies[request.key] for request in requests)
        unasked = next((reply.reason for reply in ordered if reply.status == "unasked"), "")
        return Replies(replies=ordered, unasked=unasked)


def reviewer_of(config: DatasetConfig, ledger: Ledger | None, transport: Any = None) -> Reviewer | None:
    """The reviewer of a configuration with a model; None without one."""
    if ledger is None or config.analysis.mode == "statistical":
        return None
    return Reviewer(config=config, ledger=ledger, transport=transport)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """Replies in the order of their requests; `unasked` says why some were not even asked, if so."""

    replies: tuple[Reply, ...]
    unasked: str
