"""The first day of those the trial is about: applying on a phone; consenting and answering on the clinic's device.

The network is cut in the middle, also just after the server took an answer: nothing is lost, nothing is kept twice.
"""

import pytest
from tests.chromium import PHONE, expect
from tests.journeys.day import Day

pytestmark = pytest.mark.browser
LEAST_TARGET = 24
"""CSS pixels: WCAG 2.2, success criterion 2.5.8."""
CUT = "No connection just now. Nothing you typed is lost"
ANSWERED = {"Age": "41", "Months of frontline": "14", "Months with symptoms": "9"}
TOO_SMALL = """
    least => [...document.querySelectorAll('a, button, label.choice')].filter(one => {
        const box = one.getBoundingClientRect();
        return box.width && box.height < least && !one.classList.contains('skip');
    }).map(one => one.outerHTML.slice(0, 80))
"""


class Person(Day):
    """Somebody with a phone: the pages are theirs, help is one step away, and targets are large enough."""

    def look(self, name: str) -> None:
        """Judge the page, and look for the way to help."""
        super().look(name)
        if self.page.get_by_role("link", name="I need help now").count() == 0:
            self.wrong.append(f"{self.who}: {name}: there is no help")
        self.wrong += [
            f"{self.who}: {name} is too small: {one}" for one in self.page.evaluate(TOO_SMALL, LEAST_TARGET)
        ]

    def send_twice(self, pattern: str) -> None:
        """Let what is sent next reach the server twice, as when its first answer is lost on the way."""

        def twice(route) -> None:
            if route.request.method == "POST":
                route.fetch(max_redirects=0)
            route.continue_()

        self.page.route(pattern, twice, times=1)


def press(day: Day, button: str) -> None:
    """Send the page, and wait for the next one."""
    with day.page.expect_navigation():
        day.page.get_by_role("button", name=button, exact=True).click()


def next_page(day: Day) -> None:
    """Go on."""
    press(day, "Next")


def next_in_vain(day: Day) -> None:
    """Try to go on without a connection: it is said."""
    day.page.get_by_role("button", name="Next", exact=True).click()
    expect(day.page.locator("[data-connection]")).to_contain_text(CUT)


def test_an_applicants_first_day_on_a_phone(site, axe):
    with Person(site, "applicant", axe, base=PHONE) as day:
        page = day.page
        day.open("/apply/", "apply")
        page.get_by_role("link", name="I need help now").click()
        expect(page.get_by_role("heading", name="Help is here")).to_be_visible()
        day.look("help")
        day.open("/apply/")
        press(day, "Begin")
        page.get_by_label("Age", exact=True).fill("forty")
        next_page(day)
        expect(page.get_by_role("alert")).to_contain_text("Please check this")
        day.look("answer not understood")
        page.get_by_label("Age", exact=True).fill("41")
        day.context.set_offline(True)
        next_in_vain(day)
        expect(page.get_by_label("Age", exact=True)).to_have_value("41")
        day.look("question without a network")
        day.context.set_offline(False)
        expect(page.get_by_role("heading", name="Profession")).to_be_visible()
        day.look("question with choices")
        page.get_by_label("Nurse", exact=True).check()
        next_page(day)
        while not page.get_by_role("heading", name="How may we reach you?").is_visible():
            if page.locator("input[type=radio]").count():
                page.locator("input[type=radio]").first.check()
            else:
                page.locator("#answer").fill("14")
            next_page(day)
        page.get_by_label("Your name").fill("Ada Núñez")
        page.get_by_label("Email address").fill("ada at example")
        day.look("ways to be reached")
        next_page(day)
        press(day, "Send my application")
        expect(page.get_by_role("alert")).to_contain_text("no email address")
        day.look("address not understood")
        page.get_by_label("Email address").fill("ada@example.org")
        next_page(day)
        day.look("check the answers")
        day.send_twice("**/apply/")
        press(day, "Send my application")
        expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()
        day.look("application sent")
        number = page.locator("main strong").inner_text()

    with Day(site, "coordinator", axe) as day:
        page = day.page
        day.begin()
        day.open("/applicants/", "applications")
        expect(page.get_by_role("row").filter(has_text="Ada Núñez")).to_have_count(1)
        page.get_by_role("link", name=number).click()
        day.look("application")
        page.get_by_role("button", name="Decline", exact=True).click()
        expect(
            page.get_by_role("alert").or_(page.get_by_role("heading", name="Not done yet"))
        ).to_be_visible()
        day.look("declined without a reason")
        day.open(f"/applicants/{number}/")
        page.get_by_role("button", name="Invite", exact=True).click()
        expect(page.get_by_text("Invited").first).to_be_visible()
        day.look("invited")
        day.open("/applicants/")
        page.get_by_label(f"Choose {number}").check()
        page.get_by_label("Decision").select_option("waiting")
        page.get_by_role("button", name="Go on").click()
        day.look("deciding about several")


def test_a_participants_first_day_on_the_clinics_device(site, axe):
    with Person(site, "investigator", axe, base=PHONE) as day:
        page = day.page
        day.begin()
        page.goto("/participants/new/")
        page.get_by_role("button", name="Hand over form 1").click()
        expect(page.get_by_text("Page 1 of 5")).to_be_visible()
        day.look("first page")
        # The study is out of reach until the device is taken back.
        page.goto("/participants/")
        expect(page.get_by_text("Page 1 of 5")).to_be_visible()
        for _ in range(3):
            next_page(day)
        expect(page.get_by_role("alert")).to_contain_text("Choose one of the answers")
        day.look("no answer chosen")
        page.get_by_label("Only when the study ends").check()
        next_page(day)
        expect(page.get_by_role("alert")).to_contain_text("You may stop at any time.")
        day.look("question explained")
        page.get_by_role("link", name="I need help now").click()
        expect(page.get_by_role("heading", name="Help is here")).to_be_visible()
        day.look("help on the device")
        page.get_by_role("link", name="Back").click()
        page.get_by_label("Whenever I want").check()
        day.context.set_offline(True)
        next_in_vain(day)
        expect(page.get_by_label("Whenever I want")).to_be_checked()
        day.look("consent without a network")
        day.context.set_offline(False)
        expect(page.get_by_role("status")).to_have_text("That is right.")
        page.get_by_role("link", name="Stop and continue later").click()
        day.look("later")
        page.get_by_role("link", name="Go on now").click()
        page.get_by_label("I may see and think in another way").check()
        next_page(day)
        page.get_by_label("Your full name").fill("  ")
        press(day, "Sign")
        expect(page.get_by_role("heading", name="Not signed yet")).to_be_visible()
        day.look("not signed yet")
        page.get_by_label("Telephone").fill("206 555 0100")
        page.get_by_label("Your full name").fill("Jo Doe")
        day.send_twice("**/device/read/**")
        press(day, "Sign")
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        day.look("signed")
        page.goto("/device/")
        page.get_by_role("link", name="For staff: take the device back").click()
        day.look("give the device back")
        day.sign("Take the device back")
        expect(page.get_by_role("row").filter(has_text="Form 1")).to_have_count(1)


def test_a_participants_questions_on_the_clinics_device(site, axe):
    with Person(site, "session_monitor", axe, base=PHONE) as day:
        page = day.page
        day.begin()
        page.goto(f"/participants/{site.made['told']}/?visit=W8&repeat=1")
        page.get_by_role("button", name="Hand the device over for their questions").click()
        expect(page.get_by_text("Question 1 of")).to_be_visible()
        day.look("asked")
        press(day, "I would rather not answer this")
        expect(page.get_by_text("Question 2 of")).to_be_visible()
        page.locator("input[type=radio]").nth(1).check()
        day.context.set_offline(True)
        next_in_vain(day)
        day.look("asked without a network")
        day.context.set_offline(False)
        expect(page.get_by_text("Question 3 of")).to_be_visible()
        # The server takes the answer, the device does not hear of it; the same is sent once more.
        page.locator("input[type=radio]").nth(2).check()
        day.send_twice("**/device/questions/**")
        next_page(day)
        expect(page.get_by_text("Question 4 of")).to_be_visible()
        while not page.get_by_role("heading", name="That was the last question").is_visible():
            if page.locator("input[type=radio]:checked").count() == 0:
                page.locator("input[type=radio]").first.check()
            next_page(day)
        day.look("last question")
        press(day, "I am done")
        expect(page.get_by_text("You have answered everything. It is saved.")).to_be_visible()
        day.look("done")
        page.get_by_role("link", name="For staff: take the device back").click()
        day.sign("Take the device back")
        expect(page.get_by_role("heading", level=1)).to_have_text(site.made["told"])
        page.goto(f"/participants/{site.made['told']}/?visit=W8&repeat=1")
        row = page.get_by_role("row").filter(has_text="PTSD")
        expect(row).to_contain_text("Complete")
        day.open("/device/ended/", "closed by itself")
