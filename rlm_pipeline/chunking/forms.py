"""How records in a reader's own columns are shown: what their place is called, and which columns repeat others."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.sources.own_columns import CODE, CONFIG, LOG, OWN_COLUMNS, PROSE

LONGEST_PLACE = 200
"""Characters of a record's place; of a longer one the end is kept, which tells it from its neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`place` is the column that says where in its source a record is, empty for none.

    `repeating` are columns whose values stand in another one: name -> that other; `revealing` those whose words do,
    though not all. `telling` is what a chunker is told
    about a record besides its text, and `holding` are the columns whose values its verbatim text holds. `words` is the
    column that is shown alone, without its name, where the source itself is not shown.
    """

    place: str = ""
    repeating: tuple[tuple[str, str], ...] = ()
    revealing: tuple[tuple[str, str], ...] = ()
    telling: tuple[str, ...] = ()
    holding: tuple[str, ...] = ()
    words: str = ""

    def shown(self, columns: Collection[str], is_ignored: Callable[[str], bool] = lambda _: False) -> list[str]:
        """`columns` without those that repeat another of them, and those in which an ignored one stands."""
        hidden = {other for name, other in (*self.repeating, *self.revealing) if is_ignored(name)}
        left = [name for name in columns if name not in hidden]
        without = {name for name, other in self.repeating if other in left}
        return [name for name in left if name not in without]

    def place_of(self, columns: Collection[str]) -> pl.Expr | None:
        """The place of each record as text, on one line; None where the columns have none."""
        if self.place not in columns:
            return None
        line = pl.col(self.place).fill_null("").str.replace_all(r"\s+", " ").str.strip_chars()
        long = line.str.len_chars() > LONGEST_PLACE
        return pl.when(long).then("…" + line.str.tail(LONGEST_PLACE - 1)).otherwise(line)


_FORMS = {
    LOG: Form(
        repeating=(("timestamp", "prefix"), ("component", "prefix"), ("level", "prefix")),
        revealing=(("message", "template"),),
        telling=("timestamp", "level", "component", "template"),
        holding=("prefix", "timestamp", "level", "component", "message"),
    ),
    CODE: Form(
        place="scope",
        repeating=(("name", "scope"),),
        telling=("language", "kind", "scope", "name"),
        holding=("scope", "name", "text"),
    ),
    PROSE: Form(place="heading", telling=("heading", "block"), holding=("heading", "text"), words="text"),
    CONFIG: Form(place="key", telling=("key", "type"), holding=("key", "value", "comment")),
}
_PLAIN = Form()


def form_of(detected_type: str) -> Form:
    """The form of the records of a source of this type."""
    return _FORMS.get(OWN_COLUMNS.get(detected_type, ()), _PLAIN)
