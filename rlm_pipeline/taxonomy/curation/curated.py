"""The categories of a dimension as a person decided: merged, split, kept, left out, named."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, zip_longest

from rlm_pipeline.taxonomy.curation.changes import Changes, Split
from rlm_pipeline.taxonomy.document import Category, Citation, Dimension, Lineage
from rlm_pipeline.taxonomy.exemplars import NEAREST

_MOST_KEYWORDS = 12


def applied(dimension: Dimension, changes: Changes) -> Dimension:
    """The dimension with the changes made to its categories; counts are of before."""
    groups = {each.parent for each in dimension.categories if each.parent}
    categories = {each.id: each for each in dimension.categories}
    for identity, category in changes.kept.items():
        categories[identity] = _kept(category, categories)
    for split in changes.splits:
        categories[split.id] = _split_off(split, categories, groups, changes)
    for first, members in changes.merged.items():
        _merge(categories, first, members, dimension)
    for identity in changes.forbidden:
        categories.pop(identity, None)
    published = [each for each in categories.values() if each.id not in groups or _has_children(each, categories)]
    while len(published) < len(categories):  # a group of groups that have lost theirs
        categories = {each.id: each for each in published}
        published = [each for each in categories.values() if each.id not in groups or _has_children(each, categories)]
    names, definitions = changes.names, changes.definitions
    return dimension.model_copy(
        update={
            "name": names.get(dimension.id, dimension.name),
            "definition": definitions.get(dimension.id, dimension.definition),
            "categories": tuple(_named(each, names, definitions) for each in published),
            "retired": tuple(each for each in dimension.retired if each.id not in categories),
        }
    )


def without(dimension: Dimension, empty: Iterable[str]) -> Dimension:
    """The dimension without these leaves, and without groups that have no others."""
    left_out = set(empty)
    before = {each.parent for each in dimension.categories if each.parent}
    categories = [each for each in dimension.categories if each.id not in left_out]
    now = {each.parent for each in categories if each.parent}
    return dimension.model_copy(
        update={"categories": tuple(each for each in categories if each.id not in before - now)}
    )


def _kept(category: Category, categories: Mapping[str, Category]) -> Category:
    parent = category.parent if category.parent in categories else None
    lineage = Lineage(state="continued", former=(category.id,))
    update = {"parent": parent, "lineage": lineage, "border_cases": (), **_not_estimated()}
    return category.model_copy(update=update)


def _split_off(split: Split, categories: Mapping[str, Category], groups: set[str], changes: Changes) -> Category:
    """Under the group it is split off, or beside the category."""
    origin = categories.get(split.origin) or categories[changes.merged[split.origin][-1]]
    decision = split.decision
    rules = []
    if decision.words:
        rules.append(f"hold {' or '.join(f'“{each}”' for each in decision.words)}")
    if decision.pattern:
        rules.append(f"match the pattern {decision.pattern}")
    if decision.rows:
        rules.append(f"are those of {', '.join(decision.rows)}")
    name = changes.names.get(origin.id, origin.name)
    return Category(
        id=split.id,
        name=decision.split_off,
        definition=decision.definition or f"Of what says “{name}”, the statements that {' or '.join(rules)}.",
        parent=origin.id if origin.id in groups else origin.parent,
        status="established",
        keywords=decision.words,
        named_by="person",
        lineage=Lineage(state="split", former=(origin.id,)),
    )


def _merge(categories: dict[str, Category], first: str, members: Sequence[str], dimension: Dimension) -> None:
    """Put the members into the first: groups with what is below them, in the place of the first that there is."""
    present = [categories[each] for each in members if each in categories]
    ended = {each.id: each.name for each in dimension.retired}
    lead = present[0]
    names = [*([ended[first]] if first not in categories and first in ended else []), *(each.name for each in present)]
    update: dict[str, object] = {
        "id": first,
        "name": names[0],
        "keywords": _in_turn([each.keywords for each in present])[:_MOST_KEYWORDS],
        "exemplars": _in_turn([each.exemplars for each in present])[:NEAREST],
        "border_cases": (),
        "status": "established",
    }
    if len(present) > 1 or first != lead.id:
        united = "; ".join(f"“{each.name}”: {each.definition}" for each in present)
        update |= {
            "definition": f"Merged of {' and '.join(f'“{each}”' for each in names)}. {united}",
            "lineage": Lineage(state="merged", former=tuple(dict.fromkeys((first, *(each.id for each in present))))),
            **_not_estimated(),
        }
        merged = lead.model_copy(update=update)
    else:
        merged = lead
    gone = {each.id for each in present}
    order = list(categories.values())
    categories.clear()
    for each in order:
        if each.id == lead.id:
            categories[first] = merged
        elif each.id not in gone:
            parent = first if each.parent in gone else each.parent
            categories[each.id] = each.model_copy(update={"parent": parent})


def _in_turn(of_each: Sequence[tuple[str, ...]] | Sequence[tuple[Citation, ...]]) -> tuple[object, ...]:
    """The first of each, then the second of each; what is there twice once."""
    turns = chain.from_iterable(zip_longest(*of_each))
    return tuple(dict.fromkeys(each for each in turns if each is not None))


def _not_estimated() -> dict[str, object]:
    return {"stability": None, "containment": None, "distinctiveness": None}


def _has_children(category: Category, categories: Mapping[str, Category]) -> bool:
    return any(each.parent == category.id for each in categories.values())


def _named(category: Category, names: Mapping[str, str], definitions: Mapping[str, str]) -> Category:
    update: dict[str, object] = {}
    if category.id in names and names[category.id] != category.name:
        update = {"name": names[category.id], "named_by": "person"}
    if category.id in definitions:
        update["definition"] = definitions[category.id]
    return category.model_copy(update=update) if update else category
