"""Columns that became no dimension, gathered by the reason given."""

import re
import textwrap
from collections import defaultdict
from dataclasses import dataclass

_HEADING = 160
_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d,.]*\d|\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason, and the columns with it; `columns` are (name, its reason in full)."""

    text: str
    columns: tuple[tuple[str, str], ...]

    @property
    def heading(self) -> str:
        """The reason, cut to what fits on a line or two."""
        return textwrap.shorten(self.text, _HEADING, placeholder=" …")


def by_reason(left_out: dict[str, str]) -> tuple[Reason, ...]:
    """Reasons, most columns first; reasons that differ only in numbers and quoted values count as one."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for column, reason in sorted(left_out.items()):
        groups[_VARYING.sub("…", reason)].append((column, reason))
    reasons = [
        Reason(text=columns[0][1] if len({full for _, full in columns}) == 1 else pattern, columns=tuple(columns))
        for pattern, columns in groups.items()
    ]
    return tuple(sorted(reasons, key=lambda reason: (-len(reason.columns), reason.text)))
