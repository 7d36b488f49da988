"""Accounts of accidents: where, who, at what, and which part of a body was hurt.

The parts are the planted slot: how one is hurt depends on it. Where and who depend on nothing.
"""

import random

PARTS = {
    "hand": ("finger", "thumb", "palm", "wrist"),
    "foot": ("toe", "heel", "ankle", "shin"),
    "head": ("ear", "nose", "cheek", "forehead"),
    "back": ("spine", "shoulder", "hip", "ribs"),
}
_HINTS = {
    "hand": ("with a knife", "between two rollers", "while tightening a bolt", "on a sharp edge"),
    "foot": ("when stepping off a ladder", "under a dropped crate", "while walking on gravel", "on uneven stairs"),
    "head": ("under a low beam", "when a spark flew up", "without wearing a helmet", "as the hatch swung open"),
    "back": ("while lifting a sack", "when pulling a heavy cable", "after hours of bending", "while carrying pipes"),
}
_WHERE = ("at the workshop", "at the quarry", "at the kiln", "at the ramp", "at the mill", "at the depot")
_WHO = ("the welder", "a visitor", "the driver", "our apprentice", "a painter", "the foreman", "one mechanic")
_HURT = ("hurt", "bruised", "injured", "sprained", "cut", "struck")


def accidents(number: int, seed: int, *, named: float = 0.95) -> tuple[list[str], list[str]]:
    """Accounts and the part that each names, `named` of them by a word."""
    chance = random.Random(seed)
    texts: list[str] = []
    parts: list[str] = []
    for _ in range(number):
        part = chance.choice(list(PARTS))
        hint = chance.choice(_HINTS[part if chance.random() < 0.7 else chance.choice(list(PARTS))])
        where = f" the {chance.choice(PARTS[part])}" if chance.random() < named else ""
        texts.append(f"{chance.choice(_WHERE)} {chance.choice(_WHO)} {chance.choice(_HURT)}{where} {hint}")
        parts.append(part)
    return texts, parts


def shuffled(texts: list[str], seed: int) -> list[str]:
    """The same words, dealt out anew over texts of the same lengths."""
    chance = random.Random(seed)
    words = [word for text in texts for word in text.split()]
    chance.shuffle(words)
    dealt = iter(words)
    return [" ".join(next(dealt) for _ in text.split()) for text in texts]
