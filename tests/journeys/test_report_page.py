"""The report in a real browser: accessible, silent, readable on a phone and marked on every printed page."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.chromium import PHONE, RULES, absent

from equipoise import analysis, design, protocol, report

pytestmark = pytest.mark.browser

WIDE = {"width": 1280, "height": 900}
FLAGSHIP = Path(__file__).parents[2] / "protocols" / "frontline.yaml"


@pytest.fixture(scope="module")
def written():
    path = Path(__file__).parents[1] / "report" / "fixtures" / "written.py"
    spec = importlib.util.spec_from_file_location("equipoise_report_fixtures_written", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reports(written, tmp_path_factory):
    """Return kind to the file of a report: the demo trial through the whole pipeline, and made-up ones."""
    made = {
        "three arms": written.three_arms(),
        "blinded": written.frontline(blinded=True),
    }
    found = {
        kind: report.write(written.write(tmp_path_factory.mktemp("made"), data))
        for kind, data in made.items()
    }
    return {"demo": demo(tmp_path_factory.mktemp("demo")), **found}


def demo(folder: Path) -> Path:
    """Simulate, analyze and report the flagship trial."""
    resolved = protocol.resolve(protocol.load(FLAGSHIP.read_bytes(), name=FLAGSHIP.name))
    simulated = design.simulate(resolved)
    started = analysis.Provenance(command="equipoise demo", created_at="2026-11-23T10:00:00+00:00")
    done = analysis.analyze(resolved, simulated.records, simulated.allocation, provenance=started)
    return report.write(done.write(folder))


@pytest.fixture(scope="module", params=["demo", "three arms", "blinded"])
def file(request, reports):
    """Return the file of each kind of report in turn."""
    return reports[request.param]


class Opened:
    """A page with everything it said and asked for."""

    def __init__(self, browser, file, *, viewport, scheme="light", media=None):
        self.context = browser.new_context(viewport=viewport, color_scheme=scheme)
        self.page = self.context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())
        if media:
            self.page.emulate_media(media=media)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.context.close()


@pytest.mark.parametrize(
    ("kind", "viewport", "scheme"),
    [
        ("demo", WIDE, "light"),
        ("demo", WIDE, "dark"),
        ("demo", PHONE, "light"),
        ("demo", PHONE, "dark"),
        ("three arms", PHONE, "light"),
        ("blinded", WIDE, "light"),
        ("blinded", PHONE, "dark"),
    ],
)
def test_axe_finds_no_violation(browser, axe, reports, *, kind, viewport, scheme):
    with Opened(browser, reports[kind], viewport=viewport, scheme=scheme) as opened:
        found = judge(opened, axe)
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]] == []
    judged = {one["id"]: len(one["nodes"]) for one in found["passes"]}
    assert judged["color-contrast"] > 100
    assert judged["svg-img-alt"] > 3


def test_axe_finds_planted_violations(browser, axe, reports):
    with Opened(browser, reports["blinded"], viewport=WIDE) as opened:
        opened.page.evaluate("document.querySelector('svg').removeAttribute('aria-labelledby')")
        opened.page.evaluate("document.querySelector('svg > title').remove()")
        opened.page.evaluate("document.querySelector('.eyebrow').style.color = '#cccccc'")
        found = judge(opened, axe)
    assert {"svg-img-alt", "color-contrast"} <= {one["id"] for one in found["violations"]}


def judge(opened, axe):
    """Return what axe says of the page."""
    opened.page.evaluate(axe)
    return opened.page.evaluate(f"axe.run(document, {{runOnly: {RULES}}})")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_page_asks_for_nothing_and_complains_of_nothing(browser, file, viewport):
    with Opened(browser, file, viewport=viewport) as opened:
        opened.page.wait_for_timeout(200)
        assert opened.asked == [file.as_uri()]
        assert opened.said == []


def test_the_policy_stops_what_a_planted_script_would_do(browser, reports, tmp_path):
    file = reports["blinded"]
    planted = tmp_path / "planted.html"
    script = "<script>document.title = 'taken'</script><img src='https://example.org/x.png' alt=''>"
    planted.write_text(file.read_text(encoding="utf-8").replace("<h1>", f"{script}<h1>"), encoding="utf-8")
    with Opened(browser, planted, viewport=WIDE) as opened:
        assert opened.page.title() != "taken"
        assert any("Content Security Policy" in text for text in opened.said)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_page_never_scrolls_sideways(browser, file, viewport):
    with Opened(browser, file, viewport=viewport) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_text_in_figures_stays_legible_on_a_phone(browser, file):
    with Opened(browser, file, viewport=PHONE) as opened:
        sizes = opened.page.evaluate(
            """[...document.querySelectorAll('svg')].filter(one => one.getBoundingClientRect().width > 0).map(
                one => parseFloat(getComputedStyle(one.querySelector('text')).fontSize)
                    * one.getBoundingClientRect().width / one.viewBox.baseVal.width)"""
        )
        assert sizes
        assert min(sizes) >= 11


def test_no_text_of_a_figure_leaves_it(browser, file):
    with Opened(browser, file, viewport=WIDE) as opened:
        outside = opened.page.evaluate(
            """[...document.querySelectorAll('svg.figure-wide text')].filter(one => {
                const box = one.getBoundingClientRect(), all = one.closest('svg').getBoundingClientRect();
                return box.width && (box.left < all.left - 2 || box.right > all.right + 2
                    || box.top < all.top - 2 || box.bottom > all.bottom + 4);
            }).map(one => one.textContent)"""
        )
        assert outside == []


def test_every_scrolling_region_is_reached_by_the_keyboard(browser, file):
    with Opened(browser, file, viewport=PHONE) as opened:
        unreachable = opened.page.evaluate(
            """[...document.querySelectorAll('*')].filter(one => one.scrollWidth > one.clientWidth + 1
                && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX) && one.tabIndex < 0).length"""
        )
        assert unreachable == 0


def test_the_skip_link_leads_to_the_report(browser, reports):
    file = reports["blinded"]
    with Opened(browser, file, viewport=WIDE) as opened:
        opened.page.keyboard.press("Tab")
        assert opened.page.evaluate("document.activeElement.textContent") == "Skip to the report"
        opened.page.keyboard.press("Enter")
        assert opened.page.evaluate("document.activeElement.id") == "report"


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_every_printed_page_says_simulated_data(browser, file, tmp_path, paper):
    if shutil.which("pdftotext") is None:
        absent("pdftotext (poppler-utils) is not installed")
    target = tmp_path / "report.pdf"
    with Opened(browser, file, viewport=WIDE) as opened:
        opened.page.pdf(path=str(target), format=paper)
    pages = pages_of(target)
    assert len(pages) > 3
    assert [place for place, text in enumerate(pages, start=1) if "Simulated data" not in text] == []
    if '<body class="blinded' in file.read_text(encoding="utf-8"):
        assert [place for place, text in enumerate(pages, start=1) if "Blinded report" not in text] == []


def test_the_first_printed_page_holds_all_of_the_summary(browser, reports, tmp_path):
    file = reports["demo"]
    if shutil.which("pdftotext") is None:
        absent("pdftotext (poppler-utils) is not installed")
    target = tmp_path / "report.pdf"
    with Opened(browser, file, viewport=WIDE) as opened:
        opened.page.pdf(path=str(target), format="A4")
    first, second = pages_of(target)[:2]
    for text in ("Key points", "Unblinding.", "Deviations."):
        assert text in first
    assert "Participant flow" in second


def test_a_printed_page_shows_the_watermark_without_margin_boxes(browser, reports, tmp_path):
    """Browsers that print no margin boxes still print what is fixed on every page."""
    file = reports["blinded"]
    if shutil.which("pdftotext") is None:
        absent("pdftotext (poppler-utils) is not installed")
    plain = tmp_path / "plain.html"
    text = file.read_text(encoding="utf-8")
    policy = text.partition('<meta http-equiv="Content-Security-Policy"')[2].partition(">")[0]
    text = text.replace(f'<meta http-equiv="Content-Security-Policy"{policy}>', "")
    plain.write_text(text.replace('content: "Simulated data"', 'content: ""'), encoding="utf-8")
    target = tmp_path / "plain.pdf"
    with Opened(browser, plain, viewport=WIDE) as opened:
        opened.page.pdf(path=str(target), format="A4")
    pages = pages_of(target)
    assert [place for place, text in enumerate(pages, start=1) if "Simulated" not in text] == []


def pages_of(target: Path) -> list[str]:
    """Return the text of each page of a PDF."""
    done = subprocess.run(["pdftotext", "-raw", str(target), "-"], capture_output=True, text=True, check=True)
    return done.stdout.rstrip("\f").split("\f")
