"""The tokens that a call was charged for, by the price they have."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens: input that no cache held, written to a cache for 5 minutes or an hour, read from one, and output."""

    input: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    output: int = 0

    @property
    def prompt(self) -> int:
        """All tokens of the prompt, wherever they came from."""
        return self.input + self.cache_write_5m + self.cache_write_1h + self.cache_read

    @classmethod
    def of_message(cls, usage: Any) -> Self:
        """What an `anthropic.types.Usage` says; a local server leaves out what it has no notion of."""
        by_lifetime = usage.cache_creation
        hour = (by_lifetime.ephemeral_1h_input_tokens or 0) if by_lifetime else 0
        return cls(
            input=usage.input_tokens or 0,
            cache_write_5m=max((usage.cache_creation_input_tokens or 0) - hour, 0),
            cache_write_1h=hour,
            cache_read=usage.cache_read_input_tokens or 0,
            output=usage.output_tokens or 0,
        )

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.cache_write_5m + other.cache_write_5m,
            self.cache_write_1h + other.cache_write_1h,
            self.cache_read + other.cache_read,
            self.output + other.output,
        )
