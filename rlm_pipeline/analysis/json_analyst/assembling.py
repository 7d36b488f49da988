"""The values of a piece, path by path: from the cells of its columns, and from what stands in nested ones."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from rlm_pipeline.analysis.json_analyst.kinds import ARRAY, NULL, OBJECT, STRING, Kinds, Mask, Places, kinds_of
from rlm_pipeline.analysis.json_analyst.paths import Node, Tree, steps_of
from rlm_pipeline.analysis.json_analyst.piece import Piece
from rlm_pipeline.analysis.json_analyst.values import Shapes, Values, joined, none_at
from rlm_pipeline.analysis.json_analyst.walking import Heap, Walk

_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """What the records of a piece hold: the values of each path, those above before those below.

    `depths` are the levels of arrays and objects of each record, int64, shape (records,); `names` are the columns that
    values say they stand in.
    """

    piece: Piece
    values: dict[Node, Values]
    depths: Places
    names: tuple[str, ...]


def assemble(piece: Piece, tree: Tree) -> Assembled:
    """The values of a piece.

    Raises:
        BrokenValueError: a cell is not as the reader wrote it.

    """
    cells = _Cells(piece, tree)
    cells.take_columns()
    cells.take_nulls()
    heaps = {node: heap for node, heap in cells.walk.heaps.items() if heap.codes}
    found = {node: _settle(parts, heaps.get(node)) for node, parts in cells.parts_of_nodes().items()}
    values: dict[Node, Values] = {}
    _single(tree.root, found, values, piece)
    ordered: dict[Node, Values] = {}
    for node in tree.root.walk():
        if node.single:
            if node in values:
                ordered[node] = values[node]
        elif node in found and node.above is not None:
            ordered[node] = _repeated(found[node], found.get(node.above), ordered[node.above])
    depths = np.maximum(cells.depths, cells.walk.depths)
    return Assembled(piece=piece, values=ordered, depths=depths, names=tuple(piece.cells.columns))


class _Cells:
    """Takes in the cells of a piece: scalars column by column, nested ones by taking them apart."""

    def __init__(self, piece: Piece, tree: Tree) -> None:
        self.walk = Walk(tree, piece.records)
        self.depths = np.zeros(piece.records, np.int64)
        self._parts: dict[Node, list[Values]] = {}
        self._piece = piece
        self._tree = tree

    def parts_of_nodes(self) -> dict[Node, list[Values]]:
        """What was found at each path, in parts; the last is from nested cells where there are any."""
        for node, values in self.walk.found().items():
            self._parts.setdefault(node, []).append(values)
        return self._parts

    def take_columns(self) -> None:
        """Take in the cells of all columns, whose kinds are found at once."""
        family, columns = self._piece.family, self._piece.cells.get_columns()
        filled = [np.flatnonzero(cells.is_not_null().to_numpy()) for cells in columns]
        texts = pl.concat([pl.Series([], dtype=pl.String), *(cells.drop_nulls().alias("") for cells in columns)])
        kinds = kinds_of(texts)
        start = 0
        for column, (cells, records) in enumerate(zip(columns, filled, strict=True)):
            words, reads = texts.slice(start, len(records)), kinds[start : start + len(records)]
            start += len(records)
            if cells.name in family.rest:
                for record, text in zip(records.tolist(), words, strict=True):
                    self.walk.take_rest(family.rest[cells.name], text, record, column)
                continue
            reads[np.isin(records, self._piece.strings.get(cells.name, _NONE))] = STRING
            self._take_cells(cells.name, column, records, words, reads)

    def _take_cells(self, name: str, column: int, records: Places, texts: pl.Series, kinds: Kinds) -> None:
        """Take in a column: what its cells hold, and the values that are empty strings or null."""
        node, nested = self._piece.family.columns[name], kinds >= OBJECT
        if nested.any():
            for record, text in zip(records[nested].tolist(), texts.filter(pl.Series(nested)), strict=True):
                self.walk.take(node, text, record, column)
            texts, records, kinds = texts.filter(pl.Series(~nested)), records[~nested], kinds[~nested]
        blanks, nulls = self._piece.blanks.get(name, _NONE), self._piece.nulls.get(name, _NONE)
        self._take(node, records, kinds, texts, column)
        self._take(node, blanks, _kinds(STRING, blanks), _alike("", len(blanks)), column, size=0)
        self._take(node, nulls, _kinds(NULL, nulls), _alike(None, len(nulls)), column)

    def take_nulls(self) -> None:
        """Take in nulls at paths that have no column."""
        known = frozenset(self._piece.cells.columns)
        for name, records in self._piece.nulls.items():
            if name not in known and not self._tree.ignored_column(name):
                node = self._tree.node(steps_of(name))
                if node is not None:
                    self._take(node, records, _kinds(NULL, records), _alike(None, len(records)), -1)

    def _take(
        self, node: Node, records: Places, kinds: Kinds, texts: pl.Series, column: int, *, size: int = -1
    ) -> None:
        if not len(records):
            return
        part = Values(
            node=node,
            records=records,
            kinds=kinds,
            texts=texts,
            sizes=np.full(len(records), size, np.int64),
            owners=np.full(len(records), -1, np.int64),
            columns=np.full(len(records), column, np.int64),
        )
        self._parts.setdefault(node, []).append(part)
        self.depths[records] = np.maximum(self.depths[records], len(node.steps))


def _kinds(kind: int, records: Places) -> Kinds:
    return np.full(len(records), kind, np.uint8)


def _alike(text: str | None, count: int) -> pl.Series:
    return pl.Series([text], dtype=pl.String).new_from_index(0, count)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """The values of a path, without owners; `places` are where those from nested cells are among them."""

    values: Values
    places: Places
    heap: Heap | None


def _settle(parts: list[Values], heap: Heap | None) -> _Settled:
    values, places = joined(parts)
    return _Settled(values=values, places=places[len(places) - (len(parts[-1]) if heap else 0) :], heap=heap)


def _single(node: Node, found: dict[Node, _Settled], values: dict[Node, Values], piece: Piece) -> Mask:
    """Put together a path that a record has at most once, and such ones below it; which records have it."""
    size = piece.records
    members = list(node.below.values()) if node.single else []
    keys = np.array([_single(child, found, values, piece) for child in members], np.bool_).reshape(len(members), size)
    own = found[node].values if node in found else none_at(node)
    has = np.zeros(size, np.bool_)
    has[own.records] = True
    counts = keys.sum(axis=0, dtype=np.int64) + _counted(node.any, found, size)
    # Records that are arrays of one length have a column for each element.
    elements = np.zeros(size, np.int64) if node.steps else _counted(node.items, found, size)
    arrays = (elements > 0) & ~has
    objects = (counts > 0) & ~has
    if not node.steps and not piece.family.hidden:
        objects = ~has & ~arrays
    has |= arrays | objects
    whole = joined([own, _implied(node, objects, OBJECT), _implied(node, arrays, ARRAY)])[0]
    if len(whole):
        sizes = np.where(whole.is_object, counts[whole.records], whole.sizes)
        sizes = np.where((whole.columns < 0) & (whole.kinds == ARRAY), elements[whole.records], sizes)
        shapes = None if node.is_map else _shapes([str(child.key) for child in members], keys, whole)
        above = values.get
        values[node] = replace(whole, sizes=sizes, shapes=shapes)
        for child in members:
            below = above(child)
            if below is not None:
                values[child] = replace(below, owners=np.searchsorted(whole.records, below.records))
    return has


def _counted(node: Node | None, found: dict[Node, _Settled], size: int) -> Places:
    """How many values each record has at a path."""
    return np.bincount(found[node].values.records if node in found else _NONE, minlength=size)


def _implied(node: Node, records: Mask, kind: int) -> Values:
    """Objects and arrays that have no cell of their own."""
    places = np.flatnonzero(records)
    nothing = np.full(len(places), -1, np.int64)
    return Values(
        node=node,
        records=places,
        kinds=np.full(len(places), kind, np.uint8),
        texts=_alike(None, len(places)),
        sizes=nothing,
        owners=nothing,
        columns=nothing,
    )


def _shapes(names: list[str], keys: Mask, whole: Values) -> Shapes:
    """The shapes of objects from which of their keys are there: `keys` has a row for each of `names`."""
    rows = np.packbits(keys[:, whole.records[whole.is_object]], axis=0).T
    codes = np.full(len(whole), -1, np.int64)
    if not rows.size:
        codes[whole.is_object] = 0
        return Shapes(keys=((),), codes=codes)
    distinct, inverse = np.unique(
        np.ascontiguousarray(rows).view([("", rows.dtype)] * rows.shape[1]), return_inverse=True
    )
    codes[whole.is_object] = inverse.ravel()
    bits = np.unpackbits(distinct.view(rows.dtype).reshape(len(distinct), -1), axis=1)[:, : len(names)]
    return Shapes(keys=tuple(tuple(sorted(names[at] for at in np.flatnonzero(row))) for row in bits), codes=codes)


def _repeated(settled: _Settled, above: _Settled | None, owner: Values) -> Values:
    """Put together a path that a record can have several times."""
    values = settled.values
    if owner.node.single or above is None:
        owners = np.searchsorted(owner.records, values.records)
    else:
        owners = above.places[values.owners]
    if settled.heap is None or values.node.is_map:
        return replace(values, owners=owners)
    distinct = sorted({tuple(sorted(keys)) for keys in settled.heap.orders})
    place = {keys: code for code, keys in enumerate(distinct)}
    codes = np.full(len(values), -1, np.int64)
    if settled.heap.shapes:
        objects, orders = np.array(settled.heap.objects, np.int64), np.array(settled.heap.shapes, np.int64)
        of_order = np.array([place[tuple(sorted(keys))] for keys in settled.heap.orders], np.int64)
        codes[settled.places[objects]] = of_order[orders]
    return replace(values, owners=owners, shapes=Shapes(keys=tuple(distinct), codes=codes))
