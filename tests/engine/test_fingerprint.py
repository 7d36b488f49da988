from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline import fingerprint


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_different_sequences_never_share_an_id(left, right):
    assert (fingerprint.of_text(*left) == fingerprint.of_text(*right)) == (left == right)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4), st.binary(min_size=1, max_size=64))
def test_keyed_ids_tell_sequences_apart_to_whoever_has_the_secret(left, right, secret):
    assert (fingerprint.keyed(secret, *left) == fingerprint.keyed(secret, *right)) == (left == right)
    assert fingerprint.keyed(secret, *left) != fingerprint.of_text(*left)
    assert fingerprint.keyed(secret, *left) != fingerprint.keyed(bytes([secret[0] ^ 1]) + secret[1:], *left)


def test_the_order_of_keys_does_not_matter():
    assert fingerprint.of_json({"a": 1, "b": [2]}) == fingerprint.of_json({"b": [2], "a": 1})


def test_files_are_identified_by_name_and_content_not_by_time(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"x,y\n")
    before = fingerprint.of_files([path])

    path.write_bytes(b"x,y\n")
    assert fingerprint.of_files([path]) == before
    path.write_bytes(b"x,z\n")
    assert fingerprint.of_files([path]) != before


def test_sha256_is_what_sha256sum_prints(tmp_path):
    path = tmp_path / "empty"
    path.touch()

    assert fingerprint.sha256_of_file(path).startswith("e3b0c44298fc1c14")
