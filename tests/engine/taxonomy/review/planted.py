"""Statements about topics in fields, and models that review what was found: from the truth, or without any sense."""

import random
import re

from rlm_pipeline.configuration import Analysis, ColumnRoles
from tests.engine.taxonomy.stored import CONFIG

FIELDS = {
    "Kitchen": {
        "Coffee machines": "coffee espresso beans grinder milk foam cup barista",
        "Ovens and baking": "oven bread dough flour baking tray yeast crust",
        "Knives and cutting": "knife blade cutting board chopping onions carrots slicing",
    },
    "Travel by rail and air": {
        "Late trains": "train platform railway conductor carriage locomotive track station",
        "Flights and airports": "flight airport pilot runway boarding luggage airline cockpit",
        "Hotels": "hotel room reception lobby pillow bathroom minibar keycard",
    },
    "Body and health": {
        "Teeth": "dentist tooth molar filling gum crown toothache jaw",
        "Eyes and glasses": "glasses lens eye optician vision blurred frame retina",
        "Broken bones": "bone fracture plaster knee ankle surgeon crutches x-ray",
    },
    "Music": {
        "Guitars": "guitar string fret chord amplifier pick strumming capo",
        "Pianos": "piano keys pedal tuner sonata grand keyboard pianist",
        "Drums": "drum cymbal snare sticks rhythm percussion drummer beat",
    },
}
TOPICS = {topic: words.split() for topics in FIELDS.values() for topic, words in topics.items()}
FIELD_OF = {topic: field for field, topics in FIELDS.items() for topic in topics}
_SHARED = {
    "Kitchen": "kitchen cook recipe",
    "Travel by rail and air": "journey ticket passenger",
    "Body and health": "doctor pain patient",
    "Music": "music concert melody",
}

OFFLINE = CONFIG.model_copy(
    update={
        "columns": ColumnRoles(text=("letter",)),
        "discovery": CONFIG.discovery.model_copy(update={"questions": 0}),
    }
)
MODEL = OFFLINE.model_copy(update={"analysis": Analysis(mode="model", budget_usd=20)})


def statements(number, seed=0):
    """That many statements, and the topic of each."""
    chance = random.Random(seed)
    topics = [chance.choice(list(TOPICS)) for _ in range(number)]
    return [_statement(chance, topic) for topic in topics], topics


def _statement(chance, topic):
    words = [*chance.sample(TOPICS[topic], 4), chance.choice(_SHARED[FIELD_OF[topic]].split())]
    chance.shuffle(words)
    return " ".join(words)


def topic_of(text):
    """The topic whose words a text has most of."""
    words = re.findall(r"[\w-]+", text.lower())
    return max(TOPICS, key=lambda topic: sum(words.count(each) for each in TOPICS[topic]))


_CATEGORY = re.compile(r"^(C\d+): [^\n]*\n<(rlm-data-\w+)>\n(.*?)\n</\2>", re.MULTILINE | re.DOTALL)
_GROUP = re.compile(r"^(G\d+|no group)[^\n]*\n<(rlm-data-\w+)>\n(.*?)\n</\2>", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^(C\d+) \([\d,]+\): (.*) \[", re.MULTILINE)


def told(params):
    return params["messages"][0]["content"]


def properties(params):
    return params["output_config"]["format"]["schema"]["properties"]


def categories_in(params):
    """Id and typical statements of every category that is shown."""
    shown = {}
    for identity, _, inside in _CATEGORY.findall(told(params)):
        lines = [line.removeprefix("typical: ") for line in inside.splitlines() if line.startswith("typical: ")]
        shown[identity] = "\n".join(lines)
    return shown


def groups_in(params):
    """Names by category id of every group that is shown."""
    return {group: dict(_LINE.findall(inside)) for group, _, inside in _GROUP.findall(told(params))}


def truthful(params):
    """Names from the truth; merges what is one topic; groups by field."""
    return _of_upper_level(params) if "groups" in properties(params) else _of_siblings(params)


def _of_siblings(params):
    by_topic = {}
    for identity, typical in categories_in(params).items():
        by_topic.setdefault(topic_of(typical), []).append(identity)
    definition = "Statements about {}, and not about what is most similar."
    return {
        "names": [
            {"id": ids[0], "name": topic, "definition": definition.format(topic.lower())}
            for topic, ids in by_topic.items()
            if len(ids) == 1
        ],
        "merges": [
            {"ids": ids, "name": topic, "definition": definition.format(topic.lower())}
            for topic, ids in by_topic.items()
            if len(ids) > 1
        ],
        "criticism": [{"id": "C1", "problem": "Its statements name things, and say nothing of them."}]
        if "C1" in categories_in(params)
        else [],
    }


def _of_upper_level(params):
    shown = groups_in(params)
    by_field = {}
    for names in shown.values():
        for identity, name in names.items():
            by_field.setdefault(FIELD_OF[name if name in FIELD_OF else topic_of(name)], []).append(identity)
    named = [
        {"id": group, "name": field, "definition": f"All about {field.lower()}."}
        for group, names in shown.items()
        if group != "no group"
        for field in [FIELD_OF.get(next(iter(names.values())), "Unknown")]
    ]
    same = {frozenset(names) for group, names in shown.items() if group != "no group"}
    anew = [
        {"name": field, "definition": f"All about {field.lower()}.", "categories": ids}
        for field, ids in by_field.items()
    ]
    return {"names": named, "groups": [] if same == {frozenset(ids) for ids in by_field.values()} else anew}


_STATEMENT = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)


def statements_in(params):
    """Number and text of every statement that is shown."""
    return [(int(number), text) for number, text in _STATEMENT.findall(told(params))]


def says_nothing(params):
    """An answer to a review that changes nothing."""
    return {name: [] for name in properties(params)}


def of_statements(params, category_of):
    """The category of each statement as `category_of` a text has it."""
    return {"labels": [{"statement": number, "category": category_of(text)} for number, text in statements_in(params)]}


def outside_fences(text):
    """A prompt without what is fenced."""
    return re.sub(r"<(rlm-data-\w+)>\n.*?\n</\1>", "", text, flags=re.DOTALL)


def vague(number, seed=0):
    """Statements with two words of a topic and one of another."""
    chance = random.Random(seed)
    found = []
    for _ in range(number):
        topic, other = chance.sample(list(TOPICS), 2)
        found.append(" ".join([*chance.sample(TOPICS[topic], 2), chance.choice(TOPICS[other])]))
    return found
