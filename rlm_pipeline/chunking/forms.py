"""How records in a reader's own columns are shown: what their place is called, and which columns repeat others."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.sources.own_columns import CODE, CONFIG, LOG, OWN_COLUMNS, PROSE

LONGEST_PLACE = 200
"""Characters of a record's place; of a longer one the end is kept, which tells it from its neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`place` is the column that says where in its source a record is, empty for none.

    `repeating` are columns whose values stand in another one: name -> that other.
    """

    place: str = ""
    repeating: tuple[tuple[str, str], ...] = ()

    def shown(self, columns: Collection[str]) -> list[str]:
        """`columns` without those that repeat another of them."""
        without = {name for name, other in self.repeating if other in columns}
        return [name for name in columns if name not in without]

    def place_of(self, columns: Collection[str]) -> pl.Expr | None:
        """The place of each record as text, on one line; None where the columns have none."""
        if self.place not in columns:
            return None
        line = pl.col(self.place).fill_null("").str.replace_all(r"\s+", " ").str.strip_chars()
        long = line.str.len_chars() > LONGEST_PLACE
        return pl.when(long).then("…" + line.str.tail(LONGEST_PLACE - 1)).otherwise(line)


_FORMS = {
    LOG: Form(repeating=(("timestamp", "prefix"), ("component", "prefix"))),
    CODE: Form(place="scope", repeating=(("name", "scope"),)),
    PROSE: Form(place="heading"),
    CONFIG: Form(place="key"),
}
_PLAIN = Form()


def form_of(detected_types: Collection[str]) -> Form:
    """The form of a records file whose sources are of these types."""
    families = {OWN_COLUMNS.get(each, ()) for each in detected_types}
    return _FORMS.get(families.pop(), _PLAIN) if len(families) == 1 else _PLAIN
