from tests.engine.sources.configs.leaves import entries


def test_the_anchor_of_a_key_is_a_value_of_its_own():
    read = [entry.cells[:3] for entry in entries("yaml", "a: 1\n&k b: 2\n")]

    assert read == [("a", "1", "integer"), ("b", "&k", "anchor"), ("b", "2", "integer")]
