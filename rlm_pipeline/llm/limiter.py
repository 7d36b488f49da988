"""When the next call may be sent: what the server's headers allow, and a pause that all calls share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60.0

_KINDS = ("requests", "input-tokens", "output-tokens")


@dataclass(slots=True)
class _Bucket:
    """One limit of the server's: `remaining` of `limit` at the time `seen`, full again `refill` seconds later."""

    limit: float
    remaining: float
    seen: float
    refill: float

    def seconds_until(self, need: float, now: float) -> float:
        """How long until `need` is there, or the bucket is full; a server refills it at an even rate."""
        missing = min(need, self.limit) - self.remaining
        if missing <= 0:
            return 0.0
        to_refill = self.limit - self.remaining
        return max(self.seen + self.refill * missing / to_refill - now, 0.0)


@dataclass(slots=True)
class Limiter:
    """Shared by all calls of a run: `wait` before each, `heard` after each response, `pause` when told to slow down."""

    now: Callable[[], float]
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _closed_until: float = 0.0
    _pauses: int = 0

    def delay(self, input_tokens: int) -> float:
        """Seconds until a call with so many tokens that no cache holds may be sent."""
        now = self.now()
        needs = {"requests": 1, "input-tokens": input_tokens, "output-tokens": 1}
        waits = [bucket.seconds_until(needs[kind], now) for kind, bucket in self._buckets.items()]
        return max(self._closed_until - now, *waits, 0.0)

    def sent(self, input_tokens: int) -> None:
        """Count a call against what was left, until a response says what is left."""
        for kind, need in (("requests", 1), ("input-tokens", input_tokens)):
            if bucket := self._buckets.get(kind):
                bucket.remaining = max(bucket.remaining - need, 0)

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take over what a response says is left."""
        for kind in _KINDS:
            prefix = f"anthropic-ratelimit-{kind}"
            try:
                limit, remaining = (float(headers[f"{prefix}-{name}"]) for name in ("limit", "remaining"))
                refill = _seconds_from(headers, f"{prefix}-reset")
            except (KeyError, ValueError):
                continue
            self._buckets[kind] = _Bucket(limit, remaining, self.now(), refill)

    def pause(self, asked: float | None) -> None:
        """Hold back all calls: for what the server asks, else twice as long as the last time."""
        now = self.now()
        if asked is None and self._closed_until > now:
            return  # calls that were under way when the pause began do not prolong it
        seconds = backoff(self._pauses) if asked is None else asked
        self._pauses += 1
        self._closed_until = max(self._closed_until, now + seconds)

    def answered(self) -> None:
        """The server answers again: the next pause is a short one."""
        self._pauses = 0


def backoff(times: int) -> float:
    """Seconds to wait after so many failures before: twice as long each time."""
    return float(min(FIRST_PAUSE_SECONDS * 2 ** min(times, 10), LONGEST_PAUSE_SECONDS))


def _seconds_from(headers: Mapping[str, str], name: str) -> float:
    """How long after it was sent the response says `name` is, both by the server's clock."""
    sent = parsedate_to_datetime(headers["date"])
    return max((datetime.fromisoformat(headers[name]) - sent).total_seconds(), 0.0)
