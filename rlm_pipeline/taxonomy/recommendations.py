"""What to do next, by rule, from knowledge items alone; no rule knows what the records are about.

| rule | priority |
|---|---|
| a category is growing | high if its share rose by 5 points or more, else medium |
| rows were set aside | high from 1 % of all rows, medium from 0.1 %, else low |
| one text category holds 30 % of its dimension or more, and twice its equal share | medium |
| two dimensions go together with V of 0.3 or more | medium |
| a relation is the other way round inside the partitions | medium |
| tentative categories | medium if they hold 20 % of the labelled records or more, else low |
| two categories are hard to tell apart | medium if 10 % of the first one's records or more, else low |
| a column has no answer in many records | medium from half of the records, else low |
| a category is falling; a column repeats another; a facet without stable categories | low |
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from rlm_pipeline import fingerprint
from rlm_pipeline.taxonomy import quality
from rlm_pipeline.taxonomy.compared import ComparedColumn
from rlm_pipeline.taxonomy.counts import leaves
from rlm_pipeline.taxonomy.document import Dimension, KnowledgeItem, Recommendation, Relationship, Trend
from rlm_pipeline.taxonomy.relationships import MINIMUM_DEPENDENCY, Related
from rlm_pipeline.taxonomy.wording import item_id, sentence

Priority = Literal["high", "medium", "low"]

STEEP_MOVE = 0.05
MANY_SET_ASIDE, SOME_SET_ASIDE = 0.01, 0.001
BROAD_CATEGORY = 0.3
STRONG_EFFECT = 0.3
MANY_TENTATIVE = 0.2
MOSTLY_MISSING = 0.5
MUCH_CONFUSED = 0.1
MOST_PER_RULE = 3

_RANK = {"high": 0, "medium": 1, "low": 2}


def recommend(
    knowledge: Iterable[KnowledgeItem],
    *,
    dimensions: Sequence[Dimension],
    trends: Sequence[Trend],
    related: Sequence[Related],
    compared: Sequence[ComparedColumn],
    confused: Sequence[Relationship] = (),
) -> tuple[Recommendation, ...]:
    """The recommendations, the most urgent first; each names the items it follows from.

    The inputs are in the order of their importance; a rule speaks at most `MOST_PER_RULE` times.
    """
    items = {each.id: each for each in knowledge}
    rules: tuple[Iterator[Recommendation], ...] = (
        _set_aside(items),
        _growing(items, trends, related),
        _strong(items, related),
        _reversed(items, related),
        _broad(items, dimensions),
        _tentative(items, dimensions),
        _confusable(items, dimensions, confused),
        _missing(items, compared),
        _falling(items, trends),
        _repeating(items, related),
        _unstructured(items, dimensions),
    )
    found = [recommendation for rule in rules for _, recommendation in zip(range(MOST_PER_RULE), rule, strict=False)]
    return tuple(sorted(found, key=lambda each: _RANK[each.priority]))


def _recommendation(
    template: str,
    names: Mapping[str, str],
    based_on: Sequence[KnowledgeItem],
    *,
    priority: Priority,
    would_change: str,
) -> Recommendation:
    ids = tuple(each.id for each in based_on)
    return Recommendation(
        id=f"recommendation-{fingerprint.short(template, *ids)}",
        statement=sentence(template, names=names),
        rationale=" ".join(each.statement for each in based_on),
        would_change=would_change,
        based_on=ids,
        priority=priority,
    )


def _growing(
    items: Mapping[str, KnowledgeItem], trends: Iterable[Trend], related: Sequence[Related]
) -> Iterator[Recommendation]:
    for trend in trends:
        item = items.get(item_id(trend.dimension, "trend", trend.category))
        if item is None or trend.share_to <= trend.share_from:
            continue
        template, names, based_on = "Find out why {category} is growing", {"category": trend.category_name}, [item]
        for answer, evidence in _where(items, trend, related):
            template += ", beginning where it is most over-represented: {column} is {answer}"
            names |= answer
            based_on.append(evidence)
        steep = trend.share_to - trend.share_from >= STEEP_MOVE
        yield _recommendation(
            template + ".",
            names,
            based_on,
            priority="high" if steep else "medium",
            would_change="A share that in later years stays within two points of what it was in the first.",
        )


def _where(
    items: Mapping[str, KnowledgeItem], trend: Trend, related: Sequence[Related]
) -> Iterator[tuple[dict[str, str], KnowledgeItem]]:
    """The strongest relationship whose leading cell is the category of the trend, if an item states it."""
    for each in related:
        pair, cell = each.pair, each.leading
        item = items.get(_association_id(each))
        if cell is None or item is None or cell.observed < cell.expected_within:
            continue
        sides = ((pair.source, cell.row, pair.target, cell.column), (pair.target, cell.column, pair.source, cell.row))
        for own, level, other, answer in sides:
            if own.id == trend.dimension and own.level_ids[level] == trend.category:
                yield {"column": other.name, "answer": other.levels[answer]}, item
                return


def _falling(items: Mapping[str, KnowledgeItem], trends: Iterable[Trend]) -> Iterator[Recommendation]:
    for trend in trends:
        item = items.get(item_id(trend.dimension, "trend", trend.category))
        if item is not None and trend.share_to < trend.share_from:
            yield _recommendation(
                "Confirm that {category} is really becoming rarer, and is not only recorded differently.",
                {"category": trend.category_name},
                [item],
                priority="low",
                would_change="A share that no longer falls, or a change in how the records are made that explains it.",
            )


def _set_aside(items: Mapping[str, KnowledgeItem]) -> Iterator[Recommendation]:
    item = items.get(item_id(quality.NAMESPACE, "quality", quality.SET_ASIDE))
    if item is not None:
        share = item.numbers["share"]
        yield _recommendation(
            "Repair the rows that were set aside, or the export that wrote them.",
            {},
            [item],
            priority="high" if share >= MANY_SET_ASIDE else "medium" if share >= SOME_SET_ASIDE else "low",
            would_change="Files in which every row can be read.",
        )


def _strong(items: Mapping[str, KnowledgeItem], related: Iterable[Related]) -> Iterator[Recommendation]:
    for each in related:
        item = items.get(_association_id(each))
        two_dimensions = each.pair.target.is_dimension and not _is_one_thing(each) and not _is_reversed(each)
        if item is not None and two_dimensions and each.pair.strength.effect >= STRONG_EFFECT:
            yield _recommendation(
                "Read {source} and {target} together: what is done about one bears on the other.",
                {"source": each.relationship.source_name, "target": each.relationship.target_name},
                [item],
                priority="medium",
                would_change="Records in which the two no longer go together inside the partitions.",
            )


def _reversed(items: Mapping[str, KnowledgeItem], related: Iterable[Related]) -> Iterator[Recommendation]:
    for each in related:
        item = items.get(_association_id(each))
        if item is not None and _is_reversed(each):
            yield _recommendation(
                "Compare {source} and {target} inside one partition at a time: over all of them together the relation "
                "is the other way round.",
                {"source": each.relationship.source_name, "target": each.relationship.target_name},
                [item],
                priority="medium",
                would_change="Records in which the relation is the same inside the partitions as over all of them.",
            )


def _broad(items: Mapping[str, KnowledgeItem], dimensions: Iterable[Dimension]) -> Iterator[Recommendation]:
    for dimension in dimensions:
        if dimension.kind != "text":
            continue
        own = leaves(dimension)
        for leaf in sorted(own, key=lambda leaf: (-leaf.count, leaf.id)):
            item = items.get(item_id(dimension.id, "size", leaf.id))
            if item is not None and leaf.share >= max(BROAD_CATEGORY, 2 / len(own)):
                yield _recommendation(
                    "Look inside {category}: it holds so many records that it may be several things.",
                    {"category": leaf.name},
                    [item],
                    priority="medium",
                    would_change="A discovery that divides the category, or a reading that finds its records alike.",
                )


def _tentative(items: Mapping[str, KnowledgeItem], dimensions: Iterable[Dimension]) -> Iterator[Recommendation]:
    for dimension in dimensions:
        item = items.get(item_id(dimension.id, "stability", "tentative"))
        if item is not None:
            yield _recommendation(
                "Review the tentative categories of {dimension} before relying on their counts.",
                {"dimension": dimension.name},
                [item],
                priority="medium" if item.numbers["share"] >= MANY_TENTATIVE else "low",
                would_change="More records that confirm them, or a person who merges, drops or pins them.",
            )


def _confusable(
    items: Mapping[str, KnowledgeItem], dimensions: Iterable[Dimension], confused: Iterable[Relationship]
) -> Iterator[Recommendation]:
    home = {category.id: (each, category.name) for each in dimensions for category in each.categories}
    for each in confused:
        dimension, source = home[each.source]
        item = items.get(item_id(dimension.id, "confusion", f"{each.source} {each.target}"))
        if item is not None:
            yield _recommendation(
                "Write down what tells {source} from {target} in {dimension}: for some records either would do.",
                {"source": source, "target": home[each.target][1], "dimension": dimension.name},
                [item],
                priority="medium" if each.effect >= MUCH_CONFUSED else "low",
                would_change="A definition, or a merge by a person, that leaves few records between the two.",
            )


def _missing(items: Mapping[str, KnowledgeItem], compared: Iterable[ComparedColumn]) -> Iterator[Recommendation]:
    for column in sorted(compared, key=lambda column: (column.coverage, column.name)):
        item = items.get(item_id(quality.NAMESPACE, "quality", f"missing {column.name}"))
        if item is not None:
            yield _recommendation(
                "Have {column} filled in where the records are made, or leave it out of comparisons.",
                {"column": column.name},
                [item],
                priority="medium" if item.numbers["share"] >= MOSTLY_MISSING else "low",
                would_change="A reason why its gaps are meant.",
            )


def _repeating(items: Mapping[str, KnowledgeItem], related: Iterable[Related]) -> Iterator[Recommendation]:
    for each in related:
        relationship = each.relationship
        dependency = items.get(
            item_id(each.pair.source.id, "dependency", f"{relationship.source} {relationship.target}")
        )
        item = dependency or (items.get(_association_id(each)) if _is_one_thing(each) else None)
        if item is not None:
            yield _recommendation(
                "Treat {source} and {target} as one: the first already tells the second.",
                {"source": relationship.source_name, "target": relationship.target_name},
                [item],
                priority="low",
                would_change="Records in which the two disagree.",
            )


def _unstructured(items: Mapping[str, KnowledgeItem], dimensions: Iterable[Dimension]) -> Iterator[Recommendation]:
    for dimension in dimensions:
        item = items.get(item_id(dimension.id, "stability", "structure"))
        if item is not None:
            yield _recommendation(
                "Do not group records by {dimension}: other groups would come out of other samples.",
                {"dimension": dimension.name},
                [item],
                priority="low",
                would_change="More records, or longer texts, that give it a stable structure.",
            )


def _association_id(related: Related) -> str:
    relationship = related.relationship
    return item_id(related.pair.source.id, "association", f"{relationship.source} {relationship.target}")


def _is_one_thing(related: Related) -> bool:
    strength = related.pair.strength
    return min(strength.row_tells_column, strength.column_tells_row) >= MINIMUM_DEPENDENCY


def _is_reversed(related: Related) -> bool:
    return related.relationship.reverses_inside
