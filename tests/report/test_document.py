"""The whole page: self-contained, escaped, blinded where it must be, the same every time, never an exception."""

import base64
import copy
import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise import report
from equipoise.errors import IntegrityError, RecordError, TrialError
from equipoise.report import wording

HOSTILE = """<script>alert(1)</script>"'&<img src=x onerror=alert(1)></style></title>{{ 7*7 }}\u202e\x00"""
TABLES = [
    "trial", "flow", "baseline", "estimands", "descriptives", "individuals", "responders", "sessions",
    "adverse_events", "blinding", "blinding_indices", "certainty", "expectancy", "deviations", "multiplicity",
    "published", "missing", "lines", "provenance",
]  # fmt: skip
SECTION_OF = {
    "flow": "flow", "baseline": "baseline", "estimands": "estimands", "individuals": "individuals",
    "responders": "responders", "sessions": "sessions", "adverse_events": "safety", "blinding": "blinding",
    "expectancy": "blinding", "deviations": "deviations", "multiplicity": "testing", "missing": "missing-data",
    "provenance": "provenance", "by_visit": "over-time", "sensitivity": "sensitivity",
}  # fmt: skip
"""The bar for rendering the demo trial."""


@pytest.fixture(scope="session")
def html(written, tmp_path_factory):
    """Return a renderer of data."""
    base, numbers = tmp_path_factory.mktemp("analyses"), count()

    def make(data):
        folder = base / str(next(numbers))
        folder.mkdir()
        return report.render(written.write(folder, data))

    return make


@pytest.fixture(scope="session")
def flagship(written, html):
    return html(written.frontline())


@dataclass(frozen=True)
class Report:
    """A report as text and as elements."""

    text: str
    document: Any


@pytest.fixture(
    scope="session", params=["two arms", "three arms", "modeled", "blinded", "blinded, real", "real"]
)
def any_report(request, written, modeled, html, page):
    """Return each kind of report in turn."""
    make = {
        "two arms": written.frontline,
        "three arms": written.three_arms,
        "modeled": lambda: modeled.added(written.frontline()),
        "blinded": lambda: written.frontline(blinded=True),
        "blinded, real": lambda: written.frontline(blinded=True, simulated=False),
        "real": lambda: written.frontline(simulated=False),
    }[request.param]
    text = html(make())
    return Report(text, page.read(text))


def test_nothing_in_a_report_runs_or_leaves_the_page(any_report, page):
    assert page.leaving(any_report.document) == []


@pytest.mark.parametrize(
    "planted",
    [
        '<img src="x">',
        '<p onclick="x"></p>',
        '<a href="https://example.org"></a>',
        '<a href="javascript:x"></a>',
        "<script></script>",
        '<p style="x"></p>',
        "<style>body { background: url(x) }</style>",
        "<style>@import 'x'</style>",
        '<link rel="icon" href="/favicon.ico">',
    ],
)
def test_the_search_for_requests_finds_a_planted_one(page, planted):
    assert page.leaving(page.read(f"<html><body>{planted}</body></html>"))


def test_the_policy_allows_this_style_only(any_report, page):
    document = any_report.document
    policy = next(one.attributes["content"] for one in document.all("meta") if "http-equiv" in one.attributes)
    style = any_report.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_ids_are_unique_and_every_link_has_its_target(any_report, page):
    assert page.duplicates(any_report.document) == []
    assert page.dangling(any_report.document) == []


def test_every_figure_has_a_name_and_a_description(any_report, page):
    figures = any_report.document.all("svg")
    assert figures
    for figure in figures:
        title, description = figure.all("title")[0], figure.all("desc")[0]
        assert title.words()
        assert description.words()
        assert figure.attributes["role"] == "img"
        assert figure.attributes["aria-labelledby"].split() == [
            title.attributes["id"],
            description.attributes["id"],
        ]


def test_every_figure_is_drawn_for_a_page_and_for_a_phone(any_report, page):
    figures = any_report.document.all("figure")
    for figure in figures:
        assert [one.attributes["class"] for one in figure.all("svg")] == ["figure-wide", "figure-narrow"]


def test_every_table_has_a_caption_scopes_and_a_region_the_keyboard_reaches(any_report, page):
    document = any_report.document
    regions = [one for one in document.all("div") if one.attributes.get("class") == "scroll"]
    assert len(regions) == len(document.all("table")) > 0
    for region in regions:
        assert region.attributes["tabindex"] == "0"
        assert region.attributes["role"] == "region"
        assert region.all("caption")[0].words()
        assert all("scope" in head.attributes for head in region.all("th"))


def test_rows_of_a_table_are_as_wide_as_its_head(any_report, page):
    for table in any_report.document.all("table"):
        heads = table.all("thead")[0].all("tr")
        width = len(heads[-1].all("th")) + (1 if len(heads) > 1 else 0)
        for row in table.all("tbody")[0].all("tr"):
            cells = [one for one in row.all() if one.tag in ("th", "td")]
            assert sum(int(one.attributes.get("colspan", "1")) for one in cells) == width


def test_there_is_one_main_heading_and_no_level_is_skipped(any_report, page):
    levels = [int(one.tag[1]) for one in any_report.document.all() if one.tag in ("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_tables_and_figures_are_numbered_in_order(any_report, page):
    document = any_report.document
    figures = [one.words().partition(".")[0] for one in document.all("figcaption")]
    assert figures == [f"Figure {place}" for place in range(1, len(figures) + 1)]
    captions = [one.words() for one in document.all("caption")]
    numbered = [one.partition(".")[0] for one in captions if one.startswith("Table ")]
    assert numbered == [f"Table {place}" for place in range(1, len(numbered) + 1)]
    assert "Participants at baseline" in next(one for one in captions if one.startswith("Table 1."))


def test_a_simulated_report_says_so_in_title_band_and_watermark(flagship, page):
    document = page.read(flagship)
    assert document.all("title")[0].words().startswith("Simulated data")
    assert "Simulated data. No participant was treated." in page.shown(document)
    assert [one for one in document.all("div") if one.attributes.get("class") == "watermark"]
    assert 'content: "Simulated data"' in flagship


def test_a_report_of_real_data_never_says_simulated(written, html, page):
    assert "simulated" not in page.shown(page.read(html(written.frontline(simulated=False)))).lower()


def test_either_file_makes_a_report_simulated(written, html):
    data = written.frontline()
    data["tables"]["trial"]["simulated"] = None
    assert "Simulated data. " in html(data).replace("</strong>", "").replace("<strong>", "")


def test_a_blinded_report_names_no_arm(written, html, page):
    text = html(written.frontline(blinded=True)).lower()
    for arm in written.ARMS:
        assert arm["id"] not in text
        assert arm["label"].lower() not in text


def test_a_blinded_report_says_so_in_title_band_edge_and_print(written, html, page):
    text = html(written.frontline(blinded=True, simulated=False))
    document = page.read(text)
    assert document.all("title")[0].words().startswith("Blinded")
    assert "Blinded report. All arms are shown together." in page.shown(document)
    assert [one for one in document.all("div") if one.attributes.get("class") == "edge"]
    assert 'content: "Blinded report: arms withheld"' in text


def test_names_of_arms_in_free_text_are_withheld_too(written, html, page):
    data = written.frontline(blinded=True)
    data["tables"]["deviations"][0]["text"] = "PSILOCYBIN 25 mg given twice, niacin spilled"
    text = page.shown(page.read(html(data)))
    assert "[withheld] given twice, [withheld] spilled" in text


def test_a_title_that_names_an_arm_stays(written, html, page):
    data = written.frontline(blinded=True)
    data["tables"]["trial"]["title"] = "Psilocybin therapy for clinicians"
    assert page.read(html(data)).all("h1")[0].words() == "Psilocybin therapy for clinicians"


@pytest.mark.parametrize("everything", [False, True])
def test_hostile_text_in_every_field_stays_text(written, modeled, html, page, everything):
    kept = set() if everything else {
        "difference_in_means", "risk_difference", "mean_sd", "n_percent", "median_range", "Bang", "James",
        "randomized", "open_label", "participant", "rater", "primary", "secondary", "sensitivity", "change", "lsmean", "difference",
        "OOO", "OO.", "O.O", "D1", "D7", "D28", "psilocybin", "niacin",
    }  # fmt: skip
    for data in (modeled.added(written.frontline()), written.frontline(blinded=True)):
        hostile = copy.deepcopy(data)
        for part in ("results", "tables", "protocol"):
            hostile[part] = written.mapped(
                hostile[part], lambda text: text if text in kept else text + HOSTILE
            )
        text = html(hostile)
        document = page.read(text)
        assert page.leaving(document) == []
        assert page.duplicates(document) == []
        assert "<script>alert(1)</script>" in page.shown(document)
        assert "{{ 7*7 }}" in page.shown(document)
        assert "\u202e" not in text
        assert "\x00" not in text


def test_the_hostile_text_would_be_found_if_it_were_not_escaped(flagship, page):
    assert page.leaving(page.read(flagship.replace("<h1>", f"<h1>{HOSTILE.partition('</style>')[0]}")))


def test_the_same_analysis_gives_the_same_bytes(written, html):
    assert html(written.frontline()) == html(written.frontline())


def test_the_bytes_do_not_depend_on_the_process(written, tmp_path):
    folder = written.write(tmp_path, written.frontline())
    code = "import hashlib,sys; from equipoise import report; from pathlib import Path;"
    code += "print(hashlib.sha256(report.render(Path(sys.argv[1])).encode()).hexdigest())"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env={**os.environ, "PYTHONHASHSEED": "1" if os.environ.get("PYTHONHASHSEED") == "2" else "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(report.render(folder).encode()).hexdigest()


def test_the_report_needs_neither_numpy_nor_pandas():
    code = "import equipoise.report, sys; print([name for name in ('numpy', 'pandas', 'scipy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_writing_leaves_the_rendered_text_in_the_folder(written, tmp_path):
    folder = written.write(tmp_path, written.frontline())
    target = report.write(folder)
    assert target == folder / "report.html"
    assert target.read_text(encoding="utf-8") == report.render(folder)


@pytest.mark.parametrize("blinded", [False, True])
@pytest.mark.parametrize("table", TABLES)
def test_a_report_without_one_table_says_so_in_a_sentence(written, html, table, blinded):
    data = written.frontline(blinded=blinded, per_arm=3)
    if data["tables"].pop(table, None) is None:
        return
    if table == "trial":
        data["manifest"]["blinded"] = blinded
    text = html(data)
    name = SECTION_OF.get(table)
    if name is not None:
        section = text.partition(f'<section id="{name}"')[2].partition("</section>")[0].lower()
        assert "not collected" in section or "not part of this analysis" in section


def test_a_whole_report_misses_nothing(written, modeled, html):
    text = html(modeled.added(written.frontline(per_arm=3))).lower()
    for name in set(SECTION_OF.values()):
        section = text.partition(f'<section id="{name}"')[2].partition("</section>")[0]
        assert section
        assert "not collected" not in section
        assert "not part of this analysis" not in section


def test_a_report_without_any_table_still_names_every_section(written, html, page):
    data = written.frontline()
    data["tables"], data["results"] = {}, []
    text = page.shown(page.read(html(data)))
    assert text.count(wording.NOT_COLLECTED) > 5
    assert "There is no comparison in this analysis." in text


def test_a_report_without_a_protocol_still_renders(written, html, page):
    data = written.frontline()
    data["protocol"] = {}
    assert "Methods" in page.shown(page.read(html(data)))


def test_absent_numbers_are_printed_as_a_dash_and_never_as_none(written, html, page):
    def absent(value):
        if isinstance(value, dict):
            return {key: absent(one) for key, one in value.items()}
        if isinstance(value, list):
            return [absent(one) for one in value]
        return None if isinstance(value, int | float) and not isinstance(value, bool) else value

    data = written.frontline()
    data["tables"], data["results"] = absent(data["tables"]), absent(data["results"])
    words = page.shown(page.read(html(data)))
    assert "None" not in words.replace("None defined", "").replace("None planned", "")
    assert "nan" not in words.lower().split()
    assert "–" in words


def paths(value, at=()):
    """Yield the path of every value inside a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        yield (*at, key)
        yield from paths(one, (*at, key))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_report_with_holes_renders_or_says_what_is_wrong(written, tmp_path, data):
    found = written.frontline(blinded=data.draw(st.booleans()), per_arm=3)
    options = [path for path in paths(found) if len(path) > 1]
    # The deepest first, so that no hole takes the place of another.
    holes = data.draw(st.lists(st.sampled_from(options), min_size=1, max_size=8, unique=True))
    for path in sorted(holes, key=lambda one: (-len(one), str(one))):
        place = found
        for key in path[:-1]:
            place = place[key]
        if data.draw(st.booleans()) and isinstance(place, dict):
            del place[path[-1]]
        else:
            place[path[-1]] = data.draw(st.sampled_from([None, "", [], {}, 0, "x", -1.5]))
    try:
        text = report.render(written.write(tmp_path, found))
    except TrialError:
        return
    assert text.startswith("<!DOCTYPE html>")


MODELED = ("by_visit", "covariance", "missing_patterns", "sensitivity", "tipping_point")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_report_with_holes_in_its_models_renders_or_says_what_is_wrong(written, modeled, tmp_path, data):
    found = modeled.added(written.frontline(per_arm=2))
    kept = ("trial", "lines", *MODELED)
    found["tables"] = {key: value for key, value in found["tables"].items() if key in kept}
    options = [path for path in paths(found["tables"]) if path[0] in MODELED and len(path) > 1]
    holes = data.draw(st.lists(st.sampled_from(options), min_size=1, max_size=8, unique=True))
    for path in sorted(holes, key=lambda one: (-len(one), str(one))):
        place = found["tables"]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = data.draw(st.sampled_from([None, "", [], {}, 0, "x", -1.5, [None], [[1]]]))
    try:
        text = report.render(written.write(tmp_path, found))
    except TrialError:
        return
    assert text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("table", MODELED)
def test_a_report_without_one_table_of_models_renders(written, modeled, html, table):
    data = modeled.added(written.frontline(per_arm=2))
    del data["tables"][table]
    assert "Over time" in html(data)


def test_an_incomplete_folder_is_refused_with_every_file_named(tmp_path):
    with pytest.raises(RecordError) as error:
        report.render(tmp_path)
    for name in ("results.json", "tables.json", "manifest.json", "protocol.json"):
        assert name in str(error.value)


def test_a_blinded_analysis_with_a_row_of_an_arm_stops_the_report(written, tmp_path):
    data = written.frontline(blinded=True)
    data["tables"]["descriptives"][0]["arm"] = "niacin"
    with pytest.raises(IntegrityError, match="blinded"):
        report.render(written.write(tmp_path, data))
