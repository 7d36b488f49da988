"""Places for labelled nodes: related ones near each other, no two labels on top of one another, no chance involved."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_ROUNDS, _PUSHES = 400, 600
_GAP, _EDGE = 12.0, 2.0  # pixels between boxes, and to the edge of the canvas


def arrange(boxes: Array, links: list[tuple[int, int, float]], width: float, height: float) -> Array:
    """Centres, shape (n, 2), of boxes of `boxes` pixels, shape (n, 2), inside a `width` x `height` canvas.

    Fruchterman and Reingold (1991) from a fixed start on a spiral, heaviest nodes in the middle; then overlapping
    boxes are pushed apart along the axis of least overlap. `links` are (i, j, weight in 0..1).
    """
    n = len(boxes)
    if n == 0:
        return np.zeros((0, 2))
    weights = np.zeros((n, n))
    for i, j, weight in links:
        weights[i, j] = weights[j, i] = max(weights[i, j], weight)
    placed = _to_canvas(_spring(_spiral(weights), weights), boxes, width, height)
    return _apart(placed, boxes, width, height)


def _spiral(weights: Array) -> Array:
    n = len(weights)
    rank = np.empty(n)
    rank[np.argsort(-weights.sum(axis=1), kind="stable")] = np.arange(n)
    radius, angle = np.sqrt((rank + 0.5) / n), rank * np.pi * (3 - np.sqrt(5))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _spring(at: Array, weights: Array) -> Array:
    spacing = 1.2 / np.sqrt(len(at))
    for turn in range(_ROUNDS):
        apart: Array = at[:, None, :] - at[None, :, :]
        distance = np.maximum(np.sqrt((apart**2).sum(axis=2)), 1e-3)
        force = spacing**2 / distance**2 - weights * distance / spacing
        move = (apart * force[:, :, None]).sum(axis=1) - 0.9 * at
        length = np.maximum(np.sqrt((move**2).sum(axis=1, keepdims=True)), 1e-9)
        at = at + move / length * np.minimum(length, 0.12 * (1 - turn / _ROUNDS) + 0.002)
    return at


def _to_canvas(at: Array, boxes: Array, width: float, height: float) -> Array:
    low, high = at.min(axis=0), at.max(axis=0)
    unit = (at - low) / np.maximum(high - low, 1e-9) if len(at) > 1 else np.full((1, 2), 0.5)
    margin = boxes.max(axis=0) / 2 + 4
    placed: Array = margin + unit * (np.array([width, height]) - 2 * margin)
    return placed


def _apart(at: Array, boxes: Array, width: float, height: float) -> Array:
    # Plain floats: half a million pushes are ten times slower on arrays of two numbers.
    x, y = at[:, 0].tolist(), at[:, 1].tolist()
    half = [(box_width / 2, box_height / 2) for box_width, box_height in boxes.tolist()]
    for _ in range(_PUSHES):
        if sum(_push(x, y, half, i, j) for i in range(len(x)) for j in range(i)) == 0:
            break
        for i, (across, down) in enumerate(half):
            x[i] = min(max(x[i], across + _EDGE), width - across - _EDGE)
            y[i] = min(max(y[i], down + _EDGE), height - down - _EDGE)
    return np.array([x, y]).T


def _push(x: list[float], y: list[float], half: list[tuple[float, float]], i: int, j: int) -> bool:
    across = half[i][0] + half[j][0] + _GAP - abs(x[i] - x[j])
    down = half[i][1] + half[j][1] + _GAP - abs(y[i] - y[j])
    if across <= 0 or down <= 0:
        return False
    moved, overlap = (x, across) if across < down else (y, down)
    step = (overlap / 2 + 0.5) * (1 if moved[i] >= moved[j] else -1)
    moved[i] += step
    moved[j] -= step
    return True
