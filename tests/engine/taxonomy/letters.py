"""Letters about six matters, composed from fragments, and words that stand together at random."""

import random

MATTERS = {
    "coffee": (
        (
            "the espresso machine",
            "my coffee grinder",
            "the milk frother",
            "the new kettle",
            "our coffee pot",
            "the bean roaster",
        ),
        (
            "makes bitter coffee",
            "leaks hot water",
            "burns the beans",
            "foams no milk",
            "brews far too slowly",
            "tastes of metal",
        ),
    ),
    "bicycle": (
        (
            "the rear wheel",
            "my bicycle chain",
            "the front brake",
            "the bike saddle",
            "one of the pedals",
            "the gear shifter",
        ),
        (
            "squeaks on every ride",
            "came off while cycling",
            "lost three spokes",
            "has a flat tyre",
            "slips uphill",
            "needs new grease",
        ),
    ),
    "garden": (
        ("the rose bush", "our tomato plants", "the apple tree", "the lawn", "the hedge", "my vegetable bed"),
        (
            "has brown leaves",
            "is full of weeds",
            "was eaten by snails",
            "needs pruning",
            "dried out in summer",
            "grows no flowers",
        ),
    ),
    "train": (
        (
            "the morning train",
            "my connection",
            "the express to the coast",
            "the night train",
            "the platform display",
            "the conductor",
        ),
        (
            "left an hour late",
            "was cancelled without notice",
            "skipped our station",
            "had no free seats",
            "missed the ferry",
            "stopped on the track",
        ),
    ),
    "dentist": (
        ("my wisdom tooth", "the filling", "the dental crown", "the gum", "the root canal", "my upper molar"),
        (
            "hurts when I chew",
            "fell out at lunch",
            "bleeds after brushing",
            "broke on a nut",
            "is swollen",
            "reacts to cold drinks",
        ),
    ),
    "guitar": (
        (
            "the lowest guitar string",
            "my violin bow",
            "the piano lid",
            "the drum skin",
            "the old cello",
            "the trumpet valve",
        ),
        (
            "is out of tune",
            "sounds dull in concert",
            "snapped during rehearsal",
            "rattles at low notes",
            "buzzes loudly",
            "has a crack",
        ),
    ),
}
GREETINGS = ("Dear friends,", "Hello there,", "Good evening all,")
CLOSINGS = ("With kind regards.", "Sent from my tablet.", "Thank you for your time.")


def letter(chance: random.Random, matter: str) -> str:
    """One or two clauses about a matter, often between a greeting and a closing."""
    subjects, complaints = MATTERS[matter]
    clauses = [f"{chance.choice(subjects)} {chance.choice(complaints)}" for _ in range(chance.randint(1, 2))]
    parts = [chance.choice(GREETINGS)] if chance.random() < 0.4 else []
    parts.append(f"{' and '.join(clauses)}.")
    if chance.random() < 0.4:
        parts.append(chance.choice(CLOSINGS))
    return "\n".join(parts)


def letters(number: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """That many letters, and what each is about."""
    chance = random.Random(seed)
    matters = [chance.choice(list(MATTERS)) for _ in range(number)]
    return [letter(chance, matter) for matter in matters], matters


def babble(number: int, seed: int = 0) -> list[str]:
    """Texts as long as letters, of the same words in random order over all texts."""
    chance = random.Random(seed)
    texts, _ = letters(number, seed)
    words = [word for text in texts for word in text.split()]
    chance.shuffle(words)
    lengths = [len(text.split()) for text in texts]
    return [" ".join(words[sum(lengths[:place]) :][:length]) for place, length in enumerate(lengths)]
