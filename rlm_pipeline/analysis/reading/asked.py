"""A reading as text: what is carried along, the question, and the records, fenced and numbered."""

from rlm_pipeline.analysis.fencing import fence
from rlm_pipeline.analysis.reading.packing import Reading
from rlm_pipeline.analysis.reading.unit import Unit

LONGEST_CONTEXT = 4000
"""Characters of what is carried along."""

_NAMES = {"data": "Record", "json": "Element", "code": "Definition", "text": "Passage"}


def prompt(reading: Reading, question: str) -> str:
    """What the model is asked: everything that varies from reading to reading; the rest is the analyst's prompt."""
    parts = [f"The question to keep in mind: {question}"] if question else []
    if reading.context:
        parts.append(f"What all of them are made of:\n{fence(reading.context[:LONGEST_CONTEXT])}")
    parts += [_unit(reading, number, unit) for number, unit in enumerate(reading.units, start=1)]
    return "\n\n".join(parts)


def _unit(reading: Reading, number: int, unit: Unit) -> str:
    lines = [f"{_NAMES[reading.analyst]} {number}"]
    if unit.parts > 1:
        lines[0] += f" (part {unit.part} of {unit.parts})"
    if unit.named:
        lines.append(f"at {fence(unit.named)}")
    lines.append(fence(unit.text))
    lines += [
        f"note {place}, {note.kind}, {note.severity}: {fence(f'{note.summary} | {note.quote}')}"
        for place, note in enumerate(unit.notes, start=1)
    ]
    return "\n".join(lines)
