import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.taxonomy import naming, terms
from tests.engine.taxonomy.letters import MATTERS, letters
from tests.engine.taxonomy.test_graph import on_sphere


def named(texts, labels, centres=None, taken=()):
    labels = np.asarray(labels, dtype=np.int32)
    centres = on_sphere(int(labels.max()) + 1, 8, 0) if centres is None else centres
    return naming.name_all(terms.count(texts, labels), centres, taken=taken)


def test_a_category_is_named_by_its_own_words():
    texts, matters = letters(300)
    order = list(MATTERS)

    found = named(texts, [order.index(matter) for matter in matters])

    for matter, category in zip(order, found, strict=True):
        own = {word.lower() for fragments in MATTERS[matter] for fragment in fragments for word in fragment.split()}
        words = {word.lower() for term in category.name.split(", ") for word in term.split()}
        assert words <= own
        assert 2 <= len(category.name.split(", ")) <= 4
        assert category.name[0].isupper()


def test_siblings_are_told_apart_even_if_they_share_their_most_frequent_word():
    printers = [f"printer {word} again" for word in ("jams", "jams paper", "paper stuck", "jams tray")] * 5
    toners = [f"printer {word} again" for word in ("toner empty", "toner low", "faded toner", "toner smears")] * 5

    left, right = named([*printers, *toners], [0] * 20 + [1] * 20)

    assert "jam" in left.name.lower()
    assert "toner" in right.name.lower()
    assert not {"printer", "again"} & {keyword.lower() for each in (left, right) for keyword in each.keywords}
    assert right.name in left.definition


def test_no_name_repeats_a_stem_or_holds_a_function_word():
    texts = ["the printer and the printers print printing badly with smudges", "we cannot pay the invoice"] * 10

    first, _ = named(texts, [0, 1] * 10)

    assert sum(term.lower().startswith("print") for term in first.name.replace(",", "").split()) == 1
    assert not {"the", "and", "with", "we"} & set(first.name.lower().replace(",", "").split())


def test_words_are_shown_as_they_are_mostly_written():
    texts = ["VPN drops in London", "the VPN fails", "vpn down in London", "Coffee is cold", "coffee tastes bad"] * 4

    first, second = named(texts, [0, 0, 0, 1, 1] * 4)

    assert {"VPN", "London"} <= set(first.keywords)
    assert "coffee" in second.keywords


@settings(deadline=None, max_examples=40)
@given(
    words=st.lists(st.sampled_from(["jam", "toner", "login", "vpn"]), min_size=6, max_size=30), seed=st.integers(0, 9)
)
def test_no_name_is_given_twice_however_alike_the_categories(words, seed):
    labels = np.random.default_rng(seed).integers(0, 5, len(words) * 3)
    labels = np.unique(labels, return_inverse=True)[1]

    found = named([f"{word} {word}s" for word in words] * 3, labels, taken=["Jam, toner"])

    names = [category.name.casefold() for category in found]
    assert len(set(names)) == len(names)
    assert "jam, toner" not in names


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("issue_description", "Issue description"),
        ("IssueDescription", "Issue description"),
        ("NARRATIVE", "Narrative"),
        ("RESOLUTION_NOTES", "Resolution notes"),
        ("Resolution Description", "Resolution description"),
        ("CRM_level", "CRM level"),
        ("", ""),
    ],
)
def test_a_column_is_called_as_a_person_would(column, name):
    assert naming.humanised(column) == name
