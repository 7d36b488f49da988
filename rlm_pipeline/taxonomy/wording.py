"""Sentences filled from numbers, and the check that a sentence holds no other number.

A template names what it shows: `{category}` is set in quotation marks, `{share:%}` is a share in per cent, `{count:n}`
a whole number with separators, `{effect:.2f}` whatever Python's format makes of it.
"""

import re
from collections.abc import Mapping
from typing import Literal

from rlm_pipeline import fingerprint
from rlm_pipeline.taxonomy.document import Citation, KnowledgeItem

Kind = Literal["size", "trend", "association", "dependency", "confusion", "stability", "quality"]

_QUOTED = re.compile(r"“[^”]*”")
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?!\w)(?: %)?")
_WHITE = re.compile(r"\s+")
_LONGEST_NAME = 80


class _Number(float):
    """A number that knows how it is written."""

    def __format__(self, specification: str) -> str:
        value = float(self)
        if specification == "%":
            return f"{100 * value:.1f} %"
        return format(value, ",.0f" if specification == "n" else specification)


def item(
    *,
    namespace: str,
    kind: Kind,
    about: str,
    template: str,
    names: Mapping[str, str],
    numbers: Mapping[str, float],
    confidence: float,
    citations: tuple[Citation, ...] = (),
    words: Mapping[str, str] | None = None,
) -> KnowledgeItem:
    """A knowledge item whose sentence is `template` filled in.

    `about` tells items of one kind and namespace apart. `names` are set in quotation marks; `words`, such as
    partitions, stand as they are.
    """
    return KnowledgeItem(
        id=item_id(namespace, kind, about),
        namespace=namespace,
        statement=sentence(template, names=names, numbers=numbers, words=words),
        numbers=dict(numbers),
        citations=citations,
        confidence=round(min(1.0, max(0.0, confidence)), 4),
        kind=kind,
    )


def item_id(namespace: str, kind: Kind, about: str) -> str:
    """The id of an item: that of its subject, so that it stays when the numbers change."""
    return f"{kind}-{fingerprint.short(namespace, kind, about)}"


def sentence(
    template: str,
    *,
    names: Mapping[str, str],
    numbers: Mapping[str, float] | None = None,
    words: Mapping[str, str] | None = None,
) -> str:
    """The template with its names quoted, its numbers written out and its words as they are."""
    return template.format(
        **{key: quoted(name) for key, name in names.items()},
        **{key: _Number(number) for key, number in (numbers or {}).items()},
        **(words or {}),
    )


def quoted(name: str) -> str:
    """A name in quotation marks, on one line, cut where it is long."""
    plain = _WHITE.sub(" ", name.replace("“", "").replace("”", "")).strip()
    return f"“{plain if len(plain) <= _LONGEST_NAME else plain[: _LONGEST_NAME - 1] + '…'}”"


def unsupported_numbers(text: str, numbers: Mapping[str, float]) -> tuple[str, ...]:
    """Numbers of `text` that are none of `numbers`, rounded as written; quoted names and year keys do not count."""
    written = _NUMBER.findall(_QUOTED.sub(" ", text))
    return tuple(each for each in written if not any(_says(each, number) for number in numbers.values()))


def _says(written: str, number: float) -> bool:
    plain = written.removesuffix(" %").replace(",", "")
    decimals = len(plain.partition(".")[2])
    value = abs(100 * number if written.endswith(" %") else number)
    return abs(float(plain) - value) <= 0.5 * 10.0**-decimals + 1e-9
