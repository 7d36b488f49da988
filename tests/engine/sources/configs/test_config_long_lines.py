"""Long lines are looked through once: where white space could belong to two parts of a pattern, hours would pass."""

import pytest

from tests.engine.sources.configs.leaves import aside, values

SPACES = " " * 200_000


@pytest.mark.parametrize("line", [f"[{SPACES}", f"[a{SPACES}", f"[a]{SPACES}x", f"({SPACES}"])
def test_a_long_line_that_is_no_section_and_no_value_is_set_aside(line):
    assert [number for number, _ in aside("ini", f"{line}\n")] == [1]


def test_white_space_within_a_long_value_is_kept_and_around_it_is_not():
    assert values("ini", f"[ s{SPACES}]\nk{SPACES[:99]}={SPACES}a{SPACES}b{SPACES}\n") == {"s.k": f"a{SPACES}b"}
