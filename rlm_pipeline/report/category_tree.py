"""A dimension's categories as the page walks them: parents with their leaves, tentative ones apart."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from rlm_pipeline.taxonomy.document import Category, Dimension


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One category and what lies below it; `anchor` is its place on the page."""

    category: Category
    anchor: str
    children: tuple["Branch", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryTree:
    """Established branches, tentative leaves flat; `whole` keeps tentative leaves at their parents; largest first."""

    whole: tuple[Branch, ...]
    established: tuple[Branch, ...]
    tentative: tuple[Branch, ...]

    @property
    def leaves(self) -> tuple[Branch, ...]:
        """Established leaves, largest first."""
        return tuple(sorted(_leaves(self.established), key=_largest_first))

    @property
    def counted(self) -> tuple[Branch, ...]:
        """Established and tentative leaves: each labelled record is in exactly one of them."""
        return (*self.leaves, *self.tentative)


def grow(dimension: Dimension) -> CategoryTree:
    """Arrange a dimension's flat list of categories; a parent with no established leaf below it is left out."""
    known = {category.id for category in dimension.categories}
    below: dict[str | None, list[Category]] = defaultdict(list)
    for category in dimension.categories:
        below[category.parent if category.parent in known else None].append(category)
    tentative = [c for c in dimension.categories if c.status == "tentative" and c.id not in below]

    def branches(parent: str | None, apart: set[str]) -> tuple[Branch, ...]:
        grown = []
        for category in below[parent]:
            children = branches(category.id, apart) if category.id in below else ()
            if category.id not in apart and (children or category.id not in below):
                grown.append(Branch(category=category, anchor=anchor(dimension, category.id), children=children))
        return tuple(sorted(grown, key=_largest_first))

    def flat(categories: list[Category]) -> tuple[Branch, ...]:
        placed = (Branch(category=category, anchor=anchor(dimension, category.id)) for category in categories)
        return tuple(sorted(placed, key=_largest_first))

    return CategoryTree(
        whole=branches(None, set()),
        established=branches(None, {category.id for category in tentative}),
        tentative=flat(tentative),
    )


def anchor(dimension: Dimension, category_id: str) -> str:
    """The id of a category's row on the page, unique over dimensions and free of spaces."""
    return "-".join(f"category {dimension.id} {category_id}".split())


def _leaves(branches: tuple[Branch, ...]) -> Iterator[Branch]:
    for branch in branches:
        if branch.children:
            yield from _leaves(branch.children)
        else:
            yield branch


def _largest_first(branch: Branch) -> tuple[int, str, str]:
    return (-branch.category.count, branch.category.name, branch.category.id)
