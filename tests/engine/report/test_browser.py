"""The page in a real Chromium: it runs, needs no network, fits a phone, and its controls do what they say."""

import html as entities
import json
import re
import shutil
import subprocess

import pytest

from rlm_pipeline.report import page
from tests.engine.report import support_desk

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="needs chromium, chromium-browser or google-chrome on the PATH"),
]

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--virtual-time-budget=6000",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip

WIDTHS = (360, 390, 768, 1280)

WATCH = """
window.problems = [];
addEventListener("error", (event) => problems.push(event.message));
addEventListener("unhandledrejection", (event) => problems.push(String(event.reason)));
document.addEventListener("securitypolicyviolation", (event) => problems.push(event.violatedDirective));
"""

USE = """
addEventListener("load", () => {
  const state = { problems, window: innerWidth };
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (selector) => all(selector).filter((element) => element.checkVisibility()).length;
  const field = document.getElementById("find");
  const type = (text) => { field.value = text; field.dispatchEvent(new Event("input")); };
  try {
    state.wide = shown(".on-wide svg");
    state.narrow = shown(".on-narrow svg");
    state.controls = shown(".find, .tools");
    state.background = getComputedStyle(document.body).backgroundColor;
    state.linked = document.querySelector("#category-topic-topic-06 > details").open;

    const tile = document.querySelector("[data-go='category-mood-mood-02']");
    tile.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    state.clicked = document.querySelector("#category-mood-mood-02 > details").open;

    state.before = shown("[data-find]");
    type("tunnel");
    state.found = document.querySelector(".found").textContent;
    state.names = all("[data-find]").filter((element) => element.checkVisibility()).map((element) => element.id);
    type("no such thing");
    state.none = shown("[data-find]");
    type("");
    state.after = shown("[data-find]");

    state.folded = shown("#relationships tbody tr");
    all("#relationships .more label").forEach((label) => label.click());
    state.unfolded = shown("#relationships tbody tr");

    const mark = document.querySelector(".treemap [data-tip]");
    mark.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: 40, clientY: 40 }));
    state.tip = shown(".tip") && document.querySelector(".tip").textContent;

    all("details").forEach((details) => { details.open = true; });
    all(".more input").forEach((box) => { box.checked = true; });
    state.width = document.documentElement.scrollWidth;
  } catch (error) { problems.push(String(error)); }
  state.requests = performance.getEntriesByType("resource").map((entry) => entry.name);
  parent.postMessage(state, "*");
});
"""

FRAMES = """<!doctype html><title>frames</title>
<script>
const states = {};
addEventListener("message", (event) => {
  states[event.data.window] = event.data;
  document.documentElement.dataset.states = JSON.stringify(states);
});
</script>
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    dataset = support_desk.write(
        support_desk.support_desk(hostile="<script>problems.push('ran')</script>"),
        tmp_path_factory.mktemp("store"),
        columns=support_desk.schema(),
        found=support_desk.merged(),
    )
    return page.materialise(dataset).read_text(encoding="utf-8")


def visit(report, folder, *, widths=WIDTHS, flags=()):
    """Use the page in frames of several widths (a window is never narrower than 500); what each frame saw, by width.

    The first script in the head watches from the start; it carries the page's own nonce, or it would not run.
    """
    nonce = re.search(r'<script nonce="(\w+)"', report).group(1)
    watched = report.replace("<title>", f'<script nonce="{nonce}">{WATCH}{USE}</script><title>', 1)
    (folder / "report.html").write_text(watched, encoding="utf-8")
    frames = "".join(
        f'<iframe src="report.html#category-topic-topic-06" style="border:0;width:{width}px;height:844px"></iframe>'
        for width in widths
    )
    (folder / "frames.html").write_text(FRAMES + frames, encoding="utf-8")
    command = [
        BROWSER, *FLAGS, *flags, f"--user-data-dir={folder / 'profile'}", "--window-size=1400,900", "--dump-dom",
        (folder / "frames.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    states = re.search(r'data-states="([^"]*)"', done.stdout)
    assert states, done.stderr[-2000:]
    return {int(width): state for width, state in json.loads(entities.unescape(states.group(1))).items()}


@pytest.fixture(scope="module")
def states(report, tmp_path_factory):
    return visit(report, tmp_path_factory.mktemp("light"))


def test_the_page_runs_without_an_error_at_every_width(states):
    assert tuple(sorted(states)) == WIDTHS
    assert {width: state["problems"] for width, state in states.items()} == {width: [] for width in WIDTHS}


def test_the_page_asks_the_network_for_nothing(states):
    assert [state["requests"] for state in states.values()] == [[]] * len(WIDTHS)


def test_nothing_sticks_out_to_the_right_even_with_everything_open(states):
    assert {width: state["width"] for width, state in states.items()} == {width: width for width in WIDTHS}


def test_a_phone_gets_the_narrow_drawings_and_a_desk_the_wide_ones(states):
    assert states[390]["wide"] == 0
    assert states[1280]["narrow"] == 0
    assert states[390]["narrow"] == states[1280]["wide"] > 4


def test_search_shows_what_matches_and_puts_everything_back(states):
    state = states[1280]

    assert state["found"] == "1 match"
    assert state["names"] == ["category-topic-topic-06"]
    assert state["none"] == 0
    assert state["after"] == state["before"] > 50


def test_an_address_and_a_tile_open_the_row_they_lead_to(states):
    assert states[1280]["linked"]
    assert states[1280]["clicked"]


def test_show_all_shows_all(states):
    assert states[1280]["folded"] < states[1280]["unfolded"] == 23


def test_a_mark_says_what_it_is_when_pointed_at(states):
    assert re.fullmatch(r".+: [\d,]+ records, \d+\.\d\s% of the labelled", states[1280]["tip"])


def test_a_dark_desk_gets_a_dark_page(report, states, tmp_path):
    dark = visit(report, tmp_path, widths=(390,), flags=("--blink-settings=preferredColorScheme=0",))

    assert states[390]["background"] == "rgb(255, 255, 255)"
    assert dark[390]["background"] == "rgb(16, 22, 28)"


def test_without_scripts_everything_is_there_and_no_dead_control_is_shown(report, states):
    assert '<form class="find" role="search" hidden>' in report
    assert '<span class="tools" hidden>' in report
    assert states[1280]["controls"] == 4
    assert report.count("<blockquote>") > 100
