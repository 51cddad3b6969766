"""A rater's day in a real browser: given a task, rating on a phone through a lost connection, an alert, the guess."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.chromium import PHONE, RULES, expect
from tests.journeys.test_conduct import TOO_WIDE, WIDE, judge

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("EQUIPOISE_SHOTS", "")
"""A folder for pictures of every page, for people to look at; none are taken when empty."""


class Looking:
    """Every page is judged wide and on a phone, in light and dark, and names nobody."""

    def __init__(self, desk, rules: str, *, telling: tuple[str, ...]) -> None:
        self.desk, self.axe, self.telling = desk, rules, telling
        self.wrong: list[str] = []
        self.seen = 0

    def look(self, name: str) -> None:
        page = self.desk.page
        page.evaluate(self.axe)
        for size, shape in (("phone", PHONE), ("wide", WIDE)):
            page.set_viewport_size(shape)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                self.seen += judge(page, RULES, self.wrong, f"{name} {size} {scheme}")
                if SHOTS:
                    page.screenshot(path=Path(SHOTS) / f"{name}-{size}-{scheme}.png", full_page=True)
            self.wrong += [f"{name} {size} is too wide: {one}" for one in page.evaluate(TOO_WIDE)]
        page.emulate_media(color_scheme="light")
        shown = page.content()
        self.wrong += [f"{name} says {one}" for one in self.telling if one in shown]
        self.wrong += [f"{name}: {one}" for one in self.desk.said]
        self.desk.said.clear()


def give(study, axe, *, looked: bool) -> None:
    """Let the coordinator give the rating of the screening visit to the rater."""
    with study.desk("ana") as desk:
        page = desk.page
        page.goto("/")
        page.get_by_role("link", name="without a rater").click()
        if looked:
            looking = Looking(desk, axe, telling=())
            looking.look("ratings")
            assert looking.wrong == []
        panel = page.get_by_role("article", name=f"{study.made['participant']}, Screening")
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        panel.get_by_label("Wanted by").fill(f"{tomorrow:%Y-%m-%dT17:00}")
        panel.get_by_label("Link or number").fill("https://meet.example.org/k3x")
        panel.get_by_role("button", name="Give", exact=True).click()
        expect(page.get_by_text("The rater has it now.")).to_be_visible()
        expect(page.get_by_role("heading", name="With a rater")).to_contain_text("1")


def test_a_raters_day(study, axe):
    give(study, axe, looked=True)
    telling = (study.made["participant"], "Seattle", "Screening", "PREP1", "/forms/")
    with study.desk("rae", viewport=PHONE) as desk:
        page, looking = desk.page, Looking(desk, axe, telling=telling)
        page.goto("/")
        looking.look("tasks")
        page.get_by_role("link", name="Montgomery").click()
        looking.look("task")
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_text("You can answer now.")).to_be_visible()
        page.locator('[name="a:apparent_sadness:0"]').nth(3).check()
        expect(desk.status).to_contain_text("Saved")
        desk.context.set_offline(True)
        page.locator('[name="a:inner_tension:0"]').nth(2).check()
        expect(desk.status).to_contain_text("Saved on this device")
        desk.context.set_offline(False)
        page.locator('[name="a:suicidal_thoughts:0"]').nth(5).check()
        alert = page.locator("[data-alerts] [role=alert]")
        expect(alert).to_contain_text("say the task's code")
        expect(desk.status).not_to_contain_text("Not yet on the server")
        desk.said.clear()
        looking.look("alert")
        page.get_by_role("button", name="Save and complete").click()
        expect(page.locator("#summary")).to_contain_text("answers are missing")
        desk.said.clear()
        looking.look("missing")
        for item in ("reported_sadness", "reduced_sleep", "reduced_appetite", "concentration"):
            page.locator(f'[name="a:{item}:0"]').nth(2).check()
        for item in ("lassitude", "inability_to_feel", "pessimistic_thoughts"):
            page.locator(f'[name="a:{item}:0"]').nth(1).check()
        page.get_by_role("button", name="Save and complete").click()
        expect(page.get_by_text("One question is left.")).to_be_visible()
        looking.look("guess")
        page.goto("/tasks/")
        expect(page.get_by_text("One question left")).to_be_visible()
        page.get_by_role("link", name="Montgomery").click()
        page.get_by_role("button", name="I would rather not guess").click()
        expect(page.get_by_role("heading", name="Given")).to_be_visible()
        looking.look("given")
        page.get_by_role("link", name="Montgomery").click()
        expect(page.get_by_label("Why do you change it?")).to_be_visible()
        looking.look("correct")
        assert looking.wrong == []
        assert looking.seen > 0
    with study.desk("ana") as desk:
        page = desk.page
        page.goto(f"/participants/{study.made['participant']}/?visit=SCR&repeat=1")
        expect(page.get_by_role("row", name="Which treatment the rater thinks it was")).to_contain_text(
            "Complete"
        )
        page.get_by_role("link", name="Which treatment the rater thinks it was").click()
        expect(page.get_by_text("Given, and sealed")).to_be_visible()
        assert desk.said == []
