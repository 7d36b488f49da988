"""A dimension in one line: its categories side by side, largest first."""

from markupsafe import Markup

from rlm_pipeline.report import figures, svg
from rlm_pipeline.report.category_tree import CategoryTree
from rlm_pipeline.taxonomy.document import Dimension

_LENGTH = 1000.0
_MOST = 24


def draw(dimension: Dimension, tree: CategoryTree) -> Markup:
    """Shares of the records with an answer; beyond the 24 largest categories the rest is one segment."""
    leaves = sorted(tree.counted, key=lambda leaf: -leaf.category.count)
    total = sum(leaf.category.count for leaf in leaves) + dimension.other
    if not total:
        return Markup("")
    segments = [
        (leaf.category.name, leaf.category.count, "tentative" if leaf.category.status == "tentative" else "")
        for leaf in leaves[:_MOST]
    ]
    rest = sum(leaf.category.count for leaf in leaves[_MOST:])
    if rest:
        segments.append((figures.plural(len(leaves) - _MOST, "smaller category", "smaller categories"), rest, "rest"))
    if dimension.other:
        segments.append(("other", dimension.other, "other"))
    marks, at = [], 0.0
    for place, (name, count, kind) in enumerate(segments):
        length = count / total * _LENGTH
        share = "" if kind == "other" or not dimension.labelled else f", {figures.share(count / dimension.labelled)}"
        tip = svg.title(f"{name}: {figures.plural(count, 'record')}{share}")
        style = kind or f"rank{min(place, 5)}"
        marks.append(svg.element("rect", tip, x=at, y=0, width=length, height=10, class_=f"segment {style}"))
        at += length
    largest = ", ".join(f"{leaf.category.name} {figures.share(leaf.category.share)}" for leaf in leaves[:3])
    return svg.stretched(_LENGTH, 10, f"{dimension.name}: {largest}", *marks, class_="stretched strip")
