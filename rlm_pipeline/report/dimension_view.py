"""One dimension as the page shows it: its figures, charts and rows, ready for the template."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from rlm_pipeline.report import coverage_bar, levels, strip, treemap, yearly
from rlm_pipeline.report.category_tree import Branch, CategoryTree, anchor, grow
from rlm_pipeline.taxonomy.document import Category, Dimension, Trend

MOST_PANELS = 24
"""Small multiples drawn per dimension; the table of figures holds every category."""

_OPEN_LEAVES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One category: `bar` is its length in percent of the dimension's largest leaf."""

    category: Category
    anchor: str
    shade: str
    bar: float
    spark: Markup
    origin: str
    children: tuple["Row", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One chart of the small multiples."""

    name: str
    chart: Markup
    change: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionView:
    """A dimension with everything drawn."""

    dimension: Dimension
    anchor: str
    leaf_count: int
    established: tuple[Row, ...]
    tentative: tuple[Row, ...]
    coverage: tuple[coverage_bar.Part, ...]
    coverage_chart: Markup
    strip: Markup
    treemap: Markup
    levels: Markup
    panels: tuple[Panel, ...]
    ceiling: float
    series: tuple[tuple[Category, yearly.Series], ...]
    folded: bool

    @property
    def nested(self) -> bool:
        """Whether any category has others below it."""
        return any(row.children for row in self.established)

    @property
    def criticism(self) -> tuple[tuple[Category, str, str], ...]:
        """What a model finds wrong with categories that are shown: the category, its place on the page, the problem."""
        by_id = {category.id: category for category in self.dimension.categories}
        said = self.dimension.review.criticism if self.dimension.review else ()
        return tuple(
            (by_id[each.category], anchor(self.dimension, each.category), each.problem)
            for each in said
            if each.category in by_id
        )


def view(dimension: Dimension, periods: tuple[str, ...], trends: tuple[Trend, ...]) -> DimensionView:
    """Draw one dimension over `periods`; charts by period are left out below two of them."""
    tree = grow(dimension)
    labelled = yearly.totals(tuple(leaf.category for leaf in tree.counted), periods)
    largest = max((leaf.category.count for leaf in tree.counted), default=0) or 1

    def rows(branches: tuple[Branch, ...]) -> tuple[Row, ...]:
        return tuple(_row(branch, dimension, largest, periods, labelled) for branch in branches)

    text = dimension.kind == "text"
    lines = tuple(_series(tree, periods, labelled)) if text and len(periods) > 1 else ()
    ceiling = max((line.peak for _, line in lines), default=0.0)
    coverage = coverage_bar.of_dimension(dimension)
    return DimensionView(
        dimension=dimension,
        anchor="-".join(f"dimension {dimension.id}".split()),
        leaf_count=len(tree.leaves),
        established=rows(tree.established),
        tentative=rows(tree.tentative),
        coverage=coverage,
        coverage_chart=coverage_bar.draw(coverage, f"Records of {dimension.name}"),
        strip=strip.draw(dimension, tree),
        treemap=treemap.draw(dimension, tree) if text else Markup(""),
        levels=levels.draw(dimension.name, dimension.levels),
        panels=tuple(_panels(dimension, lines, ceiling, trends)),
        ceiling=ceiling,
        series=lines,
        folded=len(tree.leaves) > _OPEN_LEAVES,
    )


def _row(
    branch: Branch, dimension: Dimension, largest: int, periods: tuple[str, ...], labelled: tuple[int, ...]
) -> Row:
    return Row(
        category=branch.category,
        anchor=branch.anchor,
        shade=treemap.shade(branch.category),
        bar=branch.category.count / largest * 100,
        spark=_spark(branch.category, periods, labelled),
        origin=origin_of(branch.category, dimension),
        children=tuple(_row(child, dimension, largest, periods, labelled) for child in branch.children),
    )


def origin_of(category: Category, dimension: Dimension) -> str:
    """Where a category came from, in words; empty for one that was not known before or goes on unchanged."""
    if category.lineage.state not in {"merged", "split"}:
        return ""
    names = {each.id: each.name for each in dimension.categories}
    names |= {each.id: each.name for each in dimension.retired}
    others = "; ".join(names.get(each, each) for each in category.lineage.former if each != category.id)
    return f"split from {others}" if category.lineage.state == "split" else f"has taken in {others}"


def _spark(category: Category, periods: tuple[str, ...], labelled: tuple[int, ...]) -> Markup:
    if len(periods) < 2:
        return Markup("")
    return yearly.sparkline(category.name, yearly.series(category, periods, labelled))


def _series(
    tree: CategoryTree, periods: tuple[str, ...], labelled: tuple[int, ...]
) -> Iterator[tuple[Category, yearly.Series]]:
    for leaf in tree.leaves:
        yield leaf.category, yearly.series(leaf.category, periods, labelled)


def _panels(
    dimension: Dimension, lines: tuple[tuple[Category, yearly.Series], ...], ceiling: float, trends: tuple[Trend, ...]
) -> Iterator[Panel]:
    moved = {trend.category for trend in trends if trend.dimension == dimension.id}
    for category, line in lines[:MOST_PANELS]:
        way = yearly.direction(line) if category.id in moved else "none"
        chart = yearly.panel(category.name, line, ceiling=ceiling, direction=way)
        yield Panel(name=category.name, chart=chart, change=line.change, direction=way)
