import json
from collections import Counter

import pytest

from rlm_pipeline.errors import NotMaterialised
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import dimensions
from rlm_pipeline.taxonomy.exemplars import LONGEST_QUOTE, quote_of
from tests.engine.taxonomy.letters import MATTERS, letters
from tests.engine.taxonomy.stored import CONFIG, SECRET, YEARS, desk, put


def by_facet(found):
    return {dimension.facet: dimension for dimension in found.dimensions}


def test_the_matters_of_the_letters_are_found(discovered):
    dimension = by_facet(discovered[2])["LetterText"]

    assert dimension.gate == "passed"
    assert len(dimension.categories) == len(MATTERS)
    assert {category.status for category in dimension.categories} == {"established"}
    assert min(category.stability for category in dimension.categories) > 0.6
    assert sum(level.chosen for level in dimension.levels) == 1


def test_random_words_fail_the_gate_with_the_figures_that_say_why(discovered):
    dimension = by_facet(discovered[2])["babble"]

    assert dimension.gate == "no_stable_structure"
    assert dimension.categories == ()
    assert "asked for" in dimension.gate_reason
    assert all(level.null_stability > 0 for level in dimension.levels)
    assert not any(level.chosen for level in dimension.levels)


def test_coded_columns_are_dimensions_of_their_values(discovered):
    dimension = by_facet(discovered[2])["region"]

    assert sorted(category.name for category in dimension.categories) == ["East", "North", "South"]
    assert {category.status for category in dimension.categories} == {"established"}


def test_every_citation_is_verbatim_in_the_record_it_names(discovered):
    store, _, found = discovered
    cells = {}
    for year in YEARS:
        for row in store.scan_records(year).collect().iter_rows(named=True):
            cells[row["_source"], row["_row"], row["_line"]] = row
    citations = [
        citation
        for dimension in found.dimensions
        for category in dimension.categories
        for citation in (*category.exemplars, *category.border_cases)
    ]

    assert len(citations) > len(MATTERS) * 5
    for citation in citations:
        assert citation.verified
        assert 0 < len(citation.quote) <= LONGEST_QUOTE
        assert citation.quote in cells[citation.source, citation.row, citation.line][citation.column]


def test_ids_and_names_are_unique_and_every_parent_exists(discovered):
    for dimension in discovered[2].dimensions:
        ids = Counter(category.id for category in dimension.categories)
        names = Counter(category.name.casefold() for category in dimension.categories)
        assert max([*ids.values(), *names.values()], default=1) == 1
        assert {category.parent for category in dimension.categories} - {None} <= set(ids)


def test_nothing_of_an_ignored_column_is_stored(discovered):
    store, _, found = discovered

    assert SECRET not in store.dimensions_path.read_text()
    assert "home_phone" not in {*found.left_out, *by_facet(found)}


def test_the_same_input_gives_the_same_bytes(discovered, tmp_path):
    store, _, found = discovered
    again, _ = desk(tmp_path)

    assert dimensions.materialise(again, CONFIG, tuple(reversed(YEARS))) == found

    assert again.dimensions_path.read_bytes() == store.dimensions_path.read_bytes()
    files = sorted(path.name for path in store.classifiers_folder.iterdir())
    assert sorted(path.name for path in again.classifiers_folder.iterdir()) == files
    for name in files:
        assert (again.classifiers_folder / name).read_bytes() == (store.classifiers_folder / name).read_bytes()


def test_what_is_stored_is_what_was_returned(discovered):
    store, _, found = discovered

    assert dimensions.load(store) == found
    assert json.loads(store.dimensions_path.read_text())["dataset"] == "letters"


def test_too_few_statements_are_left_to_a_reader(tmp_path):
    store = DatasetStore(tmp_path / "letters")
    partitions = put(store, CONFIG, {"FY2020": {"letter": letters(40)[0], "number": ["1", "2"] * 20}})

    found = dimensions.materialise(store, CONFIG, partitions)

    assert found.dimensions == ()
    assert found.left_out["letter"].startswith("only ")
    assert not list(store.classifiers_folder.glob("*"))


def test_a_classifier_of_a_dimension_that_is_no_more_is_removed(tmp_path):
    store = DatasetStore(tmp_path / "letters")
    partitions = put(store, CONFIG, {"FY2020": {"letter": letters(40)[0]}})
    store.classifiers_folder.mkdir(parents=True)
    (store.classifiers_folder / "former.npz").write_bytes(b"")

    dimensions.materialise(store, CONFIG, partitions)

    assert not list(store.classifiers_folder.iterdir())


def test_dimensions_before_the_schema_say_what_is_missing(tmp_path):
    with pytest.raises(NotMaterialised, match="schema of letters"):
        dimensions.materialise(DatasetStore(tmp_path / "letters"), CONFIG, YEARS)


@pytest.mark.parametrize("cell", ["short", "word " * 100, "x" * 500, "  padded  ", f"{'long ' * 47}end\nof line"])
def test_a_quote_is_the_beginning_of_its_cell(cell):
    quote = quote_of(cell)

    assert cell.strip().startswith(quote)
    assert len(quote) <= LONGEST_QUOTE
    assert quote == cell.strip() or not cell.strip()[len(quote) :][:1].strip() or " " not in cell
