"""The values of a piece, path by path: from the cells of its columns, and from what stands in nested ones."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from rlm_pipeline.analysis.json_analyst.kinds import ARRAY, NULL, OBJECT, STRING, Kinds, Mask, Places, kinds_of
from rlm_pipeline.analysis.json_analyst.paths import Node, Tree, steps_of
from rlm_pipeline.analysis.json_analyst.piece import Piece
from rlm_pipeline.analysis.json_analyst.values import Shapes, Values, joined, none_at
from rlm_pipeline.analysis.json_analyst.walking import Heap, Walk
from rlm_pipeline.sources.json_files.notation import Step


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
    found = {node: _settle(parts, cells.walk.heaps.get(node)) for node, parts in cells.parts_of_nodes().items()}
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
        for node, heap in self.walk.heaps.items():
            self._parts.setdefault(node, []).append(heap.values(node))
        return self._parts

    def take_columns(self) -> None:
        """Take in the cells of all columns."""
        family = self._piece.family
        for column, name in enumerate(self._piece.cells.columns):
            cells = self._piece.cells.get_column(name)
            if name in family.rest:
                filled = np.flatnonzero(cells.is_not_null().to_numpy())
                for record, text in zip(filled.tolist(), cells.drop_nulls(), strict=True):
                    self.walk.take_rest(family.rest[name], text, record, column)
                continue
            kinds = self._kinds(cells)
            nested = np.flatnonzero((kinds == OBJECT) | (kinds == ARRAY))
            for record, text in zip(nested.tolist(), cells.gather(nested), strict=True):
                self.walk.take(family.columns[name], text, record, column)
            records = np.flatnonzero(kinds < OBJECT)
            if len(records):
                self._take(family.columns[name], records, kinds[records], cells, column)

    def take_nulls(self) -> None:
        """Take in nulls at paths that have no column."""
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, self._piece.records)
        for name, records in self._piece.nulls.items():
            if name not in self._piece.cells.columns and not self._tree.ignored_column(name):
                node = self._tree.node(steps_of(name))
                if node is not None:
                    self._take(node, records, np.full(len(records), NULL, np.uint8), nothing, -1)

    def _kinds(self, cells: pl.Series) -> Kinds:
        kinds = kinds_of(cells)
        for noted, kind in ((self._piece.strings, STRING), (self._piece.blanks, STRING), (self._piece.nulls, NULL)):
            if cells.name in noted:
                kinds[noted[cells.name]] = kind
        return kinds

    def _take(self, node: Node, records: Places, kinds: Kinds, cells: pl.Series, column: int) -> None:
        texts = cells.gather(records).alias("")
        if texts.null_count() and (kinds == STRING).any():
            blank = pl.Series(kinds == STRING) & texts.is_null()
            texts = texts.to_frame().select(pl.when(blank).then(pl.lit("")).otherwise(pl.first())).to_series()
        nothing = np.full(len(records), -1, np.int64)
        part = Values(
            node=node,
            records=records.astype(np.int64),
            kinds=kinds,
            texts=texts.alias(""),
            sizes=nothing,
            owners=nothing,
            columns=np.full(len(records), column, np.int64),
        )
        self._parts.setdefault(node, []).append(part)
        self.depths[records] = np.maximum(self.depths[records], len(node.steps))


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
    members = [child for child in node.below.values() if child.single]
    keys = np.array([_single(child, found, values, piece) for child in members], np.bool_).reshape(len(members), size)
    own = found[node].values if node in found else none_at(node)
    has = np.zeros(size, np.bool_)
    has[own.records] = True
    counts = keys.sum(axis=0, dtype=np.int64) + _counted(node, Step.ANY, found, size)
    # Records that are arrays of one length have a column for each element.
    elements = np.zeros(size, np.int64) if node.steps else _counted(node, Step.ITEMS, found, size)
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


def _counted(node: Node, step: Step, found: dict[Node, _Settled], size: int) -> Places:
    child = node.below.get(step)
    records = found[child].values.records if child in found else np.zeros(0, np.int64)
    return np.bincount(records, minlength=size)


def _implied(node: Node, records: Mask, kind: int) -> Values:
    """Objects and arrays that have no cell of their own."""
    places = np.flatnonzero(records)
    nothing = np.full(len(places), -1, np.int64)
    return Values(
        node=node,
        records=places,
        kinds=np.full(len(places), kind, np.uint8),
        texts=pl.Series([None], dtype=pl.String).new_from_index(0, len(places)),
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
    heaped = np.array(settled.heap.shapes, np.int64)
    of_order = np.array([place[tuple(sorted(keys))] for keys in settled.heap.orders] or [0], np.int64)
    codes[settled.places] = np.where(heaped < 0, -1, of_order[heaped])
    return replace(values, owners=owners, shapes=Shapes(keys=tuple(distinct), codes=codes))
