"""What calls cost: list prices from `prices.yaml`, in whole picodollars so that sums are exact."""

import functools
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any

import yaml

from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm.usage import Usage

PICO_PER_USD = 10**12
"""A token of the cheapest kind, in a batch, costs 5,000 picodollars."""

_TOKENS = ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Picodollars per token, by kind of token."""

    input: int
    cache_write_5m: int
    cache_write_1h: int
    cache_read: int
    output: int

    def cost(self, usage: Usage) -> int:
        """Picodollars."""
        return sum(getattr(self, kind) * getattr(usage, kind) for kind in _TOKENS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a model costs, and what else its request depends on.

    `rates_above` holds for the whole of a request whose prompt has more than `above` tokens. `cacheable_from` is the
    shortest prefix that is cached, in tokens.
    """

    rates: Rates
    above: int | None
    rates_above: Rates
    batch_share: Decimal
    cacheable_from: int
    effort: bool
    thinking: str

    def cost(self, usage: Usage, *, batch: bool = False) -> int:
        """Picodollars that one call costs."""
        over = self.above is not None and usage.prompt > self.above
        whole = (self.rates_above if over else self.rates).cost(usage)
        return int(whole * self.batch_share) if batch else whole


_FREE = Rates(input=0, cache_write_5m=0, cache_write_1h=0, cache_read=0, output=0)

LOCAL = Price(
    rates=_FREE,
    above=None,
    rates_above=_FREE,
    batch_share=Decimal(1),
    cacheable_from=0,
    effort=False,
    thinking="",
)
"""A model on a server of one's own costs nothing that a ledger could count."""


@functools.cache
def price_of(model: str) -> Price:
    """The list price of a Claude model.

    Raises:
        ModelError: no price is known, so no budget could be kept.

    """
    listed = _listed()
    entry = listed["models"].get(model)
    if entry is None:
        raise ModelError(
            f"no price is known for the model {model!r}, so no budget can be kept; choose one of "
            f"{', '.join(listed['models'])}, or add it to rlm_pipeline/llm/prices.yaml (prices of {listed['as_of']})"
        )
    above = entry.get("above")
    return Price(
        rates=_rates(entry),
        above=above and above["prompt_tokens"],
        rates_above=_rates(above or entry),
        batch_share=Decimal(str(listed["batch_share"])),
        cacheable_from=entry["cacheable_from"],
        effort=entry.get("effort", False),
        thinking=entry.get("thinking", ""),
    )


def as_of() -> str:
    """The day the list prices are of."""
    return str(_listed()["as_of"])


def usd(pico: int) -> float:
    """US dollars, the nearest float."""
    return pico / PICO_PER_USD


def pico(dollars: float) -> int:
    """Picodollars of an amount a person wrote."""
    return int(Decimal(str(dollars)) * PICO_PER_USD)


@functools.cache
def _listed() -> Any:
    file = resources.files("rlm_pipeline.llm") / "prices.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _rates(entry: dict[str, Any]) -> Rates:
    per_token = {kind: int(Decimal(str(entry[kind])) * PICO_PER_USD / 1_000_000) for kind in _TOKENS}
    return Rates(**per_token)
