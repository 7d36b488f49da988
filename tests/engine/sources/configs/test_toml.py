from tests.engine.sources.configs.leaves import aside, column, entries, values


def test_a_value_is_found_by_the_path_of_its_keys():
    text = "a = 1\nb.c = 2\n[t.'x y']\nd = {e = 3, f = {g = 4}}\n"
    text += "[[srv]]\nh = 'a'\n[[srv]]\nh = 'b'\n[srv.sub]\ni = [5, [6]]\n"

    assert values("toml", text) == {
        "a": "1",
        "b.c": "2",
        't["x y"].d.e': "3",
        't["x y"].d.f.g': "4",
        "srv[0].h": "a",
        "srv[1].h": "b",
        "srv[1].sub.i[0]": "5",
        "srv[1].sub.i[1][0]": "6",
    }


def test_numbers_and_dates_are_as_written():
    text = "a = 1_000\nb = 0xDEAD\nc = 1.50\nd = 1979-05-27 07:32:00Z\ne = +inf\nf = [1e3, 0b01, true]\ng = ''\n"

    assert values("toml", text) == {
        "a": "1_000", "b": "0xDEAD", "c": "1.50", "d": "1979-05-27 07:32:00Z", "e": "+inf",
        "f[0]": "1e3", "f[1]": "0b01", "f[2]": "true", "g": "",
    }  # fmt: skip
    assert column("toml", text, "type") == {
        "a": "integer", "b": "integer", "c": "number", "d": "date", "e": "number",
        "f[0]": "number", "f[1]": "integer", "f[2]": "boolean", "g": "string",
    }  # fmt: skip


def test_a_value_may_go_over_lines():
    text = 'a = """\none # no comment\n[two]"""\nb = [\n  1, # one\n\n  {x = "]"},\n]\nc = \'\'\'it\'s\'\'\'\n'

    assert values("toml", text) == {"a": "one # no comment\n[two]", "b[0]": "1", "b[1].x": "]", "c": "it's"}
    assert column("toml", text, "line") == {"a": 1, "b[0]": 5, "b[1].x": 7, "c": 9}


def test_comments_above_and_behind_belong_to_the_value():
    assert column("toml", "# one\n# two\na = '#' # three\n# four\n[t] # five\nb = 2\n# end\n", "comment") == {
        "a": "one\ntwo\nthree",
        "t.b": "four\nfive",
        "": "end",
    }


def test_a_broken_statement_does_not_stop_its_neighbours():
    text = 'a = 1\nb = \nc = [1,\nd = 2\n[e\nf = 3\n[g]\nh = 4\ni = """no end\nj = 5\n'

    read = {entry.cells[0]: entry.cells[1] for entry in entries("toml", text) if entry.cells}

    assert read == {"a": "1", "d": "2", '["[e"].f': "3", "g.h": "4", "g.j": "5"}
    assert [line for line, _ in aside("toml", text)] == [2, 3, 5, 9]
    assert all(reason.startswith("not TOML: ") for _, reason in aside("toml", text))


def test_a_key_that_is_given_twice_is_recorded_twice():
    assert [entry.cells[1] for entry in entries("toml", "a = 1\na = 2\n")] == ["1", "2"]


def test_any_line_end_will_do():
    assert values("toml", "a = 1\r\nb = 2\rc = [\r3]") == {"a": "1", "b": "2", "c[0]": "3"}


def test_depth_is_bounded():
    assert aside("toml", "a = " + "[" * 50_000 + "]" * 50_000 + "\nb = 1\n") == [(1, "not TOML: nested too deep")]


def test_comments_within_an_array_belong_to_its_values():
    text = "# all\na = [ # open\n  1, # one\n  # above two\n  2,\n  3,\n  # end\n] # close\n"

    assert column("toml", text, "comment") == {
        "a[0]": "all\nopen\none", "a[1]": "above two", "a[2]": "end\nclose",
    }  # fmt: skip
