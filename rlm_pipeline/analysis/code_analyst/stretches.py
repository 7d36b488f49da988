"""The sources of a partition as their records tell them: a source's records, joined, are its text."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from rlm_pipeline.analysis.routing import Assignment
from rlm_pipeline.model import LINE, SOURCE

MOST_JOINED = 1 << 20
"""Characters that are looked at together; a longer source is cut between records."""

_COLUMNS = (SOURCE, LINE, "language", "kind", "scope", "name", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A record: its place in the partition, the line it starts on, what it is, and where its text is in the stretch."""

    place: int
    line: int
    kind: str
    scope: str
    name: str
    start: int
    end: int


@dataclass(slots=True, kw_only=True)
class Stretch:
    """Consecutive records of one source and their text."""

    source: str
    language: str
    parts: list[Part] = field(default_factory=list)
    text: str = ""

    def part_at(self, position: int) -> Part:
        """The record that a character of the text is in."""
        found = bisect_right(self.parts, position, key=lambda each: each.start) - 1
        return self.parts[max(0, found)]

    def line_at(self, position: int) -> int:
        """The line of the source that a character of the text is on."""
        part = self.part_at(position)
        return part.line + self.text.count("\n", part.start, position)

    def quoted(self, position: int, most: int) -> str:
        """The line of a character, as far as it is in the same record, without the space around it."""
        part = self.part_at(position)
        start = self.text.rfind("\n", part.start, position) + 1 or part.start
        end = self.text.find("\n", position, part.end)
        line = self.text[start : end if end >= 0 else part.end].strip()
        if len(line) <= most:
            return line
        return self.text[position : min(position + most, end if end >= 0 else part.end)].strip()


def stretches(assignment: Assignment) -> Iterator[Stretch]:
    """The sources of an assignment, in the order of its records, a stretch in memory at a time.

    Raises:
        NotMaterialised: raw_file has not run.

    """
    held: list[tuple[Part, str]] = []
    size = 0
    of = ("", "")
    for window in assignment.windows:
        records = window.read(_COLUMNS)
        for place, (source, line, language, kind, scope, name, cell) in enumerate(records.iter_rows(), window.start):
            if source not in assignment.names:
                continue
            text = cell or ""
            if held and ((source, language) != of or size + len(text) > MOST_JOINED):
                yield _joined(of, held)
                held, size = [], 0
            of = (source, language or "")
            part = Part(
                place=place,
                line=line,
                kind=kind or "",
                scope=scope or "module",
                name=name or "",
                start=size,
                end=size + len(text),
            )
            held.append((part, text))
            size += len(text)
    if held:
        yield _joined(of, held)


def _joined(of: tuple[str, str], held: list[tuple[Part, str]]) -> Stretch:
    source, language = of
    return Stretch(
        source=source,
        language=language,
        parts=[part for part, _ in held],
        text="".join(text for _, text in held),
    )
