"""Which dimension or category a decision is about: by its id, or by its name as published or as found."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rlm_pipeline.errors import RlmError
from rlm_pipeline.taxonomy.categorical import dimension_id
from rlm_pipeline.taxonomy.document import Category, Dimension


class DoesNotFit(RlmError):
    """A decision that cannot be carried out as things are; told, and nothing else comes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The categories of a dimension by id, and their names: as `found`, and as `published` where these differ.

    `pinned` are the names of pinned categories; `kept` those of them that discovery finds no longer. `made` are ids of
    split-off categories.
    """

    dimension: Dimension
    pinned: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, Category] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict)
    published: Mapping[str, str] = field(default_factory=dict)

    @property
    def found(self) -> dict[str, str]:
        """Id -> name."""
        own = {each.id: each.name for each in self.dimension.categories}
        return {**own, **{each.id: each.name for each in self.kept.values()}, **self.made}

    def category(self, reference: str, *, as_found: bool = False, ended: bool = False) -> str:
        """The id of the category of that id or name; of equal names the published one, or the one that is `as_found`.

        With `ended`, also one that discovery finds no longer.

        Raises:
            DoesNotFit: there is none, there are several, or it is found no longer.

        """
        found = self.found
        published = {identity: self.published.get(identity, name) for identity, name in found.items()}
        if reference in found:
            return reference
        for names in (found, published) if as_found else (published, found):
            if one := _one(reference, names):
                return one
        former = {each.id: each.name for each in self.dimension.retired}
        past = reference if reference in former else _one(reference, former)
        if past and ended:
            return past
        if past:
            raise DoesNotFit(f"the category “{former[past]}” is no longer found")
        raise DoesNotFit(f"there is no category “{reference}”{_nearest(reference, published.values())}")


def dimension_of(dimensions: Sequence[Dimension], reference: str, published: Mapping[str, str]) -> Dimension:
    """The dimension of that id, name (as found or as published) or column.

    Raises:
        DoesNotFit: there is none, or there are several of that name.

    """
    by_id = {each.id: each for each in dimensions}
    if reference in by_id:
        return by_id[reference]
    found = {each.id: each.name for each in dimensions}
    for names in ({**found, **published}, found):
        if one := _one(reference, names):
            return by_id[one]
    of_column = [each for each in dimensions if each.facet.casefold() == reference.casefold()]
    main = [each for each in of_column if each.id == dimension_id(each.facet)]
    if main or len(of_column) == 1:
        return (main or of_column)[0]
    raise DoesNotFit(f"there is no dimension “{reference}”{_nearest(reference, found.values())}")


def _one(reference: str, names: Mapping[str, str]) -> str | None:
    same = sorted(identity for identity, name in names.items() if name.casefold() == reference.casefold())
    if len(same) > 1:
        raise DoesNotFit(f"“{reference}” is the name of {len(same)}: {', '.join(same)}; write the id of the one meant")
    return same[0] if same else None


def _nearest(reference: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(reference, sorted(names), n=3, cutoff=0.5)
    return f"; the most similar are {', '.join(f'“{each}”' for each in near)}" if near else ""
