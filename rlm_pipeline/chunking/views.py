"""How the records of a source are shown: as they are in it, as its words, or rendered; nothing that is ignored."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import polars as pl

from rlm_pipeline.chunking.forms import form_of
from rlm_pipeline.configuration import ColumnRoles
from rlm_pipeline.model import SourceManifest
from rlm_pipeline.sources.own_columns import OWN_COLUMNS, VERBATIM

TABLES = frozenset({"csv", "tsv"})


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`kind`: the source as it is; the words of one column; or lines `column: value`.

    `shown` are the columns whose cells make up the text, in order; none where the source is shown as it is. `place`
    names a record's place. `told` are the columns whose cells a chunker is given. `line_ends`: those of its
    cells are those of the source.
    """

    kind: Literal["verbatim", "words", "rendered"]
    shown: tuple[str, ...] = ()
    place: pl.Expr | None = None
    told: tuple[str, ...] = ()
    line_ends: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        places = self.place.meta.root_names() if self.place is not None else ()
        return (*self.shown, *self.told, *places)


def view_of(source: SourceManifest, roles: ColumnRoles, informative: Collection[str]) -> View:
    """How a source is shown.

    A source of a verbatim type is shown as it is, unless one of the columns that stand in its text is ignored. Of
    columns that are rendered only `informative` ones are shown.
    """
    form = form_of(source.detected_type)
    present = [name for name in source.header if not roles.is_ignored(name)]
    place = form.place_of(present)
    told = tuple(name for name in form.telling if name in present)
    if source.detected_type in VERBATIM:
        if not any(roles.is_ignored(name) for name in form.holding):
            return View(kind="verbatim", place=place, told=told)
    elif source.detected_type in OWN_COLUMNS and form.words in present:
        return View(kind="words", shown=(form.words,), place=place, told=told)
    shown = form.shown([name for name in present if name in informative], roles.is_ignored)
    return View(kind="rendered", shown=tuple(shown), place=place, line_ends=source.detected_type in TABLES)
