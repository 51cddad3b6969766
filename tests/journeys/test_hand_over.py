"""Somebody consents and answers on the clinic's device, a phone, in a real browser; every page is accessible."""

from datetime import date, timedelta

import pytest
from tests.journeys.test_conduct import (  # noqa: F401 - fixtures
    PASSWORD,
    PHONE,
    RULES,
    TOO_WIDE,
    axe,
    browser,
    judge,
    study,
)

pytestmark = pytest.mark.browser
LEAST_TARGET = 24
"""CSS pixels: WCAG 2.2, success criterion 2.5.8."""


class Reader:
    """A participant's eyes: every page is judged once, in light and dark."""

    def __init__(self, desk, rules: str) -> None:
        self.desk, self.axe = desk, rules
        self.wrong: list[str] = []
        self.seen = 0

    def look(self, name: str) -> None:
        """Judge the page as it is now."""
        page = self.desk.page
        page.evaluate(self.axe)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            self.seen += judge(page, RULES, self.wrong, f"{name} {scheme}")
        page.emulate_media(color_scheme="light")
        self.wrong += [f"{name} is too wide: {one}" for one in page.evaluate(TOO_WIDE)]
        links = page.get_by_role("link", name="I need help now")
        if links.count() != 1:
            self.wrong.append(f"{name}: there is no help")
        self.wrong += [f"{name}: {one}" for one in self.desk.said]
        self.desk.said.clear()


def take_back(page) -> None:
    """Give the device back to the member of staff whose session it is."""
    page.get_by_role("link", name="For staff: take the device back").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Take the device back").click()


def test_somebody_reads_signs_and_answers_on_a_phone(study, axe):  # noqa: F811 - fixtures
    from playwright.sync_api import expect  # noqa: PLC0415 - may not be installed

    with study.desk("ben", viewport=PHONE) as desk:
        # A session of this test's own: a device that is handed over changes its key.
        study.kept.pop("ben")
        page, reader = desk.page, Reader(desk, axe)
        page.goto("/participants/new/")
        page.get_by_role("button", name="Hand over form 1").click()
        expect(page.get_by_text("Page 1 of 4")).to_be_visible()
        reader.look("section")
        page.goto("/participants/")
        expect(page.get_by_text("Page 1 of 4")).to_be_visible()
        page.get_by_role("button", name="Next").click()
        reader.look("question")
        page.get_by_label("Only when the study ends").check()
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_role("alert")).to_contain_text("You may stop at any time.")
        desk.said.clear()
        reader.look("question explained")
        page.get_by_role("link", name="I need help now").click()
        expect(page.get_by_role("heading", name="Help is here")).to_be_visible()
        page.get_by_role("link", name="Back").click()
        page.get_by_label("Whenever I want").check()
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_role("status")).to_have_text("That is right.")
        page.get_by_role("link", name="Stop and continue later").click()
        reader.look("later")
        page.get_by_role("link", name="Go on now").click()
        page.get_by_label("I may see and think in another way").check()
        page.get_by_role("button", name="Next").click()
        reader.look("signature")
        page.get_by_label("Your full name").fill("Jo Doe")
        page.get_by_role("button", name="Sign", exact=True).click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        reader.look("done")
        page.go_back()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        page.get_by_role("link", name="For staff: take the device back").click()
        reader.look("back")
        page.goto("/device/")
        take_back(page)
        page.get_by_role("link", name="Countersign").click()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Countersign").click()
        expect(page.get_by_text("Given and in force")).to_be_visible()

        page.locator(".crumbs a").last.click()
        page.get_by_label("Planned day").fill((date.today() + timedelta(days=21)).isoformat())  # noqa: DTZ011
        page.get_by_role("button", name="Plan it").click()
        page.get_by_role("link", name="Preparation 1 (baseline)").last.click()
        page.get_by_role("button", name="Hand the device over for their questions").click()
        answered(page, reader)
        expect(page.get_by_text("You have answered everything. It is saved.")).to_be_visible()
        take_back(page)
        row = page.get_by_role("row").filter(has_text="PTSD")
        expect(row).to_contain_text("Complete")
        assert not reader.wrong, "\n".join(dict.fromkeys(reader.wrong))
        assert reader.seen > 200, "axe looked at too little"


def answered(page, reader: Reader) -> None:
    """Answer every question, the first of each kind judged; then say that one is done."""
    from playwright.sync_api import expect  # noqa: PLC0415 - as above

    expect(page.get_by_text("Question 1 of")).to_be_visible()
    reader.look("asked")
    small = page.evaluate(
        "least => [...document.querySelectorAll('a, button, label.choice')].filter(one => {"
        " const box = one.getBoundingClientRect(); return box.width && box.height < least; })"
        ".filter(one => !one.classList.contains('skip')).map(one => one.outerHTML.slice(0, 80))",
        LEAST_TARGET,
    )
    assert small == []
    page.get_by_role("button", name="I would rather not answer this").click()
    while not page.get_by_role("heading", name="That was the last question").is_visible():
        if page.locator("input[type=radio]").count():
            page.locator("input[type=radio]").first.check()
        else:
            page.locator("#answer").fill("5")
        page.get_by_role("button", name="Next").click()
    reader.look("end")
    page.get_by_role("button", name="I am done").click()
