"""The report of a design: self-contained, escaped, marked as simulated, every probability with its interval,
and a sentence for whatever is not there."""

import copy
import json
import re
from itertools import count, pairwise

import pytest

from equipoise import report
from equipoise.errors import RecordError

HOSTILE = """<script>alert(1)</script>"'&<img src=x></style></title>{{ 7*7 }}\u202e\x00"""
KEPT = frozenset(
    [
        "strong",
        "null",
        "believed",
        "sizes",
        "planned",
        "primary",
        "remission",
        "secondary",
        "participants",
        "effect",
        "estimate",
        "difference_in_means",
        "odds_ratio",
        "half",
        "end",
        "psi",
        "nia",
        "shrunk",
        "mar",
    ]
)
SECTION_OF = {
    "curves": "power", "picture": "picture", "scenarios": "assumptions",
}  # fmt: skip


@pytest.fixture(scope="module")
def html(rehearsed, tmp_path_factory):
    base, numbers = tmp_path_factory.mktemp("rehearsals"), count()
    return lambda contents: report.render_design(rehearsed.write(base / str(next(numbers)), contents))


@pytest.fixture(scope="module")
def flagship(rehearsed, html):
    return html(rehearsed.whole())


def section(text, name):
    return text.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def test_the_page_is_whole_and_nothing_leaves_it(flagship, page):
    document = page.read(flagship)
    assert page.leaving(document) == []
    assert page.duplicates(document) == []
    assert page.dangling(document) == []
    levels = [int(one.tag[1]) for one in document.all() if one.tag in ("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for figure in document.all("svg"):
        assert figure.all("title")[0].words()
        assert figure.all("desc")[0].words()
    for table in document.all("table"):
        heads = table.all("thead")[0].all("th")
        for line in table.all("tbody")[0].all("tr"):
            cells = [one for one in line.all() if one.tag in ("th", "td")]
            assert sum(int(one.attributes.get("colspan", "1")) for one in cells) == len(heads)


def test_it_says_that_nobody_took_part(flagship, page):
    document = page.read(flagship)
    assert document.all("title")[0].words().startswith("Simulated trials")
    assert "Simulated trials. No person took part." in page.shown(document)
    assert 'content: "Simulated data"' in flagship


def test_the_first_page_tells_power_error_and_what_belief_does(flagship):
    first = section(flagship, "summary")
    assert "90.0% (95% Monte Carlo interval 87.1 to 92.9)" in first
    assert "With no effect at all, 5.0% (2.8 to 7.2) of trials find one." in first
    assert "belief alone makes 40.0% (35.3 to 44.7) of trials significant" in first
    assert "With the planned looks power is 85.0%" in first


def test_who_gives_the_estimate_is_counted_among_the_arms_compared(rehearsed, html):
    contents = rehearsed.whole()
    plan = contents["rehearsal"]["plan"]
    plan["arms"] = [*plan["arms"], {"id": "low", "label": "Low dose", "role": "control"}]
    plan["ratio"] = {"psi": 2, "nia": 1, "low": 2}
    told = "On average 28.5 of {} participants in the arms compared"
    assert told.format(18) in " ".join(html(contents).split())
    assert told.format(30) in " ".join(html(rehearsed.whole()).split())


def test_the_titles_of_figures_tell_a_finding_with_its_interval(flagship, page):
    found = [one.words() for one in page.read(flagship).all("figcaption")]
    assert len(found) == 9
    assert [one for one in found if not re.search(r"\d \(?[−\d.]+ to |\([−\d.]+ to ", one)] == []


def test_the_sentence_has_its_assumptions_and_its_sources(flagship, page):
    words = " ".join(section(flagship, "sample-size").split())
    assert "30 participants will be randomized in the ratio 1:1 to psilocybin and niacin." in words
    assert "(by formula, Student&#39;s t, exact: 91.0%)" in words
    assert "Without any effect it did in 5.0% (2.8 to 7.2)." in words
    assert "would be significant by functional unblinding alone" in words
    assert "The smallest number with 80.0% power" in words
    assert "standard deviation after baseline psi 6.7, nia 10.3" in words
    assert "A source." in words
    assert "Five trials." in words


def test_a_power_by_formula_or_the_reason_for_none_stands_beside_the_rehearsed_one(flagship):
    words = section(flagship, "power")
    assert "91.0 (a)" in words
    assert "– (b)" in words
    assert "(b) No formula is known." in words


def test_hostile_text_stays_text(rehearsed, html, page):
    def hostile(value, key=""):
        if isinstance(value, dict):
            return {name: hostile(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [hostile(one, key) for one in value]
        return (
            value + HOSTILE if isinstance(value, str) and value not in KEPT and key != "scenario" else value
        )

    text = html({name: hostile(one) for name, one in rehearsed.whole().items()})
    document = page.read(text)
    assert page.leaving(document) == []
    assert page.duplicates(document) == []
    assert "<script>alert(1)</script>" in page.shown(document)
    assert "\u202e" not in text


def test_numbers_that_are_absent_are_a_dash_and_never_none(rehearsed, html, page):
    def absent(value):
        if isinstance(value, dict):
            return {name: absent(one) for name, one in value.items()}
        if isinstance(value, list):
            return [absent(one) for one in value]
        return None if isinstance(value, float) else value

    contents = rehearsed.whole()
    for kept in ("operating_characteristics", "sequential"):
        contents[kept] = absent(contents[kept])
    contents["rehearsal"]["cells"] = [
        {**one, "enrollment": {}, "assurance": []} for one in contents["rehearsal"]["cells"]
    ]
    contents["rehearsal"] |= {"curves": [], "comparisons": [], "picture": None}
    words = page.shown(page.read(html(contents)))
    assert "None" not in words
    assert "nan" not in words.lower().split()


@pytest.mark.parametrize(
    "table",
    ["plan", "scenarios", "priors", "analytic", "curves", "picture", "comparisons", "search", "notes"],
)
def test_a_rehearsal_without_one_table_is_still_a_report(rehearsed, html, page, table):
    contents = copy.deepcopy(rehearsed.whole())
    del contents["rehearsal"][table]
    assert page.duplicates(page.read(html(contents))) == []


def test_a_rehearsal_without_looks_or_cells_says_so(rehearsed, html):
    contents = rehearsed.whole()
    contents["rehearsal"]["plan"]["looks"] = []
    contents["sequential"] = []
    assert "No look before the end is planned." in html(contents)
    contents["operating_characteristics"], contents["rehearsal"]["cells"] = [], []
    assert "No scenario was rehearsed." in html(contents)


def test_a_file_of_another_shape_is_refused_with_every_place(rehearsed, tmp_path):
    contents = rehearsed.whole()
    contents["operating_characteristics"][0]["power"] = "much"
    contents["rehearsal"]["cells"] = {"one": 1}
    with pytest.raises(RecordError) as refused:
        report.render_design(rehearsed.write(tmp_path, contents))
    assert {one.path for one in refused.value.problems} == {"0.power", "cells"}
    (tmp_path / "operating_characteristics.json").unlink()
    with pytest.raises(RecordError, match="design"):
        report.render_design(tmp_path)


def test_the_same_files_give_the_same_bytes(rehearsed, tmp_path):
    folder = rehearsed.write(tmp_path, rehearsed.whole())
    target = report.write_design(folder)
    assert target.name == "design.html"
    assert target.read_text(encoding="utf-8") == report.render_design(folder)
    assert report.holds_rehearsal(folder)
    assert json.loads((folder / "rehearsal.json").read_text()) == rehearsed.whole()["rehearsal"]
