"""The tree of one dimension as nested rectangles: area is records, shade is status and stability."""

from dataclasses import dataclass

from markupsafe import Markup

from rlm_pipeline.report import category_tree, figures, svg
from rlm_pipeline.taxonomy.document import Category, Dimension

_GAP = 2.0
_HEADER = 19.0
_STABILITY_STEPS = (0.7, 0.8, 0.9)  # below the first: the palest shade; the gate for established is 0.6


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    width: float
    height: float

    def inset(self, top: float = 0.0) -> "_Box":
        gap = min(_GAP, self.width / 4, self.height / 4)
        return _Box(
            self.x + gap / 2, self.y + gap / 2 + top, self.width - gap, max(0.5, self.height - gap - top)
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tile:
    name: str
    count: int
    shade: str
    figure: str = ""
    go: str = ""
    tiles: tuple["_Tile", ...] = ()


def draw(dimension: Dimension, tree: category_tree.CategoryTree) -> Markup:
    """The dimension's treemap at both page widths; empty where no record is labelled."""
    tiles = [_tile(branch) for branch in tree.whole]
    if dimension.other:
        tiles.append(_Tile(name="other", count=dimension.other, shade="other"))
    tiles = sorted((tile for tile in tiles if tile.count > 0), key=lambda tile: -tile.count)
    if not tiles:
        return Markup("")
    label = (
        f"{dimension.name}: {figures.plural(len(tree.leaves), 'category', 'categories')} sized by records; "
        f"the list below holds the same figures"
    )

    def at(width: int) -> Markup:
        height = _height(width, len(tree.counted))
        marks = [mark for tile, box in _squarify(tiles, _Box(0, 0, width, height)) for mark in _marks(tile, box)]
        return svg.drawing(width, height, label, *marks, class_="chart treemap")

    return svg.both_widths(at)


def _height(width: int, leaves: int) -> float:
    if width == svg.WIDE:
        return min(560.0, 400.0 + 2 * max(0, leaves - 60), 150.0 + 25 * leaves)
    return min(620.0, 460.0 + 2 * max(0, leaves - 60), 200.0 + 25 * leaves)


def shade(category: Category) -> str:
    """The style class of a category: its status, and for an established one how stable it is."""
    if category.status == "tentative":
        return "tentative"
    if category.stability is None:
        return "plain"
    return f"step{sum(category.stability >= step for step in _STABILITY_STEPS) + 1}"


def _tile(branch: category_tree.Branch) -> _Tile:
    inner = tuple(_tile(child) for child in branch.children)
    return _Tile(
        name=branch.category.name,
        count=sum(tile.count for tile in inner) if inner else branch.category.count,
        shade="group" if inner else shade(branch.category),
        figure=figures.share(branch.category.share),
        go=branch.anchor,
        tiles=tuple(tile for tile in inner if tile.count > 0),
    )


def _marks(tile: _Tile, box: _Box) -> list[Markup]:
    if not tile.tiles:
        return [_leaf(tile, box.inset())]
    header = _HEADER if box.height > 3 * _HEADER and box.width > 40 else 0.0
    marks = []
    if header:
        name = svg.fitted(tile.name, box.width - 8, 12)
        marks.append(svg.element("text", name, x=box.x + 3, y=box.y + 14, class_="group-name"))
    inner = _Box(box.x, box.y + header, box.width, box.height - header)
    for child, place in _squarify(list(tile.tiles), inner):
        marks.extend(_marks(child, place))
    return marks


def _leaf(tile: _Tile, box: _Box) -> Markup:
    tip = f"{tile.name}: {figures.plural(tile.count, 'record')}"
    marks = [svg.title(f"{tip}, {tile.figure} of the labelled" if tile.figure else tip)]
    size = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    marks.append(svg.element("rect", rx=2, **size))
    room = box.width - 14
    if box.height >= 24 and room >= 30:
        written = svg.lines(tile.name, room, 13, max(1, min(3, int((box.height - 24) // 17))))
        for place, line in enumerate(written):
            marks.append(svg.element("text", line, x=box.x + 7, y=box.y + 18 + 16 * place))
        below = box.y + 18 + 16 * len(written)
        if written and below + 4 < box.y + box.height:
            figure = tile.figure or figures.count(tile.count)
            marks.append(svg.element("text", figure, x=box.x + 7, y=below + 1, class_="quiet"))
    return svg.element("g", *marks, class_=f"tile {tile.shade}", data_go=tile.go or None)


def _squarify(tiles: list[_Tile], box: _Box) -> list[tuple[_Tile, _Box]]:
    """Rectangles with areas proportional to counts and sides as equal as a greedy row-by-row layout makes them.

    Bruls, Huizing, van Wijk: Squarified Treemaps (2000). `tiles` come largest first.
    """
    total = sum(tile.count for tile in tiles)
    scale = box.width * box.height / total
    placed: list[tuple[_Tile, _Box]] = []
    rest = tiles
    while rest:
        side = min(box.width, box.height)
        taken = 1
        while taken < len(rest) and _worst(rest[: taken + 1], side, scale) <= _worst(rest[:taken], side, scale):
            taken += 1
        row, rest = rest[:taken], rest[taken:]
        laid, box = _lay(row, box, scale)
        placed.extend(laid)
    return placed


def _worst(row: list[_Tile], side: float, scale: float) -> float:
    areas = [tile.count * scale for tile in row]
    across = sum(areas) / side
    return max(max(across * across / area, area / (across * across)) for area in areas)


def _lay(row: list[_Tile], box: _Box, scale: float) -> tuple[list[tuple[_Tile, _Box]], _Box]:
    area = sum(tile.count for tile in row) * scale
    placed, at = [], 0.0
    if box.width >= box.height:
        across = min(area / box.height, box.width)
        for tile in row:
            length = tile.count * scale / across
            placed.append((tile, _Box(box.x, box.y + at, across, length)))
            at += length
        return placed, _Box(box.x + across, box.y, max(box.width - across, 1e-6), box.height)
    across = min(area / box.width, box.height)
    for tile in row:
        length = tile.count * scale / across
        placed.append((tile, _Box(box.x + at, box.y, length, across)))
        at += length
    return placed, _Box(box.x, box.y + across, box.width, max(box.height - across, 1e-6))
