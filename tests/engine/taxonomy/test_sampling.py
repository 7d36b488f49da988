import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_pipeline.profiling import schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import sampling
from tests.engine.taxonomy.letters import letters
from tests.engine.taxonomy.stored import CONFIG, put


def drawn(folder, years, *, limit=100, seed=0):
    store = DatasetStore(folder / "letters")
    partitions = put(store, CONFIG, {year: {"text": texts} for year, texts in years.items()})
    column = schema.load(store).column("text")
    return sampling.draw(store, column, partitions, limit=limit, seed=seed)


def test_a_sample_has_the_limit_and_the_same_members_every_time(tmp_path):
    years = {"FY2020": letters(150, 0)[0], "FY2021": letters(90, 1)[0]}

    first, again = drawn(tmp_path / "a", years), drawn(tmp_path / "b", years)

    assert first.statements.height == 100
    assert first.statements.equals(again.statements)
    assert first.distinct > 100


def test_partitions_are_represented_by_their_size(tmp_path):
    sample = drawn(tmp_path, {"FY2020": letters(300, 0)[0], "FY2021": letters(100, 1)[0]})

    shares = dict(sample.statements["partition"].value_counts(normalize=True).iter_rows())
    assert 0.6 < shares["FY2020"] < 0.85


def test_adding_records_keeps_most_of_the_sample(tmp_path):
    texts = letters(400, 0)[0]
    before = drawn(tmp_path / "a", {"FY2020": texts})
    after = drawn(tmp_path / "b", {"FY2020": [*texts, *letters(14, 9)[0]]})

    kept = set(before.statements["key"]) & set(after.statements["key"])
    assert len(kept) >= 90


def test_statements_that_differ_in_case_and_spacing_are_one_and_placeholders_are_none(tmp_path):
    others = sorted(set(letters(60)[0]))
    spelled = ["The hedge needs more pruning", "THE HEDGE  needs\nmore pruning ", "n/a", " ", "TBD", None]

    sample = drawn(tmp_path, {"FY2020": [*others, *spelled], "FY2021": [*spelled, *others]})

    normal = {" ".join(text.split()).lower() for text in others} | {"the hedge needs more pruning"}
    assert set(sample.statements["normal"]) == normal
    assert sample.distinct == len(normal)
    assert set(sample.statements["partition"]) == {"FY2020"}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    sizes=st.dictionaries(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), st.integers(1, 500), min_size=1),
    limit=st.integers(1, 600),
)
def test_places_add_up_to_the_limit_and_never_exceed_a_stratum(sizes, limit):
    places = sampling._allocation(sizes, limit)

    assert sum(places.values()) == min(limit, sum(sizes.values()))
    assert all(0 <= places[stratum] <= size for stratum, size in sizes.items())


@pytest.mark.parametrize("seed", [1, 2])
def test_another_seed_draws_another_sample(tmp_path, seed):
    texts = letters(400, 0)[0]

    assert set(drawn(tmp_path / "a", {"FY2020": texts}).statements["key"]).isdisjoint(
        drawn(tmp_path / "b", {"FY2020": texts}, seed=seed).statements["key"]
    )


def test_of_a_document_in_a_cell_only_the_beginning_is_read(tmp_path):
    texts = letters(60, 0)[0]
    documents = [f"{text} {'the rest of the file ' * 20_000}" for text in texts]

    sample = drawn(tmp_path, {"FY2020": documents})

    assert sample.distinct == len({" ".join(text.split()).lower() for text in texts})
    assert max(map(len, sample.statements["statement"])) == sampling.LONGEST_READ
