import datetime as dt

from tests.engine.analysis.text_analyst.read_files import of, told
from tests.engine.analysis.text_analyst.written_logs import START, service_log


def _log(*, hours: int, extra: list[tuple[float, str]]) -> str:
    """A line every 30 seconds, alternately of three templates, and further lines so many seconds from the start."""
    usual = ["INFO app: cache refreshed", "INFO app: session opened for caller", "INFO app: session closed for caller"]
    ticks = [(30.0 * tick, usual[tick * 7 % 3]) for tick in range(hours * 120)]
    ordered = sorted([*ticks, *extra], key=lambda line: line[0])
    return "".join(f"{START + dt.timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} {text}\n" for seconds, text in ordered)


def test_a_template_that_first_appears_late_is_told_with_its_count(tmp_path):
    late = [(36_000.0 + 613 * n, "INFO app: new parser selected") for n in range(20)]
    (found,) = of(told(tmp_path, {"app.log": _log(hours=14, extra=late)}), "pattern", "templates that appear late")

    assert found.distribution == (("new parser selected", 20),)
    assert found.severity == "notice"
    assert "first at 2024-03-01 10:00" in found.summary


def test_a_template_that_stops_is_told_and_a_single_clump_of_records_is_not(tmp_path):
    stops = [(613.0 * n, "INFO app: old parser selected") for n in range(20)]
    clump = [(40_000.0 + n, "INFO app: rebalance of shards") for n in range(15)]
    found = told(tmp_path, {"app.log": _log(hours=14, extra=[*stops, *clump])})

    (stopped,) = of(found, "pattern", "templates that stop")
    assert stopped.distribution == (("old parser selected", 20),)
    assert of(found, "pattern", "templates that appear late") == []


def test_templates_throughout_the_log_neither_appear_late_nor_stop(tmp_path):
    found = told(tmp_path, {"app.log": _log(hours=14, extra=[])})
    assert of(found, "pattern", "templates that") == []


def test_a_heartbeat_is_found_with_its_interval(tmp_path):
    beat = [(300.0 * n + 3 * (n % 2), "INFO app: heartbeat sent") for n in range(160)]
    noise = [(float(n * n % 48_611), "INFO app: lookup done") for n in range(400)]
    (found,) = of(told(tmp_path, {"app.log": _log(hours=1, extra=[*beat, *noise])}), "pattern", "templates at regular")

    assert dict(found.distribution)["heartbeat sent"] == 160
    assert "lookup done" not in dict(found.distribution)
    assert "5 minutes" in found.summary


def test_a_template_that_floods_is_told_though_it_says_no_failure(tmp_path):
    flood = [(20_000.0 + n / 10, "INFO app: retrying later") for n in range(400)]
    usual = [(610.0 * n, "INFO app: retrying later") for n in range(70)]
    (found,) = of(told(tmp_path, {"app.log": _log(hours=14, extra=[*flood, *usual])}), "pattern", "flood")

    assert "retrying later" in found.scope
    assert found.total >= 400
    assert found.severity == "notice"


def test_levels_templates_and_components_are_counted(tmp_path):
    found = told(tmp_path, {"app.log": service_log(hours=6, burst_at=None)})

    (levels,) = of(found, "pattern", "levels")
    assert dict(levels.distribution) == {"INFO": 1080, "ERROR": 6}
    (templates,) = of(found, "pattern", "templates ·")
    assert sum(count for _, count in templates.distribution) == templates.total == 1086
    (components,) = of(found, "pattern", "components")
    assert components.distribution == (("app", 1086),)
