import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.retrieval.static import WordTokens

PACKAGE = Path(importlib.util.find_spec("wordllama").origin).parent
SHIPPED = Tokenizer.from_file(str(PACKAGE / "tokenizers/l2_supercat_tokenizer_config.json"))
TABLE = load_file(PACKAGE / "weights/l2_supercat_256.safetensors")["embedding.weight"].astype(np.float32)


@pytest.fixture(scope="module")
def tokens():
    return WordTokens(SHIPPED)


MIXED = st.text(alphabet="aZé1290 \n\r\t\u2009.,;:!?\"'()[]{}<>/=_-»”“«„²†\u2019—▁東", max_size=60)


@given(
    text=(st.text(max_size=80) | MIXED).filter(lambda text: not any(mark in text for mark in ("<s>", "</s>", "<unk>")))
)
@example("")
@example(" ")
@example("  two  leading and   inner   spaces  ")
@example("mine: 3604383\ndate: 2014-02-20 00:00:00\n\nnarrative:\tEE's L4/L5 disc; 12.5% \r\n")
@example("\u2581 a literal \u2581\u2581mark\u2581")
@example("Zürich, naïve, 東京タワー, 🦺⛏️, e\u0301, \x00\x07")
@example('24,240363,1,NA,39.49,-77.18,{"id":"a1-b2"};x=y*2\r\n\t<br/>\'s ...!?')
@example("“Fell.” He said:\u2009“no”, (†) 5².«a».\u2019")
@example("a" * 100 + " " + "http://example.org/" + "x1y2" * 40)
def test_token_ids_are_those_of_the_shipped_tokenizer(tokens, text):
    assert tokens.of_text(text) == SHIPPED.encode(text, add_special_tokens=False).ids


def test_token_ids_stay_the_same_when_the_remembered_words_are_dropped(reports):
    forgetful = WordTokens(SHIPPED, most=5)

    ids = [forgetful.of_text(text) for text in reports]

    assert ids == [SHIPPED.encode(text, add_special_tokens=False).ids for text in reports]
    assert len(forgetful) <= 5


def test_a_vector_is_the_mean_of_its_token_vectors_at_length_one(reports):
    encoder = open_encoder("static")

    vectors = encoder.encode(reports)

    means = np.stack([TABLE[SHIPPED.encode(text, add_special_tokens=False).ids].mean(axis=0) for text in reports])
    expected = means / np.linalg.norm(means, axis=1, keepdims=True)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(reports), encoder.dimension) == (len(reports), 256)
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_the_empty_text_has_a_fixed_vector_of_length_one():
    vectors = open_encoder("static").encode(["", "ankle", ""])

    assert vectors[0].tolist() == vectors[2].tolist() == [1.0] + [0.0] * 255


def test_no_texts_give_no_vectors():
    assert open_encoder("static").encode([]).shape == (0, 256)


def test_identical_texts_are_encoded_once_and_each_gets_its_vector(reports):
    encoder = open_encoder("static")
    reported = []

    vectors = encoder.encode([*reports, *reversed(reports)], progress=reported.append)

    assert reported[-1] == len(reports)
    np.testing.assert_array_equal(vectors, np.concatenate([vectors[: len(reports)], vectors[: len(reports)][::-1]]))
    np.testing.assert_array_equal(vectors[: len(reports)], encoder.encode(reports))


def test_the_model_id_names_the_weights_and_the_encoder_is_loaded_once():
    encoder = open_encoder("static")

    assert encoder.model_id.startswith("wordllama-l2-supercat-256@")
    assert open_encoder("static") is encoder
