"""Words to cite: of the value itself where a chunk shows its column, else of a cell that tells the record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import polars as pl

from rlm_pipeline.analysis.columns import ANCHORS, SAYS_NOTHING, profile
from rlm_pipeline.analysis.json_analyst.kinds import ARRAY, NULL, OBJECT, STRING
from rlm_pipeline.analysis.json_analyst.paths import Family, Tree
from rlm_pipeline.analysis.json_analyst.telling import Example, Seen
from rlm_pipeline.analysis.observation import QUOTE_LENGTH, Evidence, Observation, quotable
from rlm_pipeline.analysis.routing import Assignment
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.sources.json_files.values import compact


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoting:
    """`shown` are the columns that chunks show, `anchors` the fullest; `guarded`: parts of a cell may be ignored."""

    shown: frozenset[str]
    anchors: tuple[str, ...]
    guarded: bool

    def example(self, seen: Seen, record: int, quoted: int) -> Example:
        """A record of a piece, and the words of the value at that place, if any."""
        place = int(seen.whole.piece.places[record])
        column = int(seen.values.columns[quoted]) if quoted >= 0 else -1
        if column < 0 or (name := seen.whole.names[column]) not in self.shown:
            return Example(place=place)
        quote = self._words(seen, name, quoted)
        return Example(place=place, column=name, quote=quote) if quote else Example(place=place)

    def _words(self, seen: Seen, column: str, quoted: int) -> str:
        values, piece = seen.values, seen.whole.piece
        kind, text, key = int(values.kinds[quoted]), values.texts[quoted], values.node.key
        is_cell = piece.family.columns.get(column) is values.node
        if kind in {OBJECT, ARRAY}:
            if is_cell:
                cell = piece.cells.get_column(column)[int(values.records[quoted])]
                return "" if self.guarded else quotable(cell)
            return f"{compact(key)}:{_brackets(kind, int(values.sizes[quoted]))}" if key else ""
        if is_cell:
            return quotable(text or "")
        inner = "null" if kind == NULL else compact(text) if kind == STRING else str(text)
        return (f"{compact(key)}:{inner}" if key else inner)[:QUOTE_LENGTH].strip()

    def cite(self, window: Window, told: Sequence[tuple[Observation, tuple[Example, ...]]]) -> Iterator[Observation]:
        """The observations with their evidence."""
        found = iter(self.evidence(window, [each for _, examples in told for each in examples]))
        for observation, examples in told:
            evidence = dict.fromkeys(each for each in islice(found, len(examples)) if each is not None)
            yield replace(observation, evidence=tuple(evidence))

    def evidence(self, window: Window, examples: Sequence[Example]) -> list[Evidence | None]:
        """Words of each record, by places within the window; None where nothing of it can be quoted."""
        cells = window.read(self.anchors)
        known: dict[int, Evidence | None] = {}
        found: list[Evidence | None] = []
        for each in examples:
            if each.column is not None and each.quote is not None:
                found.append(Evidence(place=each.place, column=each.column, quote=each.quote))
                continue
            if each.place not in known:
                known[each.place] = _anchor(cells, each.place)
            found.append(known[each.place])
        return found


def _brackets(kind: int, size: int) -> str:
    """What an object or an array begins with; the whole of it where it is empty."""
    opened, closed = ("{", "}") if kind == OBJECT else ("[", "]")
    return opened if size else opened + closed


def _anchor(cells: pl.DataFrame, place: int) -> Evidence | None:
    for column in cells.columns:
        quote = quotable(cells.get_column(column)[place] or "")
        if quote:
            return Evidence(place=place, column=column, quote=quote)
    return None


def quoting(assignment: Assignment, tree: Tree, families: Sequence[Family]) -> Quoting:
    """How the records of a partition are cited.

    Raises:
        NotMaterialised: column_profile has not run.

    """
    own = {name for family in families for name in (*family.columns, *family.rest)}
    informative = profile(assignment.store, assignment.config, assignment.partition).filter(
        ~pl.col("kind").is_in(SAYS_NOTHING) & pl.col("column").is_in(sorted(own))
    )
    fullest = informative.sort("non_null", descending=True, maintain_order=True).get_column("column")
    return Quoting(
        shown=frozenset(informative.get_column("column")),
        anchors=tuple(fullest.head(ANCHORS)),
        guarded=tree.has_ignored,
    )
