from tests.engine.sources.prose.reading_back import records

PAGE = """=====
Title
=====
Part
====
Para, with
two lines::

   # literal

   more

- a

- b

  c

.. note:: hi

   content
.. _target: https://x.example
.. a comment
   of two lines

.. code-block:: python

   x = 1

Sub
---

+---+---+
| a | b |
+---+---+

====  ====
a     b
====  ====
1     2

3     4
====  ====

:field: value

----

   quoted

Other
=====
end
"""


def test_every_kind_of_block_is_below_its_titles(tmp_path):
    found = [(line, heading, kind) for line, heading, kind, _ in records(tmp_path, PAGE, "a.rst")]

    assert found == [
        (1, "Title", "heading"),
        (4, "Title > Part", "heading"),
        (6, "Title > Part", "paragraph"),
        (9, "Title > Part", "code"),
        (13, "Title > Part", "list"),
        (19, "Title > Part", "directive"),
        (22, "Title > Part", "definition"),
        (23, "Title > Part", "comment"),
        (26, "Title > Part", "code"),
        (30, "Title > Part > Sub", "heading"),
        (33, "Title > Part > Sub", "table"),
        (37, "Title > Part > Sub", "table"),
        (45, "Title > Part > Sub", "list"),
        (47, "Title > Part > Sub", "rule"),
        (49, "Title > Part > Sub", "quote"),
        (51, "Title > Other", "heading"),
        (53, "Title > Other", "paragraph"),
    ]


def test_styles_are_levels_in_the_order_they_come(tmp_path):
    text = 'A\n~~~~\n\nB\n""""\n\nC\n====\n\nD\n""""\n\nE\n~~~~\n\nx\n'

    assert [heading for _, heading, kind, _ in records(tmp_path, text, "a.rst") if kind == "heading"] == [
        "A", "A > B", "A > B > C", "A > D", "E",
    ]  # fmt: skip


def test_an_underline_that_is_too_short_is_text(tmp_path):
    found = records(tmp_path, "A title\n=======\n\nno title\n--\n", "a.rst")

    assert [record[2] for record in found] == ["heading", "paragraph"]


def test_nothing_is_included_and_nothing_is_run(tmp_path):
    (tmp_path / "other.txt").write_text("INCLUDED")
    text = "T\n====\n\n.. include:: other.txt\n\n.. raw:: html\n\n   <script>x</script>\n"

    assert records(tmp_path, text, "a.rst")[1:] == [
        (4, "T", "directive", ".. include:: other.txt"),
        (6, "T", "directive", ".. raw:: html\n\n   <script>x</script>"),
    ]
