"""Stored findings of specialists and models, made by hand, and drawn at random for the laws of merging."""

import json

import polars as pl
from hypothesis import strategies as st

from rlm_pipeline import fingerprint
from rlm_pipeline.model import FINDING_SCHEMA
from rlm_pipeline.synthesis import gathering

YEARS = ("FY2010", "FY2011")
SUMMARIES = {
    "json": "$.a: 12 of 40 values are strings, the others numbers",
    "code": "eval of user input (CWE-95), in 3 definitions",
    "text": "app.log: error burst, 40 errors here",
}
SAID = (
    "SQL is built by string concatenation from user input",
    "The SQL query concatenates user input into the string",
    "sql is built by  string concatenation from user input.",
    "Closed records have no resolution date",
)


def cite(source="a.py", row=1, quote="eval(x)"):
    return {
        "source": source,
        "row": row,
        "line": row,
        "chunk_id": f"{row:016x}",
        "quote": quote,
        "verified": True,
    }


def finding(analyst="code", kind="vulnerability", scope="function:f", **more):
    """One row of `FINDING_SCHEMA`, of code unless `model` is given."""
    given = {
        "analyst": analyst,
        "type": kind,
        "scope": scope,
        "batch": 0,
        "row_start": 1,
        "row_end": 9,
        "summary": SUMMARIES.get(analyst, "something"),
        "severity": "info",
        "confidence": 1.0,
        "distribution": {},
        "total": 1,
        "numbers": {},
        "citations": [cite()],
        "model": "statistical",
        "prompt_version": "",
        "cost": 0.0,
        **more,
    }
    counts = [{"value": value, "count": count} for value, count in given["distribution"].items()]
    row = {**given, "distribution": counts, "numbers": json.dumps(given["numbers"])}
    return {"finding_id": fingerprint.of_json(row)[:16], **row}


def read(summary, analyst="code", kind="vulnerability", scope="function:f", **more):
    """One finding of a model."""
    return finding(
        analyst, kind, scope, summary=summary, **{"model": "m-1", "prompt_version": "1", "cost": 0.1, **more}
    )


def verdict(what, because, row=1, source="a.py", **more):
    """A model's verdict on what code noted about a record."""
    told = {"distribution": {what: 1}, "numbers": {"finding": "0f"}, "citations": [cite(source, row)], **more}
    return read(f"{what}: {because}", **told)


def frame(rows):
    return pl.DataFrame(rows, schema=FINDING_SCHEMA, orient="row")


def gathered(rows, partition="all"):
    return gathering.gather(frame(rows).lazy(), dataset="desk", partition=partition)


_cited = st.builds(
    cite, st.sampled_from(["a.py", "b.py", "c.py"]), st.integers(1, 9), st.sampled_from(["eval(x)", "exec(y)"])
)
_shared = {
    "analyst": st.sampled_from(["code", "json", "text"]),
    "kind": st.sampled_from(["vulnerability", "pattern"]),
    "scope": st.sampled_from(["function:f", "$.a.b", "$.a.c"]),
    "severity": st.sampled_from(["info", "notice", "warning"]),
    "confidence": st.sampled_from([0.1, 0.3, 0.7, 1.0, 0.30000000000000004]),
    "total": st.integers(0, 50),
    "citations": st.lists(_cited, max_size=5),
}
_counted = st.builds(
    finding,
    **_shared,
    batch=st.integers(0, 3),
    distribution=st.dictionaries(st.sampled_from("uvwxyz"), st.integers(1, 90), max_size=6),
    numbers=st.dictionaries(st.sampled_from(["lines", "values"]), st.integers(0, 999)),
    summary=st.sampled_from([*SUMMARIES.values(), "app.log: error burst, 7 errors here"]),
)
_verdicts = st.sampled_from([{}, {}, {"confirmed": 1}, {"dismissed": 1}])
_said = st.builds(
    read,
    st.sampled_from(SAID),
    **_shared | {"analyst": st.sampled_from(["code", "data"])},
    distribution=_verdicts,
    model=st.sampled_from(["m-1", "m-2"]),
    cost=st.sampled_from([0.1, 0.2, 0.001 / 3]),
)


@st.composite
def stored(draw):
    """Rows of each year, each once."""
    rows = draw(st.lists(st.tuples(st.sampled_from(YEARS), _counted | _said), max_size=14))
    return list({(year, row["finding_id"]): (year, row) for year, row in rows}.values())


@st.composite
def parted(draw):
    """Rows of each year, and the same rows in parts of one year each, in any order."""
    rows = draw(stored())
    numbered = [(year, draw(st.integers(0, 3)), row) for year, row in draw(st.permutations(rows))]
    parts = {}
    for year, part, row in numbered:
        parts.setdefault((year, part), []).append(row)
    order = draw(st.permutations(sorted(parts)))
    return rows, [(year, parts[year, part]) for year, part in order]
