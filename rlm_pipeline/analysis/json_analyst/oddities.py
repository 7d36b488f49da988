"""Values that are odd where they stand: rare types, repeated identifiers, references to nothing, and the like."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from rlm_pipeline.analysis.json_analyst.formats import DATE, NAMES, TIMESTAMP
from rlm_pipeline.analysis.json_analyst.kinds import INTEGER, KIND_NAMES, Mask, Places
from rlm_pipeline.analysis.json_analyst.stamps import Order
from rlm_pipeline.analysis.json_analyst.telling import Coded, Said, Seen, Share
from rlm_pipeline.analysis.json_analyst.values import Values
from rlm_pipeline.analysis.json_analyst.written import written
from rlm_pipeline.analysis.observation import Severity

_EPOCHS = ((100_000_000, 4_200_000_000), (100_000_000_000, 4_200_000_000_000))  # in seconds, in milliseconds
_LIKE_A_DATE = (
    r"^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}\b|^(?:[A-Z][a-z]{2,8},? )?[0-9]{1,2} [A-Z][a-z]{2}"
    r"|^[A-Z][a-z]{2} [0-9]{1,2}\b"
)
_DATES: Final = frozenset({NAMES.index(DATE), NAMES.index(TIMESTAMP)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One way to be odd, and the values of a piece that are so, by place; `sure` is the confidence of saying so."""

    label: str
    find: Callable[[Seen], Places]
    severity: Severity = "notice"
    sure: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OddTopic:
    """The odd values at a path, by what is odd; one value may be odd in several ways."""

    scope: str
    checks: Sequence[Check]
    kind: str = "anomaly"

    @property
    def labels(self) -> Sequence[str]:
        """What is odd."""
        return tuple(check.label for check in self.checks)

    def read(self, seen: Seen) -> Iterator[Coded]:
        """The odd values."""
        for code, check in enumerate(self.checks):
            places = check.find(seen)
            codes = np.full(len(places), code, np.int64)
            yield Coded(codes=codes, records=seen.values.records[places], quoted=places)

    def say(self, share: Share) -> Said:
        """How many values are odd in which way."""
        present = [code for code, count in enumerate(share.counts) if count]
        found = [self.checks[code] for code in present]
        parts = ", ".join(f"{check.label}: {share.counts[code]:,}" for code, check in zip(present, found, strict=True))
        return Said(
            summary=f"{self.scope}: {parts}",
            cited=present,
            severity="warning" if any(check.severity == "warning" for check in found) else "notice",
            confidence=min(check.sure for check in found),
        )


def rare_type(kind: int) -> Check:
    """Values of a type that hardly any other has."""
    return Check(
        label=f"{KIND_NAMES[kind]}, a type rare here", find=lambda seen: np.flatnonzero(seen.values.kinds == kind)
    )


def other_spelling(key: str) -> Check:
    """Values whose key is elsewhere written otherwise."""
    return Check(
        label=f"key that is mostly written '{key}'",
        find=lambda seen: np.arange(len(seen.values)),
        severity="warning",
        sure=0.8,
    )


def repeated(values: tuple[str, ...]) -> Check:
    """Identifiers that occur more than once."""
    return Check(label="identifier that occurs more than once", find=_among(values), severity="warning")


def lost(values: tuple[str, ...], target: str) -> Check:
    """References to records that are not there."""
    return Check(label=f"reference that is no {target} of the partition", find=_among(values), sure=0.8)


def _among(values: tuple[str, ...]) -> Callable[[Seen], Places]:
    known = pl.Series(values, dtype=pl.String)
    return lambda seen: np.flatnonzero(written(seen.values).is_in(known.implode()).fill_null(value=False).to_numpy())


def out_of_order(direction: int) -> Check:
    """Timestamps that go back where the others go on."""
    order = Order()

    def find(seen: Seen) -> Places:
        places, signs = order.steps(seen)
        return np.asarray(places[signs == -direction])

    word = "earlier" if direction > 0 else "later"
    return Check(label=f"timestamp {word} than the one before", find=find, sure=0.9)


def other_date(usual: int) -> Check:
    """Dates in another format than the usual one, a place among `NAMES`."""

    def find(seen: Seen) -> Places:
        values = seen.values
        odd = epochs(values)
        codes = values.like.formats
        places = np.flatnonzero((codes >= 0) & (codes != usual))
        if len(places):
            like = values.texts.gather(places).str.contains(_LIKE_A_DATE).to_numpy()
            odd[places] = np.isin(codes[places], list(_DATES)) | like
        return np.flatnonzero(odd)

    return Check(label=f"date that is no {NAMES[usual]}", find=find)


def epochs(values: Values) -> Mask:
    """Which values are integers that may be seconds or milliseconds since 1970, from 1973 on."""
    numbers = np.where(values.kinds == INTEGER, values.like.numbers, np.nan)
    return np.asarray(np.any([(numbers >= low) & (numbers <= high) for low, high in _EPOCHS], axis=0))
