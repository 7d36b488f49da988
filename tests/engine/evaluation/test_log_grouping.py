import csv
import gzip
import sys
from pathlib import Path

import pytest

from rlm_pipeline.errors import InvariantError
from rlm_pipeline.evaluation.log_grouping import grouping_accuracy
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.readers import open_reading

LOGS = Path(__file__).parents[4] / "shared" / "data" / "loghub-a"
SYSTEMS = ("Apache", "BGL", "HDFS", "HPC", "Linux", "OpenSSH", "Proxifier", "Zookeeper")


def test_the_same_groups_under_other_names_are_all_right():
    assert grouping_accuracy([7, 7, 3, 9], ["a", "a", "b", "c"]) == 1.0


def test_a_split_group_is_wrong_for_all_its_messages():
    assert grouping_accuracy([1, 2, 3, 3], ["a", "a", "b", "b"]) == 0.5


def test_two_groups_taken_for_one_are_both_wrong():
    assert grouping_accuracy([1, 1, 1, 2], ["a", "a", "b", "c"]) == 0.25


def test_no_messages_are_no_mistake():
    assert grouping_accuracy([], []) == 1.0


def test_groups_of_other_messages_are_refused():
    with pytest.raises(InvariantError, match="1 predicted groups for 2"):
        grouping_accuracy([1], ["a", "b"])


@pytest.mark.skipif(not LOGS.is_dir(), reason="the folder shared/data/loghub-a of labelled logs is not beside us")
def test_one_configuration_groups_the_messages_of_eight_systems():
    accuracy = {system: accuracy_of(system) for system in SYSTEMS}

    mean = sum(accuracy.values()) / len(accuracy)
    sys.stdout.writelines(f"{system} {share:.3f}\n" for system, share in {**accuracy, "mean": mean}.items())
    assert mean >= 0.80


def accuracy_of(system):
    """The raw log read as any other, its records joined to the labelled lines by their line."""
    log = LOGS / system / f"{system}_2k.log"
    reading = open_reading(log, detect(log), log.name)
    template = reading.columns.index("template")
    predicted = {entry.line: entry.cells[template] for entry in reading.entries}
    with gzip.open(
        log.with_name(f"{log.name}_structured_corrected.csv.gz"), "rt", encoding="utf-8", newline=""
    ) as rows:
        events = {int(row["LineId"]): row["EventId"] for row in csv.DictReader(rows)}
    assert predicted.keys() == events.keys()
    return grouping_accuracy(list(predicted.values()), [events[line] for line in predicted])
