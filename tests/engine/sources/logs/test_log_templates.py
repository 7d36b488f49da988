import logging
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.sources.logs import templates
from rlm_pipeline.sources.logs.masks import masked
from rlm_pipeline.sources.logs.templates import TemplateMiner


def mined(messages):
    """The final template of each message."""
    miner = TemplateMiner()
    numbers = [miner.add(message) for message in messages]
    miner.settle()
    return [miner.template(number, message) for number, message in zip(numbers, messages, strict=True)]


def test_what_varies_by_its_shape_is_masked():
    cases = {
        "from 10.0.0.1:8080 to /10.0.0.2": "from <*> to <*>",
        "deleting blk_-6952295868487656571": "deleting blk_<*>",
        "took 12.5 ms, sent 5248 bytes (5.12 KB)": "took <*>, sent <*>",
        "lifetime <1 sec or 00:07": "lifetime <*> or <*>",
        "GET https://example.org/a?b=1 done": "GET <*> done",
        "open /var/log/x.log failed": "open <*> failed",
        "said \"hello there\" to 'hlt'": "said <*> to <*>",
        "uid=0 euid=root rhost=": "uid=<*> euid=<*> rhost=",
        "at 0x0014a150 or deadbeef01": "at <*> or <*>",
        "proxy.cse.cuhk.edu.hk:5070 open": "<*> open",
        "copies a_1 a_2 a_3 left": "copies a_<*> left",
        "link is down": "link is down",
    }

    assert {message: masked(message) for message in cases} == cases


def test_a_word_with_many_forms_is_a_variable_from_the_first_record_on():
    names = ["anna", "bert", "carl", "dora", "emil"]

    assert set(mined([f"session of member {name} is now open" for name in names])) == {
        "session of member <*> is now open"
    }


def test_a_word_with_few_forms_tells_events_apart():
    up, down = "link to node 7 is up now", "link to node 8 is down now"

    assert mined([up, down, up, up]) == [
        "link to node <*> is up now",
        "link to node <*> is down now",
        "link to node <*> is up now",
        "link to node <*> is up now",
    ]


def test_a_form_that_is_masked_makes_the_others_a_variable():
    assert set(mined(["connection from (10.0.0.1) was closed", "connection from () was closed"])) == {
        "connection from <*> was closed"
    }


def test_memory_is_bounded_whatever_the_messages(monkeypatch):
    monkeypatch.setattr(templates, "_MOST_CLUSTERS", 10)
    monkeypatch.setattr(templates, "_MOST_REMEMBERED", 5)
    miner = TemplateMiner()
    messages = [" ".join(f"{chr(97 + n % 26)}{chr(97 + n // 26)}{word}" for word in "abcde") for n in range(200)]

    numbers = [miner.add(message) for message in messages]
    miner.settle()

    assert len(miner._forms) <= 10
    assert miner.template(numbers[-1], messages[-1]) == messages[-1]


def test_lines_of_a_dump_do_not_become_a_template_each():
    chance = random.Random(5)
    lines = ["data: " + " ".join(chance.choice("abcdefghij") + "f" for _ in range(16)) for _ in range(1_000)]
    miner = TemplateMiner()

    numbers = [miner.add(line) for line in lines]
    miner.settle()

    assert len(miner._forms) <= 200
    assert miner.template(numbers[-1], lines[-1]).startswith("data: ")


def test_a_long_message_is_mined_from_its_first_words():
    message = "start " + "word " * 100_000

    (template,) = mined([message])

    assert template.startswith("start word word")
    assert template.endswith(" <*>")
    assert len(template) < 1_100


def test_mining_says_nothing_and_writes_nothing(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drain3.ini").write_text("[DRAIN]\nsim_th = nonsense\n")

    with caplog.at_level(logging.DEBUG):
        mined(["one", "two", "three"])

    assert not caplog.records
    assert [path.name for path in tmp_path.iterdir()] == ["drain3.ini"]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=60), max_size=20))
def test_any_messages_have_templates_and_the_same_each_time(messages):
    first = mined(messages)

    assert first == mined(messages)
    assert all("\0" not in template or "\0" in message for template, message in zip(first, messages, strict=True))
