import zipfile

import numpy as np
import pytest

from rlm_pipeline.errors import StoreError
from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.taxonomy import classifier, labeller
from rlm_pipeline.taxonomy.labeller import Labeller, key_of
from tests.engine.taxonomy.letters import MATTERS, babble, letters

OFF_TOPIC = [
    "the parliament adopted the annual budget after a debate",
    "her thesis on medieval coins was published in spring",
    "a volcano erupted on the northern island yesterday",
    "qzx wvu prt lkj",
]


class OtherEncoder:
    model_id = "another"
    dimension = 4


@pytest.fixture(scope="module")
def learnt():
    texts, matters = letters(500)
    lower = list(dict.fromkeys(text.lower() for text in texts))
    matter_of = {text.lower(): matter for text, matter in zip(texts, matters, strict=True)}
    labels = np.array([list(MATTERS).index(matter_of[text]) for text in lower], dtype=np.int32)
    found, held_out = classifier.learn(lower, labels, open_encoder("static"))
    return found, held_out, lower, labels


def packed(learnt):
    found, _, lower, labels = learnt
    return Labeller(
        categories=tuple(MATTERS),
        classifier=found,
        known=tuple(key_of(text) for text in lower),
        known_categories=labels,
        boilerplate=("hello there",),
        model_id=open_encoder("static").model_id,
    )


def test_it_gives_unseen_letters_their_matter(learnt):
    texts, matters = letters(200, seed=7)

    judged = learnt[0].judge([text.lower() for text in texts], open_encoder("static"))

    assert (
        np.mean([list(MATTERS)[category] == matter for category, matter in zip(judged.category, matters, strict=True)])
        > 0.97
    )
    assert judged.confidence.min() > 0
    assert (judged.margin <= judged.confidence).all()
    assert (judged.runner_up != judged.category).all()
    assert set(judged.runner_up.tolist()) <= set(range(len(MATTERS)))


def test_held_out_figures_are_measured_on_statements_it_had_not_seen(learnt):
    _, held_out, lower, _ = learnt

    assert held_out.statements == len(lower)  # fewer than wanted, so that every fifth is held out in turn
    assert held_out.agreement > 0.95
    assert held_out.coherence_low > 0.3


def test_what_is_about_none_of_the_categories_is_left_undecided(learnt):
    judged = learnt[0].judge(OFF_TOPIC, open_encoder("static"))

    assert not judged.decided.any()


def test_the_halves_of_random_words_do_not_agree():
    texts = [text.lower() for text in babble(400)]
    by_first_letter = np.array([ord(text[0]) % 3 for text in texts], dtype=np.int32)

    _, held_out = classifier.learn(texts, by_first_letter, open_encoder("static"))

    assert held_out.coherence_low < 0.05


def test_a_known_category_is_kept_and_the_doubt_about_it_is_shown(learnt):
    text = "my bicycle chain lost three spokes."
    wrong = np.array([list(MATTERS).index("dentist")], dtype=np.int32)

    judged = learnt[0].judge([text], open_encoder("static"), known=wrong)

    assert judged.category.tolist() == wrong.tolist()
    assert judged.margin[0] < 0
    assert list(MATTERS)[judged.runner_up[0]] == "bicycle"


def test_two_categories_are_enough():
    texts = [f"{word} number {place}" for place in range(40) for word in ("coffee", "train")]

    found, held_out = classifier.learn(texts, np.array([0, 1] * 40, dtype=np.int32), open_encoder("static"))

    assert held_out.agreement == 1.0
    assert found.judge(["train", "coffee"], open_encoder("static")).category.tolist() == [1, 0]


def test_no_statement_is_judged_as_none(learnt):
    assert len(learnt[0].judge([], open_encoder("static")).category) == 0


def test_a_stored_labeller_judges_as_before_and_its_bytes_repeat(learnt, tmp_path):
    texts = [text.lower() for text in letters(60, seed=3)[0]]
    labeller.write(packed(learnt), tmp_path / "a.npz")
    labeller.write(packed(learnt), tmp_path / "b.npz")

    read = labeller.read(tmp_path / "a.npz", open_encoder("static"))

    before, after = (each.judge(texts, open_encoder("static")) for each in (learnt[0], read.classifier))
    np.testing.assert_array_equal(after.category, before.category)
    np.testing.assert_array_equal(after.confidence, before.confidence)
    assert read.category_of == packed(learnt).category_of
    assert read.boilerplate == ("hello there",)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_nothing_stored_needs_pickle(learnt, tmp_path):
    labeller.write(packed(learnt), tmp_path / "a.npz")

    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        heads = [archive.read(name)[:128] for name in archive.namelist()]
    assert heads
    assert not any(b"'|O'" in head for head in heads)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half a file"])
def test_a_damaged_classifier_is_named(tmp_path, damage):
    (tmp_path / "a.npz").write_bytes(damage)

    with pytest.raises(StoreError, match=r"a\.npz is missing or damaged .* run dimensions again"):
        labeller.read(tmp_path / "a.npz", open_encoder("static"))


def test_a_classifier_learnt_with_another_encoder_is_refused(learnt, tmp_path):
    labeller.write(packed(learnt), tmp_path / "a.npz")

    with pytest.raises(StoreError, match=r"was learnt with wordllama.* not another"):
        labeller.read(tmp_path / "a.npz", OtherEncoder())
