"""What was found, in one sentence and three facts; every word of it follows from a number in the taxonomy."""

from dataclasses import dataclass
from urllib.parse import quote

from rlm_pipeline.report import category_tree, figures
from rlm_pipeline.taxonomy.document import Dimension, Relationship, Taxonomy, Trend


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A large figure, what it is, and where on the page it comes from."""

    heading: str
    figure: str
    statement: str
    href: str


def passed(taxonomy: Taxonomy, kind: str) -> tuple[Dimension, ...]:
    """Dimensions of one kind that passed their gate, in the taxonomy's order."""
    return tuple(d for d in taxonomy.dimensions if d.kind == kind and d.gate == "passed")


def sentence(taxonomy: Taxonomy) -> str:
    """`20,000 records over 11 fiscal years: 3 text dimensions with 41 categories, ...`, without its full stop."""
    periods = figures.dated(tuple(part.partition for part in taxonomy.inputs))
    text = passed(taxonomy, "text")
    categories = sum(len(category_tree.grow(dimension).leaves) for dimension in text)
    found = []
    if text:
        found.append(
            f"{figures.plural(len(text), 'text dimension')} with {figures.plural(categories, 'category', 'categories')}"
        )
    coded = len(passed(taxonomy, "categorical"))
    failed = sum(dimension.gate != "passed" for dimension in taxonomy.dimensions)
    for number, one in (
        (coded, "coded dimension"),
        (len(taxonomy.relationships), "relationship"),
        (len(taxonomy.trends), "trend"),
        (failed, "facet without stable structure"),
    ):
        if number:
            many = one.replace("facet", "facets") if "facet" in one else one + "s"
            found.append(figures.plural(number, one, many))
    start = figures.plural(taxonomy.coverage.records, "record")
    if len(periods) > 1:
        start += f" over {figures.plural(len(periods), figures.period_noun(periods))}"
    return f"{start}: {', '.join(found)}" if found else f"{start}: no dimension found"


def facts(taxonomy: Taxonomy) -> tuple[Fact, ...]:
    """The largest category, the largest movement and the closest relationship, those of them that exist."""
    names = {dimension.id: dimension.name for dimension in taxonomy.dimensions}
    found = (
        _largest(passed(taxonomy, "text")),
        _movement(taxonomy.trends, names),
        _closest(taxonomy.relationships, frozenset(d.id for d in passed(taxonomy, "text"))),
    )
    return tuple(fact for fact in found if fact is not None)


def _largest(dimensions: tuple[Dimension, ...]) -> Fact | None:
    candidates = [(leaf, dimension) for dimension in dimensions for leaf in category_tree.grow(dimension).leaves[:1]]
    if not candidates:
        return None
    leaf, dimension = max(candidates, key=lambda pair: (pair[0].category.count, pair[1].id))
    category = leaf.category
    return Fact(
        heading="Largest category",
        figure=figures.share(category.share),
        statement=(
            f"of {figures.count(dimension.labelled)} labelled records are “{category.name}”"
            f" in the dimension “{dimension.name}”"
        ),
        href=f"#{quote(leaf.anchor)}",
    )


def _movement(trends: tuple[Trend, ...], names: dict[str, str]) -> Fact | None:
    if not trends:
        return None
    trend = max(trends, key=lambda item: (abs(item.share_to - item.share_from), item.dimension, item.category))
    change = trend.share_to - trend.share_from
    return Fact(
        heading="Largest movement",
        figure=f"{figures.points(change)} points",
        statement=(
            f"“{trend.category_name}” {'rose' if change > 0 else 'fell'} from {figures.share(trend.share_from)} in "
            f"{trend.start} to {figures.share(trend.share_to)} in {trend.end}"
            f" of “{names.get(trend.dimension, trend.dimension)}”"
        ),
        href="#trends",
    )


def _closest(relationships: tuple[Relationship, ...], text: frozenset[str]) -> Fact | None:
    candidates = [edge for edge in relationships if edge.kind == "association"]
    telling = [edge for edge in candidates if edge.source in text or edge.target in text] or candidates
    if not telling:
        return None
    edge = max(telling, key=lambda item: (item.effect, item.source, item.target))
    return Fact(
        heading="Closest relationship",
        figure=figures.ratio(edge.effect),
        statement=(
            f"{edge.effect_name} between “{edge.source_name}” and “{edge.target_name}” (n = {figures.count(edge.n)})"
        ),
        href="#relationships",
    )
