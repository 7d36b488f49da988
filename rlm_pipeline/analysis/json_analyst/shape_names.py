"""What shapes of objects are called: by what tells them from the others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from rlm_pipeline.analysis.json_analyst.deciding import Deciding
from rlm_pipeline.analysis.observation import number_of, shown

_USUAL: Final = 0.3  # share of the objects that have the shape others are held against
_ALIKE = 4  # keys that two shapes differ by, at most, to be called by the difference
_TELLING = 0.25  # share of the objects that have a key which stands for a group of shapes, at most
_KEYS_NAMED = 3
_LONGEST_KEY = 40

Keys = tuple[str, ...]


def names(named: Sequence[Keys], counts: Counter[Keys], decided: Deciding | None) -> list[str]:
    """A name for each shape of `named`, the most frequent first, none twice."""
    objects = _objects(counts)
    usual = named[0] if counts[named[0]] >= _USUAL * counts.total() else None
    labels: list[str] = []
    for keys in named:
        if len(named) == 1 and keys:
            label = _listed(keys, ", ")
        elif decided is not None and keys in decided.values:
            label = f"{decided.key} = {_listed(decided.values[keys], ' | ')}"
        else:
            label = _name(keys, usual, objects, counts.total())
        if label in labels:
            label = f"{label} [{number_of(len(keys), 'key')}]"
        times = sum(each == label or each.startswith(f"{label} #") for each in labels)
        labels.append(f"{label} #{times + 1}" if times else label)
    return labels


def groups(counts: Counter[Keys], most: int) -> tuple[list[str], dict[Keys, int]]:
    """Groups of shapes by a key that few objects have, and the group of each shape.

    Each time the key is taken that most of the objects not yet in a group have.
    """
    objects = _objects(counts)
    rare = {key for key, count in objects.items() if count <= _TELLING * counts.total()}
    left = dict(counts)
    labels: list[str] = []
    codes: dict[Keys, int] = {}
    while left and len(labels) < most:
        covered = _objects({keys: count for keys, count in left.items() if rare.intersection(keys)})
        candidates = [key for key in covered if key in rare]
        if not candidates:
            break
        key = min(candidates, key=lambda each: (-covered[each], each))
        for keys in [keys for keys in left if key in keys]:
            codes[keys] = len(labels)
            del left[keys]
        labels.append(f"with {_short(key)}")
    return labels, codes


def _objects(counts: Mapping[Keys, int]) -> Counter[str]:
    """How many objects have each key."""
    found: Counter[str] = Counter()
    for keys, count in counts.items():
        for key in keys:
            found[key] += count
    return found


def _name(keys: Keys, usual: Keys | None, objects: Counter[str], total: int) -> str:
    """A shape by its difference from the usual one, or by its rarest keys."""
    if not keys:
        return "without keys"
    if usual is not None:
        added, missing = sorted(set(keys) - set(usual)), sorted(set(usual) - set(keys))
        if not added and not missing:
            return f"usual {number_of(len(keys), 'key')}"
        if len(added) + len(missing) <= _ALIKE:
            parts = [f"with {', '.join(map(_short, added))}"] if added else []
            parts += [f"without {', '.join(map(_short, missing))}"] if missing else []
            return " ".join(parts)
    telling = [key for key in keys if objects[key] < total] or list(keys)
    return f"with {_listed(sorted(telling, key=lambda key: (objects[key], key)), ', ')}"


def _listed(keys: Sequence[str], between: str) -> str:
    more = f" +{len(keys) - _KEYS_NAMED}" if len(keys) > _KEYS_NAMED else ""
    return between.join(map(_short, keys[:_KEYS_NAMED])) + more


def _short(key: str) -> str:
    quoted = shown(key, _LONGEST_KEY)
    return quoted[1:-1] if key and key.strip() == key else quoted
