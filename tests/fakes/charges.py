"""What the test server charges, from its own copy of the prices; tokens are about four characters each."""

import json
from decimal import Decimal

# US dollars per million tokens: input, output, cache read, 5 minute write, 1 hour write.
PRICES = {
    "claude-haiku-5-5": ("0.10", "0.50", "0.01", "0.125", "0.20"),
    "claude-haiku-5-5 above 100000": ("0.50", "2.50", "0.05", "0.625", "1.00"),
    "claude-haiku-4-5": ("1", "5", "0.10", "1.25", "2"),
    "claude-sonnet-5-5": ("2", "10", "0.10", "2.50", "4"),
    "claude-opus-5-5": ("4", "20", "0.20", "5", "8"),
}
MIN_CACHEABLE = {"claude-haiku-4-5": 4096}


def tokens_of(value):
    """About four characters each."""
    return max(1, len(value if isinstance(value, str) else json.dumps(value)) // 4)


def cost_of(model, usage):
    """US dollars of one call, not of a batch."""
    prompt = usage["input_tokens"] + usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"]
    above = f"{model} above 100000"
    rates = PRICES[above] if prompt > 100_000 and above in PRICES else PRICES[model]
    counted = (
        usage["input_tokens"], usage["output_tokens"], usage["cache_read_input_tokens"],
        usage["cache_creation"]["ephemeral_5m_input_tokens"], usage["cache_creation"]["ephemeral_1h_input_tokens"],
    )  # fmt: skip
    return sum(Decimal(rate) * count for rate, count in zip(rates, counted, strict=True)) / 1_000_000
