from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.retrieval import encoders
from rlm_pipeline.synthesis import repetitions
from tests.engine.synthesis.framed import gathered, read, verdict

ALIKE = (
    "SQL is built by string concatenation from user input",
    "The SQL query concatenates user input into the string",
)
TIMEOUTS = ("The timeout is caused by a full disk", "A full disk leads to the timeout")
OTHER = "The timeout is caused by a network partition"


def derived(*rows):
    found = gathered(rows).readings
    words = {each.id: each.summary for each in found}
    return [[words[member] for member in each.members] for each in repetitions.derive(found)]


def test_other_words_for_the_same_are_a_group_and_what_is_something_else_is_not():
    rows = [read(said, total=len(said)) for said in (*ALIKE, *TIMEOUTS, OTHER)]

    groups = derived(*rows)

    assert sorted(map(sorted, groups)) == sorted(map(sorted, (ALIKE, TIMEOUTS)))


def test_the_most_frequent_wording_leads_and_its_group_counts_every_record():
    rows = [read(ALIKE[0], total=3), read(ALIKE[1], total=4, row_start=1), read(ALIKE[1], total=5, row_start=2)]
    found = gathered(rows).readings

    (group,) = repetitions.derive(found)

    assert {each.id: each.summary for each in found}[group.leader] == ALIKE[1]
    assert (group.occurrences, group.total) == (3, 12)
    assert repetitions.SIMILAR <= group.similarity < 1


def test_findings_of_other_types_analysts_or_scopes_are_not_grouped():
    kinds = [read(ALIKE[0]), read(ALIKE[1], kind="bug")]
    analysts = [read(ALIKE[0], "text"), read(ALIKE[1], "code")]
    scopes = [read(ALIKE[0], scope="method:Cache.get"), read(ALIKE[1], scope="method:Queue.get")]

    assert derived(*kinds) == derived(*analysts) == derived(*scopes) == []
    same_class = [read(ALIKE[0], scope="method:Cache.get"), read(ALIKE[1], scope="method:Cache.put")]
    assert len(derived(*same_class)) == 1


def test_what_denies_and_what_does_not_are_never_the_same():
    assert derived(read("Closed records have a resolution date"), read("Closed records have no resolution date")) == []


def test_verdicts_that_differ_are_never_the_same_whatever_the_reason():
    reason = "the query is built from constants"

    assert derived(verdict("confirmed", reason), verdict("dismissed", reason)) == []
    assert len(derived(verdict("dismissed", reason), verdict("dismissed", f"{reason} alone", row=2))) == 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([*ALIKE, *TIMEOUTS, OTHER, "a full disk"]), unique=True), st.randoms())
def test_every_member_is_like_the_leader_itself_and_the_order_given_does_not_matter(words, draw):
    found = list(gathered([read(each) for each in words]).readings)
    groups = repetitions.derive(found)
    draw.shuffle(found)

    assert repetitions.derive(found) == groups
    summaries = {each.id: each.summary for each in found}
    encoder = encoders.open_encoder("static")
    for group in groups:
        first, *others = encoder.encode([summaries[member].lower() for member in group.members])
        assert all(float(first @ other) >= repetitions.SIMILAR - 1e-4 for other in others)
