from tests.engine.sources.configs.leaves import aside, column, values


def test_a_value_is_found_by_its_section_and_key():
    text = '[a]\nx = 1\ny: two words\n\n[b "c"]\n\tx=a=b:c\n\tflag\n'

    assert values("ini", text) == {"a.x": "1", "a.y": "two words", 'b "c".x': "a=b:c", 'b "c".flag': ""}
    assert column("ini", text, "type")['b "c".flag'] == "null"


def test_values_stay_as_they_are_written():
    assert values("ini", "a = %(b)s ; no\nexport B='x # y'\np.q.r=\\u00e9\n") == {
        "a": "%(b)s ; no",
        "B": "'x # y'",
        "p.q.r": "\\u00e9",
    }


def test_a_value_goes_on_on_deeper_lines_and_behind_a_backslash():
    assert values("ini", "a = one\n  two\n\tthree\nb = x\\\ny\nc = 1\n") == {
        "a": "one\n  two\n\tthree",
        "b": "x\\\ny",
        "c": "1",
    }


def test_comments_above_belong_to_the_value():
    assert column("ini", "# one\n; two\n[a]\n! three\nx=1\n# end\n", "comment") == {"a.x": "one\ntwo\nthree", "": "end"}


def test_what_is_neither_is_set_aside():
    text = "just some words\n[a]\nx=1\n= no key\n"

    assert [line for line, _ in aside("ini", text)] == [1, 4]


def test_keys_in_no_section_have_their_name_alone():
    assert column("ini", "\n\nA=1\n", "line") == {"A": 3}


def test_a_value_on_lines_below_its_key_goes_on_behind_blank_lines_and_comments():
    text = "[o]\nrequires =\n    a>=2\n    # why b\n    b\n\n    c\n\n# of d\nd = 1\n\n  e = 2\n"

    assert values("ini", text) == {"o.requires": "\n    a>=2\n    b\n\n    c", "o.d": "1", "o.e": "2"}
    assert column("ini", text, "comment") == {"o.requires": "why b", "o.d": "of d", "o.e": ""}
