"""Prices: exact, of every model, and by the server's own count."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.errors import ModelError
from rlm_pipeline.llm import prices, tokens
from rlm_pipeline.llm.prices import pico, price_of, usd
from rlm_pipeline.llm.usage import Usage
from tests.fakes.messages_api import PRICES, cost_of

COUNTS = st.integers(0, 300_000)


@given(st.sampled_from([name for name in PRICES if " " not in name]), st.tuples(*[COUNTS] * 5))
def test_a_call_costs_what_the_server_charges(model, counts):
    usage = Usage(*counts)
    fresh, five_minutes, hour, read, output = counts
    counted = {
        "input_tokens": fresh, "output_tokens": output, "cache_read_input_tokens": read,
        "cache_creation_input_tokens": five_minutes + hour,
        "cache_creation": {"ephemeral_5m_input_tokens": five_minutes, "ephemeral_1h_input_tokens": hour},
    }  # fmt: skip

    assert Decimal(price_of(model).cost(usage)) / 10**12 == cost_of(model, counted)
    assert Decimal(price_of(model).cost(usage, batch=True)) / 10**12 == cost_of(model, counted) / 2


def test_a_prompt_above_the_cliff_costs_more_as_a_whole():
    price = price_of("claude-haiku-5-5")

    assert usd(price.cost(Usage(input=100_000))) == 0.01
    assert usd(price.cost(Usage(input=100_001))) == pytest.approx(0.0500005)
    assert usd(price.cost(Usage(input=1, cache_read=100_000, output=1000))) == pytest.approx(0.0075005)


def test_prices_have_a_day():
    assert prices.as_of() == "2026-11-22"


def test_a_model_without_a_price_is_refused_with_what_to_do():
    with pytest.raises(ModelError, match=r"claude-haiku-5-5.*prices\.yaml \(prices of 2026-11-22\)"):
        price_of("claude-next")


def test_a_budget_is_the_amount_that_was_written():
    assert pico(0.1) == 100_000_000_000
    assert pico(19.99) == 19_990_000_000_000


@given(st.text())
def test_no_text_has_more_tokens_than_the_bound(text):
    assert tokens.most(text) >= len(text.encode("utf-8", "surrogatepass"))
    assert tokens.most(text, text) == 2 * tokens.most(text)
