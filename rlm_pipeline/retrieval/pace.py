"""How fast a long stage goes and how long it will take, for people to read; nothing stored depends on it."""

import dataclasses
import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many of `total` chunks, and how many characters, are done since `started` (seconds, monotonic)."""

    total: int
    done: int = 0
    characters: int = 0
    started: float = field(default_factory=time.monotonic)
    now: float = field(default_factory=time.monotonic)

    def after(self, chunks: int, characters: int) -> "Pace":
        """The pace after that many more."""
        done, characters = self.done + chunks, self.characters + characters
        return dataclasses.replace(self, done=done, characters=characters, now=time.monotonic())

    @property
    def per_second(self) -> float:
        """Chunks per second since the start; 0 before the first."""
        return self.done / max(self.now - self.started, 1e-9) if self.done else 0.0

    @property
    def seconds_left(self) -> float:
        """At the pace so far."""
        return (self.total - self.done) / self.per_second if self.done else 0.0

    def __str__(self) -> str:
        megabytes = self.characters / max(self.now - self.started, 1e-9) / 1e6
        left = f", {duration(self.seconds_left)} left" if self.done < self.total else ""
        rates = f"{self.per_second:,.{0 if self.per_second >= 10 else 1}f} chunks/s, {megabytes:.2f} MB/s"
        return f"{self.done:,} of {self.total:,} chunks embedded{left}, {rates}"


def duration(seconds: float) -> str:
    """Seconds in words a person takes in at once: `45 s`, `4 min 20 s`, `3 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
