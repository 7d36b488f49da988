"""How many tokens a text has, without asking a server: an estimate, and a bound that no text exceeds."""

CHARACTERS_PER_TOKEN = 2.5
"""What Claude's documentation gives for its current tokenizer: 2.5 million characters are a million tokens."""


def estimate(*texts: str) -> int:
    """About how many tokens the texts have; English has fewer, Chinese up to twice as many."""
    return round(sum(map(len, texts)) / CHARACTERS_PER_TOKEN)


def most(*texts: str) -> int:
    """A number of tokens that the texts cannot exceed: a token is at least one byte of UTF-8."""
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
