"""What the numbers say about each dimension, one plain sentence at a time; every number of a sentence stands beside it.

Confidence is 0..1 and means: of a size, the category's stability times the share of answers that could be labelled; of
a trend, association or dependency, 1 - q; of a confusion, the lower end of its interval over the share itself; of a
statement about stability itself, the dimension's stability.
"""

from collections.abc import Iterator, Mapping, Sequence

from rlm_pipeline.taxonomy.counts import labelled_by_partition, leaves, share
from rlm_pipeline.taxonomy.document import Category, Citation, Dimension, KnowledgeItem, Relationship, Trend
from rlm_pipeline.taxonomy.relationships import MINIMUM_DEPENDENCY, Related
from rlm_pipeline.taxonomy.wording import item

LARGEST = 3
TRENDS = 5
ASSOCIATIONS = 3
DEPENDENCIES = 2
CONFUSIONS = 2
"""Items of each kind a dimension has at most; all relationships and trends stand in the taxonomy anyway."""

CITED = 3
_HALF = 0.5
_CONCENTRATED = 1 / 3  # half of the records in at most this share of the categories


def items(
    dimensions: Sequence[Dimension],
    trends: Sequence[Trend],
    related: Sequence[Related],
    confused: Sequence[Relationship] = (),
) -> Iterator[KnowledgeItem]:
    """The items of all dimensions, dimension by dimension in the given order, the most telling of each kind first.

    `dimensions` are filled with counts; their exemplars, already verified, are what the items cite.
    """
    by_id = {dimension.id: dimension for dimension in dimensions}
    for dimension in dimensions:
        if dimension.gate != "passed":
            yield _no_structure(dimension)
            continue
        yield from _sizes(dimension)
        yield from (_trend(dimension, each) for each in [t for t in trends if t.dimension == dimension.id][:TRENDS])
        own = [each for each in related if each.pair.source.id == dimension.id]
        dependencies = [each for each in own if each.relationship.kind == "dependency"]
        associations = [each for each in own if each.relationship.kind == "association"]
        yield from (_association(each, by_id) for each in associations[:ASSOCIATIONS])
        yield from (_dependency(each) for each in dependencies[:DEPENDENCIES])
        names = {leaf.id: leaf for leaf in leaves(dimension)}
        hard = [each for each in confused if each.source in names]
        yield from (_confusion(dimension, each, names) for each in hard[:CONFUSIONS])
        yield from _tentative(dimension)


def _sizes(dimension: Dimension) -> Iterator[KnowledgeItem]:
    ranked = sorted(leaves(dimension), key=lambda leaf: (-leaf.count, leaf.id))
    if not dimension.labelled:
        return
    answers = share(dimension.labelled, dimension.labelled + dimension.other)
    for place, leaf in enumerate(ranked[:LARGEST]):
        rank = ("largest", "second largest", "third largest")[place]
        yield item(
            namespace=dimension.id,
            kind="size",
            about=leaf.id,
            template="{category} is the {rank} of {categories:n} categories of {dimension}: {count:n} of "
            "{labelled:n} labelled records ({share:%}).",
            names={"category": leaf.name, "dimension": dimension.name},
            words={"rank": rank},
            numbers={
                "categories": len(ranked),
                "count": leaf.count,
                "labelled": dimension.labelled,
                "share": leaf.count / dimension.labelled,
            },
            confidence=_stability(leaf) * answers,
            citations=leaf.exemplars[:CITED],
        )
    yield from _concentration(dimension, ranked, answers)


def _concentration(dimension: Dimension, ranked: Sequence[Category], answers: float) -> Iterator[KnowledgeItem]:
    held, top = 0, 0
    for leaf in ranked:
        held, top = held + leaf.count, top + 1
        if held >= _HALF * dimension.labelled:
            break
    if top < 2 or top > _CONCENTRATED * len(ranked):
        return
    yield item(
        namespace=dimension.id,
        kind="size",
        about="concentration",
        template="The {top:n} largest of {categories:n} categories of {dimension} hold {share:%} of its labelled "
        "records ({count:n} of {labelled:n}).",
        names={"dimension": dimension.name},
        numbers={
            "top": top,
            "categories": len(ranked),
            "share": held / dimension.labelled,
            "count": held,
            "labelled": dimension.labelled,
        },
        confidence=answers * sum(_stability(leaf) * leaf.count for leaf in ranked[:top]) / held,
    )


def _trend(dimension: Dimension, trend: Trend) -> KnowledgeItem:
    category = next(leaf for leaf in leaves(dimension) if leaf.id == trend.category)
    labelled = labelled_by_partition(dimension)
    ends = {"from": trend.start, "to": trend.end}
    counts = {f"count_{end}": category.by_partition[year] for end, year in ends.items()}
    totals = {f"labelled_{end}": labelled[year] for end, year in ends.items()}
    rose = trend.share_to > trend.share_from
    steps = f", with a new level in {' and '.join(trend.change_points)}" if trend.change_points else ""
    return item(
        namespace=dimension.id,
        kind="trend",
        about=category.id,
        template="{category} in {dimension} {verb} from {share_from:%} "
        "({start}: {count_from:n} of {labelled_from:n} records) to {share_to:%} "
        "({end}: {count_to:n} of {labelled_to:n}){steps}.",
        names={"category": category.name, "dimension": dimension.name},
        words={"verb": "rose" if rose else "fell", "start": trend.start, "end": trend.end, "steps": steps},
        numbers={
            **counts,
            **totals,
            "share_from": counts["count_from"] / totals["labelled_from"],
            "share_to": counts["count_to"] / totals["labelled_to"],
        },
        confidence=1 - trend.q,
        citations=category.exemplars[:CITED],
    )


def _association(related: Related, by_id: Mapping[str, Dimension]) -> KnowledgeItem:
    pair, relationship, cell = related.pair, related.relationship, related.leading
    same = min(pair.strength.row_tells_column, pair.strength.column_tells_row) >= MINIMUM_DEPENDENCY
    opening = "{source} and {target} say nearly the same" if same else "{source} and {target} go together"
    template = opening + ": bias-corrected Cramér's V is {effect:.2f} over the {n:n} records that answer both"
    names = {"source": relationship.source_name, "target": relationship.target_name}
    numbers: dict[str, float] = {"effect": pair.strength.effect, "n": relationship.n}
    citations: tuple[Citation, ...] = ()
    if cell is not None:
        template += (
            "; {row} comes with {column} in {observed:n} records where {expected:n} are expected ({lift:.1f} times)"
        )
        names |= {"row": pair.source.levels[cell.row], "column": pair.target.levels[cell.column]}
        numbers |= {"observed": cell.observed, "expected": cell.expected, "lift": cell.lift}
        citations = _exemplars(by_id, (pair.source.id, pair.source.level_ids[cell.row]))
        if pair.target.is_dimension:
            citations += _exemplars(by_id, (pair.target.id, pair.target.level_ids[cell.column]))
        if cell.observed < cell.expected_within:
            template += ", yet within partitions it is rarer than the {expected_within:n} expected"
            numbers["expected_within"] = cell.expected_within
    template, words = _with_reversal(template, relationship, numbers)
    return item(
        namespace=pair.source.id,
        kind="association",
        about=f"{relationship.source} {relationship.target}",
        template=template + ".",
        names=names,
        words=words,
        numbers=numbers,
        confidence=1 - pair.q,
        citations=citations,
    )


def _with_reversal(template: str, relationship: Relationship, numbers: dict[str, float]) -> tuple[str, dict[str, str]]:
    """The template, also saying where the relation goes the other way; adds to `numbers`, returns the words."""
    if relationship.reverses_inside:
        return f"{template}. Inside the partitions, each seen by itself, the relation is the other way round", {}
    if not relationship.reverses_in:
        return template, {}
    numbers |= {"reversing": len(relationship.reverses_in), "partitions": len(relationship.by_partition)}
    where = {"where": ", ".join(relationship.reverses_in)}
    return template + ". In {reversing:n} of {partitions:n} partitions ({where}) it is the other way round", where


def _dependency(related: Related) -> KnowledgeItem:
    pair, relationship = related.pair, related.relationship
    return item(
        namespace=pair.source.id,
        kind="dependency",
        about=f"{relationship.source} {relationship.target}",
        template="{source} all but determines {target}: it explains {effect:%} of the uncertainty about it over the "
        "{n:n} records that answer both.",
        names={"source": relationship.source_name, "target": relationship.target_name},
        numbers={
            "effect": max(pair.strength.row_tells_column, pair.strength.column_tells_row),
            "n": relationship.n,
        },
        confidence=1 - pair.q,
    )


def _confusion(dimension: Dimension, confused: Relationship, leaf: Mapping[str, Category]) -> KnowledgeItem:
    low = confused.interval[0] if confused.interval else 0.0
    one, other = leaf[confused.source], leaf[confused.target]
    return item(
        namespace=dimension.id,
        kind="confusion",
        about=f"{confused.source} {confused.target}",
        template="{one} and {other} in {dimension} are hard to tell apart: {share:%} of the {n:n} records of the first "
        "would do nearly as well as the second.",
        names={"one": one.name, "other": other.name, "dimension": dimension.name},
        numbers={"share": confused.effect, "n": confused.n},
        confidence=low / confused.effect,
        citations=(*one.border_cases[: CITED - 1], *other.border_cases[: CITED - 1]),
    )


def _tentative(dimension: Dimension) -> Iterator[KnowledgeItem]:
    own = leaves(dimension)
    tentative = [leaf for leaf in own if leaf.status == "tentative"]
    count = sum(leaf.count for leaf in tentative)
    if not tentative or not dimension.labelled:
        return
    yield item(
        namespace=dimension.id,
        kind="stability",
        about="tentative",
        template="Tentative categories of {dimension}: {tentative:n} of {categories:n}, with {share:%} of its labelled "
        "records ({count:n} of {labelled:n}).",
        names={"dimension": dimension.name},
        numbers={
            "tentative": len(tentative),
            "categories": len(own),
            "share": count / dimension.labelled,
            "count": count,
            "labelled": dimension.labelled,
        },
        confidence=1.0 if dimension.stability is None else dimension.stability,
        citations=tuple(citation for leaf in tentative for citation in leaf.exemplars[:1])[:CITED],
    )


def _no_structure(dimension: Dimension) -> KnowledgeItem:
    return item(
        namespace=dimension.id,
        kind="stability",
        about="structure",
        template="{dimension} has no stable categories: {sampled:n} of its {distinct:n} distinct statements were read.",
        names={"dimension": dimension.name},
        numbers={"sampled": dimension.sampled_statements, "distinct": dimension.distinct_statements},
        confidence=1.0 if dimension.stability is None else 1 - dimension.stability,
    )


def _stability(category: Category) -> float:
    return 1.0 if category.stability is None else category.stability


def _exemplars(by_id: Mapping[str, Dimension], category: tuple[str, str]) -> tuple[Citation, ...]:
    dimension_id, category_id = category
    return next(c for c in by_id[dimension_id].categories if c.id == category_id).exemplars[: CITED - 1]
