"""How well mined log templates group the messages of a labelled log."""

from collections.abc import Hashable, Sequence

from rlm_pipeline.errors import InvariantError


def grouping_accuracy(predicted: Sequence[Hashable], truth: Sequence[Hashable]) -> float:
    """The share of messages whose predicted group has exactly the members of their true group, 0 to 1.

    Zhu et al., "Tools and Benchmarks for Automated Log Parsing", ICSE-SEIP 2019, section III-B (there: parsing
    accuracy). Both sequences name each message's group, in the same order; 1.0 where there is no message.

    Raises:
        InvariantError: the sequences differ in length.

    """
    if len(predicted) != len(truth):
        raise InvariantError(f"{len(predicted):,} predicted groups for {len(truth):,} labelled messages")
    found, true = _members(predicted), _members(truth)
    right = sum(len(members) for members in found.values() if members == true[truth[members[0]]])
    return right / len(truth) if truth else 1.0


def _members(groups: Sequence[Hashable]) -> dict[Hashable, list[int]]:
    """The places of each group's messages, ascending."""
    members: dict[Hashable, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    return members
