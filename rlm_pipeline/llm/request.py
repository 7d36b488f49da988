"""One question to a model, and what became of it."""

from dataclasses import dataclass
from typing import Literal

import pydantic

from rlm_pipeline import fingerprint
from rlm_pipeline.llm import structured
from rlm_pipeline.llm.usage import Usage

Status = Literal["answered", "quarantined", "unasked"]

Cause = Literal["", "refusal", "cut_off", "invalid", "too_long", "rejected", "budget", "unavailable", "in_batch"]
"""Why there is no answer.

Quarantined: the model refused, was cut off twice, answered in no usable shape twice; the request is too long (split
it); the server rejects it. Unasked, and asked by the next run: the budget is spent, no server answers, a batch has it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one model is asked once.

    `system` is the fixed part that requests of one purpose share, and what a server caches; `prompt` is the rest.
    `answer` is the shape of the reply. `max_tokens` bounds it, thinking included. `label` is what a person calls the
    request, such as the records it shows. `purpose` (`analyst:data`), `dataset` and `partition` say what to charge.
    """

    purpose: str
    dataset: str
    partition: str
    model: str
    system: str
    prompt: str
    answer: type[pydantic.BaseModel]
    max_tokens: int
    prompt_version: str
    label: str

    @property
    def key(self) -> str:
        """32 hex characters of all that decides the answer, and of nothing else."""
        schema = structured.schema_text(self.answer)
        return fingerprint.of_text(
            self.model, self.prompt_version, self.system, schema, self.prompt, str(self.max_tokens)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What became of a request.

    `value` is an instance of `request.answer` where `status` is answered, else None, and `reason` says why in a
    sentence. `text` is what the model wrote last. `usage` and `cost_usd` are of all the calls this answer took, also
    where they were made by an earlier run (`from_ledger`), so that what is stored does not depend on who paid.
    """

    request: Request
    status: Status
    cause: Cause
    value: pydantic.BaseModel | None
    reason: str
    text: str
    usage: Usage
    cost_usd: float
    from_ledger: bool
