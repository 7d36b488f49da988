"""How the sources hang together: what each imports and offers, who is imported by many, circles, what nothing uses."""

from rlm_pipeline.analysis.code_analyst.gathering import Batch
from rlm_pipeline.analysis.code_analyst.hits import Hit
from rlm_pipeline.analysis.code_analyst.imports import MODULE_KINDS, Import, imports_in
from rlm_pipeline.analysis.code_analyst.stretches import Part, Stretch
from rlm_pipeline.analysis.code_analyst.survey import HUB, Survey
from rlm_pipeline.analysis.code_analyst.visibility import DEFINITIONS, head_of, is_public
from rlm_pipeline.analysis.observation import EVERY_COLUMN, QUOTE_LENGTH


class Architecture:
    """Tells about one record after the other, with what is known of the whole partition."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._cycles = {cycle[0]: cycle for cycle in survey.cycles}

    def tell(self, part: Part, stretch: Stretch, batch: Batch) -> None:
        """Add what a record says of the architecture to its batch."""
        text = stretch.text[part.start : part.end]
        if part.kind in MODULE_KINDS:
            for each in imports_in(text, stretch.language):
                self._import(each, part, stretch, batch)
        if part.kind in DEFINITIONS and part.name:
            self._definition(text, part, stretch, batch)

    def _import(self, found: Import, part: Part, stretch: Stretch, batch: Batch) -> None:
        quote = stretch.quoted(part.start + found.start, QUOTE_LENGTH)
        targets = self._survey.sources.meant(found, stretch.language, stretch.source)
        own = batch.sum("dependency", f"{stretch.source} module")
        own.told = f"{stretch.source} imports {{distinct}}: {{values}}"
        everything = batch.sum("dependency", EVERY_COLUMN)
        everything.told = "{total} imports of {distinct}: {counts}"
        for target in targets or (found.target,):
            own.add(target, part.place, quote)
            everything.add(target, part.place, quote)
        for target in targets:
            self._inside(target, found, part, stretch, batch)

    def _inside(self, target: str, found: Import, part: Part, stretch: Stretch, batch: Batch) -> None:
        """An import of another source of the partition."""
        quote = stretch.quoted(part.start + found.start, QUOTE_LENGTH)
        importers = self._survey.imported_by.get(target, ())
        if len(importers) >= HUB:
            hub = batch.sum("dependency", f"{target} imported")
            hub.told = f"{target} is imported by {len(importers):,} sources of the partition; here by {{values}}"
            hub.add(stretch.source, part.place, quote)
        self._circle(target, part, found, stretch, batch)

    def _circle(self, target: str, part: Part, found: Import, stretch: Stretch, batch: Batch) -> None:
        cycle = self._cycles.get(stretch.source)
        if cycle is None or cycle[1] != target:
            return
        del self._cycles[stretch.source]
        way = " -> ".join(cycle)
        start = part.start + found.start
        hit = Hit(
            start=start + len(stretch.text[start:]) - len(stretch.text[start:].lstrip()),
            end=part.start + found.end,
            kind="antipattern",
            rule="import-cycle",
            message=f"sources import each other in a circle: {way}",
            severity="notice",
            confidence=0.9,
        )
        batch.add(hit, part, stretch)

    def _definition(self, text: str, part: Part, stretch: Stretch, batch: Batch) -> None:
        head = head_of(part.name, text)
        if is_public(stretch.language, part.name, head) and head.strip():
            quote = head.strip()[:QUOTE_LENGTH].strip()
            for scope in (f"{stretch.source} module", EVERY_COLUMN):
                surface = batch.sum("api_surface", scope)
                whose = stretch.source if scope != EVERY_COLUMN else "The batch"
                surface.told = f"{whose} offers {{total}} for others to use, {{counts}}: {{names}}"
                surface.add(part.kind, part.place, quote, name=part.name)
        name = part.name.rpartition(".")[2]
        if (stretch.language, name) in self._survey.unused and name in head:
            position = text.find(head.strip())
            hit = Hit(
                start=part.start + max(0, position),
                end=part.start + max(0, position) + len(head.strip()),
                kind="dead_code",
                rule="never-named",
                message=f"nothing else in the partition names {part.name}, which is for its own source or package",
                severity="info",
                confidence=0.6,
            )
            batch.add(hit, part, stretch)
