"""A reading as text: what is carried along, the question, and the records, fenced and numbered."""

from collections.abc import Sequence

from rlm_pipeline.analysis.fencing import fence
from rlm_pipeline.analysis.observation import Analyst
from rlm_pipeline.analysis.reading.unit import Unit

LONGEST_CONTEXT = 4000
"""Characters of what is carried along."""

_NAMES: dict[Analyst, str] = {"data": "Record", "json": "Element", "code": "Definition", "text": "Passage"}
_LONGEST_NOTE = 300


def prompt(units: Sequence[Unit], context: str, question: str) -> str:
    """What the model is asked: everything that varies from reading to reading; the rest is the analyst's prompt."""
    parts = [f"The question to keep in mind: {question}"] if question else []
    if context:
        parts.append(f"What all of them are made of:\n{fence(context[:LONGEST_CONTEXT])}")
    parts += [of_unit(number, unit) for number, unit in enumerate(units, start=1)]
    return "\n\n".join(parts)


def of_unit(number: int, unit: Unit) -> str:
    """One record with its number, its place where that says something, and what code took note of in it."""
    heading = f"{_NAMES[unit.analyst]} {number}"
    if unit.parts > 1:
        heading += f" (part {unit.part} of {unit.parts})"
    lines = [heading]
    if unit.analyst in {"code", "text"}:
        lines.append(f"from {fence(f'{unit.source} {unit.named}'.strip())}")
    lines.append(fence(unit.text))
    lines += [
        f"note {place}, {note.kind}, {note.severity}: {fence(f'{note.summary} | {note.quote}'[:_LONGEST_NOTE])}"
        for place, note in enumerate(unit.notes, start=1)
    ]
    return "\n".join(lines)
