import shutil
from collections import Counter

import numpy as np
import polars as pl
import pytest

from rlm_pipeline.model import OTHER
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import dimensions, labeller, labels
from rlm_pipeline.taxonomy.slots import lexicon
from rlm_pipeline.taxonomy.slots.slot import Slot, only_one
from rlm_pipeline.taxonomy.slots.views import METHOD
from tests.engine.taxonomy.slots.accidents import PARTS, accidents, shuffled
from tests.engine.taxonomy.stored import CONFIG, put

WIDE = CONFIG.model_copy(update={"discovery": CONFIG.discovery.model_copy(update={"max_statements": 1_000})})
PART_OF = {word: part for part, words in PARTS.items() for word in words}


def slots_of(found):
    return [dimension for dimension in found.dimensions if dimension.method == METHOD]


@pytest.fixture(scope="module")
def hurt(tmp_path_factory):
    """A store with accounts of accidents over two years, the parts they name, and the dimensions."""
    store = DatasetStore(tmp_path_factory.mktemp("accidents") / "accidents")
    parts, years = {}, {}
    for number, year in enumerate(("FY2020", "FY2021")):
        texts, parts[year] = accidents(550, seed=number)
        years[year] = {"account": texts}
    partitions = put(store, WIDE, years)
    found = dimensions.materialise(store, WIDE, partitions)
    for year in partitions:
        labels.materialise(store, WIDE, year)
    return store, parts, found


def test_what_accounts_name_in_one_word_out_of_several_is_a_dimension_beside_their_subject(hurt):
    (view,) = slots_of(hurt[2])

    words = [set(category.keywords) & PART_OF.keys() for category in view.categories]
    assert view.facet == "account"
    assert view.gate == "passed"
    assert {word for each in words for word in each} == PART_OF.keys()
    for each in words:
        assert len({PART_OF[word] for word in each}) == 1


def test_every_record_that_names_one_part_is_labelled_with_it(hurt):
    store, parts, found = hurt
    (view,) = slots_of(found)
    part_of = {category.id: PART_OF[category.keywords[0]] for category in view.categories}

    for year, planted in parts.items():
        frame = pl.read_parquet(store.labels_path(year)).filter(pl.col("dimension_id") == view.id).sort("row")
        texts = store.scan_records(year).sort("_row").collect()["account"].to_list()
        assert frame.height == len(planted)
        for category, confidence, text, part in zip(
            frame["category_id"], frame["confidence"], texts, planted, strict=True
        ):
            if any(word in PART_OF for word in text.split()):
                assert part_of[category] == part
                assert confidence == 1.0


def test_a_record_that_names_none_is_given_a_category_only_with_confidence(hurt):
    store, parts, found = hurt
    (view,) = slots_of(found)
    frame = pl.concat([pl.read_parquet(store.labels_path(year)) for year in parts]).filter(
        pl.col("dimension_id") == view.id
    )
    unsure = frame.filter(pl.col("confidence") < 0.5)

    assert set(unsure["category_id"]) <= {OTHER}
    assert frame.filter((pl.col("confidence") < 1.0) & (pl.col("category_id") != OTHER)).height > 0


def test_citations_name_a_word_of_their_category(hurt):
    (view,) = slots_of(hurt[2])

    for category in view.categories:
        for citation in category.exemplars:
            assert set(citation.quote.split()) & set(category.keywords)


def test_a_repeated_discovery_gives_the_same_bytes(hurt):
    store, parts, _ = hurt
    before = store.dimensions_path.read_bytes()

    dimensions.materialise(store, WIDE, tuple(parts))

    assert store.dimensions_path.read_bytes() == before


def test_more_records_keep_the_dimension_and_its_categories(hurt, tmp_path):
    store, _, found = hurt
    (view,) = slots_of(found)
    own = DatasetStore(tmp_path / "accidents")
    shutil.copytree(store.folder, own.folder)
    years = {"FY2020": {"account": accidents(550, seed=0)[0]}, "FY2021": {"account": accidents(550, seed=1)[0]}}
    grown = years | {"FY2022": {"account": accidents(40, seed=7)[0]}}

    (again,) = slots_of(dimensions.materialise(own, WIDE, put(own, WIDE, grown)))

    assert again.id == view.id
    assert {each.id for each in again.categories} == {each.id for each in view.categories}


def test_the_same_words_dealt_out_anew_have_no_slot(tmp_path):
    store = DatasetStore(tmp_path / "shuffled")
    texts = shuffled(accidents(900, seed=3)[0], seed=4)

    found = dimensions.materialise(store, WIDE, put(store, WIDE, {"FY2020": {"account": texts}}))

    assert [dimension for dimension in found.dimensions if dimension.gate == "passed"] == []


def test_a_stored_slot_is_read_back(hurt):
    store, _, found = hurt
    (view,) = slots_of(found)
    slot = labeller.read_slot(store.classifiers_folder / f"{view.id}.npz")

    assert slot is not None
    assert set(slot.words) >= PART_OF.keys()


def test_a_statement_that_names_words_of_two_categories_names_neither():
    slot = Slot(words=("finger", "toe", "thumb"), categories=np.array([0, 1, 0], dtype=np.int32))

    named = slot.named(["cut his finger and thumb", "his finger and toe", "nothing", ""])

    assert only_one(named).tolist() == [0, -1, -1, -1]
    assert slot.besides(["cut his finger and thumb"]) == ["cut his and"]


def test_words_are_counted_once_a_statement_and_rare_ones_not_at_all():
    read = lexicon.read(["a fox, a fox!"] * 5 + ["an owl"])

    assert read.words == ("a", "fox")
    assert read.presence.sum() == 10
    assert Counter(len(each) for each in read.sequences) == {4: 5, 2: 1}
