"""The synthesiser asked: names, explanations and a summary, kept as far as the facts bear them out."""

import logging
from typing import Any

from rlm_pipeline.analysis.fencing import standing_sentence
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm import asking, prompts
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.llm.request import Request
from rlm_pipeline.synthesis import facts as all_facts
from rlm_pipeline.synthesis import narrative
from rlm_pipeline.synthesis.answer import Narrative
from rlm_pipeline.synthesis.document import MergedFindings

PROMPT = "synthesizer"
PURPOSE = "synthesis"
EVERY_PARTITION = "*"
"""As the partition of what is asked about all of them together."""

_log = logging.getLogger(__name__)


def request(merged: MergedFindings, config: DatasetConfig, partition: str) -> Request:
    """What the synthesiser is asked about merged findings.

    Raises:
        ConfigurationError: the prompt file is absent or wrong.

    """
    settings = config.analysis
    prompt = prompts.load(PROMPT, settings.prompts)
    return Request(
        purpose=PURPOSE,
        dataset=config.name,
        partition=partition,
        model=settings.synthesizer,
        system=f"{prompt.text}\n\n{standing_sentence()}\n",
        prompt=narrative.prompt(all_facts.facts(merged), settings.question),
        answer=Narrative,
        max_tokens=settings.answer_tokens * 2,
        prompt_version=prompt.version,
        label=f"findings of {partition}",
    )


def narrate(
    merged: MergedFindings, config: DatasetConfig, partition: str, *, ledger: Ledger, transport: Any = None
) -> Narrative | None:
    """What the synthesiser says, checked sentence by sentence; None without a model, records, or an answer.

    That the budget is spent, or that the answer had to be set aside, is logged and leaves the findings as they are.

    Raises:
        ModelError: the server cannot be used, or does not answer.

    """
    if config.analysis.mode == "statistical" or not merged.records:
        return None
    # A single answer that the rest waits for: at once, whatever readings do.
    settings = config.analysis.model_copy(update={"batches": False})
    asked = request(merged, config, partition)
    (reply,) = asking.ask_all([asked], settings=settings, ledger=ledger, transport=transport)
    if isinstance(reply.value, Narrative):
        return narrative.checked(reply.value, all_facts.facts(merged), merged)
    if reply.cause == "unavailable":
        raise ModelError(f"{partition}: {reply.reason}")
    _log.warning("%s: no account of the findings: %s", partition, reply.reason)
    return None
