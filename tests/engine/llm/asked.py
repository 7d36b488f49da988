"""Requests, settings and a clock of their own for the tests of model calls."""

import asyncio
from typing import Literal

import pydantic

from rlm_pipeline.configuration import Analysis
from rlm_pipeline.llm.asking import ask_all
from rlm_pipeline.llm.pace import Pace
from rlm_pipeline.llm.request import Request

HAIKU = "claude-haiku-5-5"


class Finding(pydantic.BaseModel):
    """What the tests ask for."""

    summary: str = pydantic.Field(max_length=200)
    severity: Literal["low", "high"]


def request(number=0, **changes):
    fields = {
        "purpose": "analyst:data", "dataset": "desk", "partition": "FY2012", "model": HAIKU,
        "system": "You read records and report what you find.", "prompt": f"Record {number}: the printer is on fire.",
        "answer": Finding, "max_tokens": 400, "prompt_version": "1-abcdef01", "label": f"desk.csv:{number}",
    }  # fmt: skip
    return Request(**{**fields, **changes})


def settings(**changes):
    return Analysis(**{"mode": "model", "budget_usd": 5, "concurrency": 8, **changes})


class Time:
    """Time that passes only by waiting; `slept` is how long each wait was."""

    def __init__(self, start=1_780_000_000.0):
        self.at, self.slept = start, []

    def now(self):
        return self.at

    async def wait(self, seconds):
        self.slept.append(seconds)
        until = self.at + seconds
        await asyncio.sleep(0)
        self.at = max(self.at, until)

    def pace(self):
        return Pace(now=self.now, wait=self.wait)


def ask(requests, api, ledger, *, time=None, **changes):
    """All replies, in the order of the requests."""
    keys = ("check", "patience_seconds")
    options = {name: changes.pop(name) for name in keys if name in changes}
    requests = list(requests)
    replies = list(
        ask_all(
            requests,
            settings=settings(**changes),
            ledger=ledger,
            transport=api.transport(),
            pace=(time or Time()).pace(),
            **options,
        )
    )
    places = {id(each): place for place, each in enumerate(requests)}
    return sorted(replies, key=lambda reply: places[id(reply.request)])
