import numpy as np
import pytest

from rlm_pipeline.taxonomy import hierarchy, levels, selection
from tests.engine.taxonomy.test_graph import blobs, on_sphere


def chosen(vectors, seed=0):
    path = levels.search(vectors, seed)
    return path, selection.choose(path)


def test_planted_groups_are_the_level_that_is_chosen():
    vectors, truth = blobs([50] * 7, spread=0.12)

    path, choice = chosen(vectors)

    labels = selection.whole(path, choice.cut, vectors)
    pairs = set(zip(truth.tolist(), labels.tolist(), strict=True))
    assert len(pairs) == 7
    assert path.null.excess_of(choice.cut) > 0.4


def test_two_groups_are_found_although_they_leave_little_room_above_the_null():
    vectors, truth = blobs([120, 120], spread=0.1)

    path, choice = chosen(vectors)

    assert len(set(zip(truth.tolist(), selection.whole(path, choice.cut, vectors).tolist(), strict=True))) == 2


@pytest.mark.parametrize("seed", [0, 1])
def test_structureless_data_has_no_level_and_says_how_far_it_got(seed):
    path, choice = chosen(on_sphere(300, 24, seed), seed)

    assert choice.cut is None
    assert "asked for" in choice.reason
    assert all(path.null.excess_of(cut) < selection.MINIMUM_EXCESS for cut in path.cuts)


def test_a_large_group_beside_specks_is_as_coarse_as_one():
    cut = levels.Cut(resolution=1.0, labels=np.repeat([0, 1, 2], [970, 20, 10]).astype(np.int32), recurrence=np.ones(3))

    assert cut.categories == 3
    assert cut.effective == pytest.approx(1.17, abs=0.01)
    assert cut.stability == 1.0


def test_equal_seeds_give_equal_paths():
    vectors, _ = blobs([40] * 5, spread=0.3)

    first, again = levels.search(vectors, 3), levels.search(vectors, 3)

    assert [cut.stability for cut in first.cuts] == [cut.stability for cut in again.cuts]
    np.testing.assert_array_equal(first.null.stability, again.null.stability)


def test_recurrence_tells_a_real_category_from_one_drawn_at_random():
    vectors, truth = blobs([60] * 4, spread=0.1)
    path, choice = chosen(vectors)
    halved = truth.copy()
    halved[(truth == 3) & (np.arange(len(truth)) % 2 == 0)] = 4

    refined = levels.refined(path, choice.cut, halved.astype(np.int32), seed=0)

    assert refined.recurrence[:3].min() > 0.95
    assert refined.recurrence[3:].max() < 0.6


def test_crumbs_are_put_back_and_equal_halves_are_not():
    fine = np.repeat([0, 1, 2, 3], [90, 10, 50, 50]).astype(np.int32)
    coarse = np.repeat([0, 1], [100, 100]).astype(np.int32)
    cuts = tuple(
        levels.Cut(resolution=resolution, labels=labels, recurrence=np.ones(labels.max() + 1))
        for resolution, labels in ((1.0, coarse), (2.0, fine))
    )
    null = levels.Null(stability=np.array([0.5]), containment=np.array([0.5]), finest=100.0)
    path = levels.Path(neighbours=np.zeros((200, 1), dtype=np.int32), cuts=cuts, null=null)
    vectors, _ = blobs([100, 50, 50])

    labels = selection.whole(path, cuts[1], vectors)

    assert np.bincount(labels).tolist() == [100, 50, 50]


def test_categories_in_families_get_their_families_as_parents():
    rng = np.random.default_rng(2)
    families = on_sphere(4, 32, 5)
    centres = np.repeat(families, 4, axis=0) + 0.09 * rng.standard_normal((16, 32))
    vectors = np.repeat(centres, 25, axis=0) + 0.03 * rng.standard_normal((400, 32))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    path = levels.search(vectors, 0)
    cut = next(each for each in path.cuts if each.categories == 16)

    found = hierarchy.parents(path, cut, vectors, 0)

    family = np.array([np.flatnonzero(cut.labels == leaf)[0] // 100 for leaf in range(16)])
    assert found is not None
    assert set(zip(found.of.tolist(), family.tolist(), strict=True)) == {
        (int(found.of[family == f][0]), f) for f in range(4)
    }
    assert found.stability.min() >= levels.STABLE


def test_few_categories_have_no_parents():
    vectors, _ = blobs([40] * 5, spread=0.1)
    path, choice = chosen(vectors)

    assert hierarchy.parents(path, choice.cut, vectors, 0) is None
