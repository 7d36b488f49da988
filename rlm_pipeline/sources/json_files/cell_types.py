"""The JSON types of a record's values, as far as its cells do not tell them.

A cell is text: `5` is the number unless it is noted as a string. An empty cell is a value that is absent, null, or an
empty string.
"""

import re
from typing import Final, NamedTuple

NOT_A_STRING: Final = (
    r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|NaN|-?Infinity|(?s:\[.*\]|\{.*\})"
)
"""The cells, as a regular expression, that hold no string unless they are noted to."""

_not_a_string = re.compile(NOT_A_STRING)

MAY_BE_NONE: Final = "-0123456789tfNI[{"
"""What a string begins with, if anything, whose cell may not tell that it is one."""


class CellTypes(NamedTuple):
    """The columns of one record that hold null, an empty string, or a string that reads like another JSON value.

    A path of objects and nulls has no column of its own; it stands under the name that one would have.
    """

    nulls: list[str]
    blanks: list[str]
    strings: list[str]

    def note(self, column: str, text: str) -> None:
        """Note what the cell of a string does not tell."""
        if not text:
            self.blanks.append(column)
        elif text[0] in MAY_BE_NONE and _not_a_string.fullmatch(text):
            self.strings.append(column)
