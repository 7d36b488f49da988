"""Themes: findings that belong together, with a summary made of their numbers.

Columns whose association is strong in the merged records share a theme; every other column is a theme of its own.
"""

from collections.abc import Iterable, Mapping, Sequence

from rlm_pipeline import fingerprint
from rlm_pipeline.analysis.observation import number_of, percent, shown
from rlm_pipeline.synthesis import said
from rlm_pipeline.synthesis.document import ColumnFindings, Member, PairFindings, Theme

STRONG_EFFECT = 0.5
"""Bias-corrected Cramér's V from which two columns belong to one theme."""

NAMED_COLUMNS = 3
CITED = 3


def derive(columns: Sequence[ColumnFindings], pairs: Sequence[PairFindings]) -> tuple[Theme, ...]:
    """The themes of merged findings, those of most columns first, then those of most findings."""
    by_name = {column.column: column for column in columns}
    strong = [pair for pair in pairs if pair.effect >= STRONG_EFFECT and {pair.left, pair.right} <= by_name.keys()]
    groups = _connected(by_name, [(pair.left, pair.right) for pair in strong])
    within: dict[str, list[PairFindings]] = {}
    for pair in strong:
        within.setdefault(groups[pair.left], []).append(pair)
    members: dict[str, list[ColumnFindings]] = {}
    for name in sorted(by_name):
        members.setdefault(groups[name], []).append(by_name[name])
    return ranked(_theme(group, within.get(first, ())) for first, group in members.items())


def ranked(themes: Iterable[Theme]) -> tuple[Theme, ...]:
    """Themes of all kinds: the most severe first, then those of most members, then those of most findings."""
    return tuple(
        sorted(
            themes,
            key=lambda each: (
                -said.SEVERITIES.index(each.severity),
                -len(each.members),
                -each.findings,
                each.title,
                each.id,
            ),
        )
    )


def _connected(names: Iterable[str], edges: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Every name with the first name, in order, of those it is connected to."""
    first = {name: name for name in names}

    def root(name: str) -> str:
        while first[name] != name:
            name = first[name]
        return name

    for left, right in edges:
        lower, upper = sorted((root(left), root(right)))
        first[upper] = lower
    return {name: root(name) for name in first}


def _theme(columns: Sequence[ColumnFindings], pairs: Sequence[PairFindings]) -> Theme:
    members = tuple(Member(scope=column.column, findings=column.findings) for column in columns)
    # The column with the strongest ties speaks first.
    ties: Mapping[str, float] = {
        column.column: sum(pair.effect for pair in pairs if column.column in (pair.left, pair.right))
        for column in columns
    }
    leading = sorted(columns, key=lambda column: (-ties[column.column], column.column))
    named = ", ".join(column.column for column in leading[:NAMED_COLUMNS])
    more = len(columns) - NAMED_COLUMNS
    citations = (*leading[0].citations, *(citation for column in leading[1:] for citation in column.citations[:1]))
    return Theme(
        id=fingerprint.short("theme", *(column.column for column in columns)),
        title=f"{named} and {more} more columns that go with them" if more > 0 else named,
        summary=" ".join((*_ties(pairs), *(_sentence(column) for column in leading[:NAMED_COLUMNS]))),
        members=members,
        findings=sum(sum(column.findings.values()) for column in columns) + sum(pair.findings for pair in pairs),
        citations=citations[:CITED],
    )


def _ties(pairs: Sequence[PairFindings]) -> Iterable[str]:
    if pairs:
        strongest = min(pairs, key=lambda pair: (-pair.effect, pair.left, pair.right))
        yield (
            f"{strongest.left} and {strongest.right} go together: Cramér's V {strongest.effect:.2f}"
            f" in {strongest.n:,} records."
        )


def _sentence(column: ColumnFindings) -> str:
    said = []
    if column.distribution:
        value = min(column.distribution, key=lambda each: (-column.distribution[each], each))
        filled = sum(column.distribution.values())
        share = percent(column.distribution[value], filled)
        said.append(
            f"{number_of(len(column.distribution), 'value')}, most often {shown(value)} ({share} of {filled:,})"
        )
    if column.numbers:
        numbers = column.numbers
        said.append(
            f"mean {numbers.mean:.6g}, from {numbers.minimum:g} to {numbers.maximum:g} in {numbers.n:,} records"
        )
    if column.shapes:
        shape = min(column.shapes, key=lambda each: (-column.shapes[each], each))
        said.append(f"{percent(column.shapes[shape], sum(column.shapes.values()))} of the values look like {shape}")
    if column.missing:
        said.append(number_of(column.missing, "empty cell"))
    if column.outliers:
        said.append(number_of(column.outliers, "outlier"))
    if column.departures:
        said.append(f"unusually many or few empty cells in {number_of(column.departures, 'batch', 'batches')}")
    return f"{column.column}: {'; '.join(said)}."
