import pytest

from rlm_pipeline.retrieval import lexical, word_index, word_search

TEXTS = ("the miner fell from a ladder", "the miner fell on ice", "a rock hit the miner")


@pytest.fixture
def index(store, config, write):
    write("FY2012", TEXTS)
    lexical.materialise(store, config, "FY2012")
    return word_index.open_existing(store, config.search.language)


@pytest.fixture
def covered(store, config, index):
    chunks = store.scan(store.chunks_path("FY2012"), "chunks", "FY2012").select("text", "chunk_id").collect()
    ids = dict(chunks.iter_rows())

    def share(query, text):
        return word_search.coverage(index, word_search.words_of(query, config.search.language), ids[text])

    return share


def test_a_chunk_that_holds_every_word_covers_the_query(covered):
    assert covered("miners falling from ladders fell", TEXTS[0]) < 1  # falling is no form of fell to the stemmer
    assert covered("miners fell from ladders", TEXTS[0]) == pytest.approx(1)


def test_a_chunk_without_any_word_covers_nothing(covered):
    assert covered("conveyor belt", TEXTS[0]) == 0


def test_rare_words_weigh_more_than_common_ones(covered):
    rare, common = covered("miner ladder", TEXTS[0]), covered("miner ladder", TEXTS[1])

    assert rare == pytest.approx(1)
    assert 0 < common < 0.5


def test_a_word_that_is_nowhere_is_not_covered(covered):
    assert 0 < covered("ladder helicopter", TEXTS[0]) < 0.5
    assert covered("", TEXTS[0]) == 1
