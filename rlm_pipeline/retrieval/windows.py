"""Texts longer than a model reads at once, cut into windows between words so that no token is left unseen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_HALVES = 24  # of a text without a fast tokenizer: enough for 16 million windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of the text at `text_index`; `tokens` is how many of its own it has."""

    text_index: int
    text: str
    tokens: int


def windows_of(tokenizer: Any, texts: Sequence[str], longest: int) -> list[Window]:
    """The texts, each in windows of at most `longest` tokens, in order; special tokens do not count.

    A word longer than a window is cut within. With a tokenizer that does not tell where its tokens are, a text is
    halved until its parts fit.
    """
    if not texts:
        return []
    if not getattr(tokenizer, "is_fast", False):
        return [window for index, text in enumerate(texts) for window in _halved(tokenizer, index, text, longest)]
    # verbose: or it warns of every text that is longer than the model reads
    encoded = tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    found: list[Window] = []
    for index, text in enumerate(texts):
        tokens = len(encoded["input_ids"][index])
        if tokens <= longest:
            found.append(Window(text_index=index, text=text, tokens=tokens))
            continue
        words, offsets = encoded.word_ids(index), encoded["offset_mapping"][index]
        begin = 0  # characters between two windows belong to the one before, so the windows' texts are the text
        for start, end in _cuts(words, longest):
            until = offsets[end][0] if end < tokens else len(text)
            found.append(Window(text_index=index, text=text[begin:until], tokens=end - start))
            begin = until
    return found


def _cuts(words: Sequence[int | None], longest: int) -> list[tuple[int, int]]:
    """Ranges of tokens of at most `longest`, ending where a word does if it began in the range."""
    cuts: list[tuple[int, int]] = []
    start = 0
    while start < len(words):
        end = min(start + longest, len(words))
        if end < len(words):
            at_word = next((at for at in range(end, start, -1) if words[at] != words[at - 1]), 0)
            # Cut within, a word's parts have tokens of their own, and may have some more.
            end = at_word or start + max(1, longest * 3 // 4)
        cuts.append((start, end))
        start = end
    return cuts


def _halved(tokenizer: Callable[..., Any], index: int, text: str, longest: int, depth: int = 0) -> list[Window]:
    tokens = len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
    if tokens <= longest or len(text) < 2 or depth == _HALVES:
        return [Window(text_index=index, text=text, tokens=tokens)]
    middle = len(text) // 2
    space = text.rfind(" ", 1, middle)
    middle = space if space > 0 else middle
    return [
        window
        for part in (text[:middle], text[middle:])
        for window in _halved(tokenizer, index, part, longest, depth + 1)
    ]
