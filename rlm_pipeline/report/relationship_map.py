"""Dimensions and columns as a map: the nearer and the thicker the line, the stronger they go together."""

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from rlm_pipeline.report import figures, force_layout, svg
from rlm_pipeline.report.relationship_rows import MAPPED
from rlm_pipeline.taxonomy.document import Relationship

_TEXT_SIZE, _BOX_HEIGHT = 13.0, 26.0


@dataclass(frozen=True, slots=True)
class _Limits:
    nodes: int
    edges: int
    of_each_text: int
    label: float


_WIDE, _NARROW = _Limits(36, 70, 8, 190.0), _Limits(14, 24, 4, 120.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapScope:
    """How much of all relationships the wide map shows."""

    nodes: int
    all_nodes: int
    edges: int
    all_edges: int

    @property
    def whole(self) -> bool:
        """Whether nothing was left out."""
        return self.edges == self.all_edges


def draw(relationships: tuple[Relationship, ...], text_dimensions: frozenset[str]) -> Markup:
    """The map at both page widths, without relationships between categories; a narrow page shows fewer nodes."""
    edges = _edges(relationships)
    if not edges:
        return Markup("")
    return svg.both_widths(lambda width: _at(width, edges, text_dimensions))


def scope(relationships: tuple[Relationship, ...], text_dimensions: frozenset[str]) -> MapScope:
    """What the wide map shows."""
    every = _edges(relationships)
    nodes, edges = _chosen(every, text_dimensions, _WIDE)
    ends = {end for edge in every for end in (edge.source, edge.target)}
    return MapScope(nodes=len(nodes), all_nodes=len(ends), edges=len(edges), all_edges=len(every))


def _edges(relationships: tuple[Relationship, ...]) -> tuple[Relationship, ...]:
    edges = (edge for edge in relationships if edge.kind in MAPPED)
    return tuple(sorted(edges, key=lambda edge: (-edge.effect, edge.source, edge.target, edge.kind)))


def _chosen(
    edges: tuple[Relationship, ...], text_dimensions: frozenset[str], limits: _Limits
) -> tuple[dict[str, str], tuple[Relationship, ...]]:
    taken: dict[str, int] = defaultdict(int)
    first: list[Relationship] = []
    later: list[Relationship] = []
    for edge in edges:
        text = text_dimensions & {edge.source, edge.target}
        (first if any(taken[end] < limits.of_each_text for end in text) else later).append(edge)
        for end in text:
            taken[end] += 1
    nodes: dict[str, str] = {}
    chosen: list[Relationship] = []
    for edge in (*first, *later):
        ends = {edge.source: edge.source_name, edge.target: edge.target_name}
        if len(chosen) < limits.edges and len(nodes.keys() | ends.keys()) <= limits.nodes:
            nodes.update(ends)
            chosen.append(edge)
    return nodes, tuple(sorted(chosen, key=edges.index))


def _at(width: int, every: tuple[Relationship, ...], text_dimensions: frozenset[str]) -> Markup:
    limits = _WIDE if width == svg.WIDE else _NARROW
    nodes, edges = _chosen(every, text_dimensions, limits)
    order = sorted(nodes)
    names = [svg.fitted(nodes[node], limits.label, _TEXT_SIZE) for node in order]
    boxes = np.array([[svg.text_width(name, _TEXT_SIZE) + 22, _BOX_HEIGHT] for name in names])
    height = _height(width, len(order))
    links = [(order.index(edge.source), order.index(edge.target), edge.effect) for edge in edges]
    used = min(float(width), 200.0 + 100.0 * len(order))
    centres = force_layout.arrange(boxes, links, used, height)
    places = {node: (float(x) + (width - used) / 2, float(y)) for node, (x, y) in zip(order, centres, strict=True)}
    marks = [_edge(edge, places) for edge in reversed(edges)]
    neighbours = defaultdict(set)
    for edge in edges:
        neighbours[edge.source].add(edge.target)
        neighbours[edge.target].add(edge.source)
    for node, name, box in zip(order, names, boxes, strict=True):
        kind = "text" if node in text_dimensions else "coded"
        tip = f"{nodes[node]}: related to {figures.plural(len(neighbours[node]), 'other')} on this map"
        marks.append(_node(node, name, tip, centre=places[node], box_width=float(box[0]), kind=kind))
    strongest = "; ".join(f"{e.source_name} and {e.target_name} {figures.ratio(e.effect)}" for e in edges[:5])
    label = f"Map of {len(order)} dimensions and columns and {len(edges)} relationships. Strongest: {strongest}"
    return svg.drawing(width, height, label, *marks, class_="chart map")


def _height(width: int, nodes: int) -> float:
    if width == svg.WIDE:
        return min(680.0, max(260.0, 200.0 + 14.0 * nodes))
    return min(620.0, max(240.0, 160.0 + 26.0 * nodes))


def _edge(edge: Relationship, places: dict[str, tuple[float, float]]) -> Markup:
    (x1, y1), (x2, y2) = places[edge.source], places[edge.target]
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    bow = 0.09 * length
    middle_x = (x1 + x2) / 2 - (y2 - y1) / length * bow
    middle_y = (y1 + y2) / 2 + (x2 - x1) / length * bow
    curve = (
        " ".join(svg.number(value) for value in (x1, y1)),
        " ".join(svg.number(value) for value in (middle_x, middle_y, x2, y2)),
    )
    tip = (
        f"{edge.source_name} and {edge.target_name}: {edge.effect_name} {figures.ratio(edge.effect)}"
        f", {edge.kind}, n = {figures.count(edge.n)}"
    )
    return svg.element(
        "path", svg.title(tip), d=f"M{curve[0]}Q{curve[1]}", class_=f"edge {edge.kind}",
        stroke_width=1.2 + 7.0 * min(1.0, edge.effect), data_ends=f"{edge.source}\n{edge.target}",
    )  # fmt: skip


def _node(node: str, name: str, tip: str, *, centre: tuple[float, float], box_width: float, kind: str) -> Markup:
    x, y = centre
    box = svg.element(
        "rect", x=x - box_width / 2, y=y - _BOX_HEIGHT / 2, width=box_width, height=_BOX_HEIGHT, rx=_BOX_HEIGHT / 2
    )
    text = svg.element("text", name, x=x, y=y + 4.5, text_anchor="middle")
    return svg.element("g", svg.title(tip), box, text, class_=f"node {kind}", data_node=node)
