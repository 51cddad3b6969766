"""The first day of everybody who meets participants: from the first password to signing out.

Each does the first real tasks of their role, is refused what is not theirs, makes a mistake and mends it. Every state
is looked at wide and at 390 px, in light and dark.
"""

import re
from datetime import date, timedelta

import pytest
from tests.chromium import PHONE, expect
from tests.journeys.day import OWN_PASSWORD, Day
from tests.journeys.test_conduct import read_and_sign

pytestmark = pytest.mark.browser


def test_the_coordinators_first_day(site, axe):
    with Day(site, "coordinator", axe) as day:
        page = day.page
        day.begin(looked=True)
        day.look("today")
        page.get_by_role("link", name="Participants", exact=True).click()
        day.look("participants")
        page.get_by_label("Find a participant", exact=True).fill("999")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Nobody you work with has such an id.")).to_be_visible()
        day.look("nobody found")
        page.get_by_role("link", name="Take consent").click()
        day.look("take consent")

        # A person reads and signs; the device comes back, with a wrong password first.
        page.get_by_role("button", name="Hand over form 1").click()
        read_and_sign(page)
        page.get_by_role("link", name="For staff: take the device back").click()
        page.get_by_label("Password").fill("not this one")
        page.get_by_role("button", name="Take the device back").click()
        expect(page.get_by_role("alert")).to_contain_text("This is not the password.")
        day.look("device not given back")
        page.get_by_label("Password").fill(OWN_PASSWORD)
        page.get_by_role("button", name="Take the device back").click()
        expect(page.get_by_role("link", name="Countersign")).to_be_visible()
        day.look("consent given")
        page.get_by_role("link", name="Countersign").click()
        page.get_by_label("Password").fill("not this one")
        page.get_by_role("button", name="Countersign").click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing was signed.")
        page.get_by_text("Read what was signed").click()
        day.look("countersigning refused")
        day.sign("Countersign")
        expect(page.get_by_text("Given and in force")).to_be_visible()
        day.look("consent")
        page.get_by_role("link", name="Name and ways to reach them").click()
        day.look("contact")
        page.locator(".crumbs a").first.click()

        # Their day is planned, the visit held, a form answered with gaps and then without.
        page.get_by_label("Planned day").fill((date.today() + timedelta(days=21)).isoformat())  # noqa: DTZ011
        page.get_by_role("button", name="Plan it").click()
        expect(page.get_by_text("The day is planned")).to_be_visible()
        day_held = page.get_by_label("Day", exact=True)
        today = day_held.input_value()
        day_held.fill("")
        page.get_by_role("button", name="Held").click()
        mistaken(page)
        day.look("held on no day")
        day_held.fill(today)
        page.get_by_role("button", name="Held").click()
        expect(page.get_by_text("The visit is recorded.")).to_be_visible()
        day.unfold()
        day.look("participant")
        page.get_by_role("button", name="About the participant").click()
        page.get_by_label("Age", exact=True).fill("17")
        page.keyboard.press("Tab")
        expect(page.locator(".problem:visible").first).to_be_visible()
        day.look("answer out of range")
        page.get_by_label("Age", exact=True).fill("44")
        page.get_by_role("button", name="Save and complete").click()
        expect(page.locator("#summary")).to_contain_text("1 answer is missing")
        day.look("answer missing")
        choose_label(page, "Female")
        page.get_by_role("button", name="Save and complete").click()
        expect(page.get_by_text("The form is complete.")).to_be_visible()
        day.look("form complete")

        # Somebody who is eligible gets a kit; somebody else is not there yet.
        day.open(f"/participants/{site.made['judged']}/randomization/", "randomization too early")
        day.open(f"/participants/{site.made['ready']}/randomization/", "randomization")
        page.get_by_label("I compared the id").check()
        page.get_by_role("button", name="Randomize").click()
        expect(page.get_by_text("Kit number")).to_be_visible()
        day.look("randomized")

        # A question is answered, once there is an answer.
        day.open("/queries/", "queries")
        page.get_by_role("link", name="Two or three?").click()
        page.get_by_role("button", name="Answer", exact=True).click()
        mistaken(page)
        day.look("answer to a query lacks words")
        day.open(f"/queries/{site.made['query']}/")
        page.get_by_label("Your answer").fill("Two. Corrected.")
        page.get_by_role("button", name="Answer", exact=True).click()
        day.look("query answered")

        day.open("/ratings/")
        day.unfold()
        day.look("ratings")
        day.open("/applicants/", "no applications")
        day.open("/consent/", "consent forms")
        day.open("/consent/SEA/1/en/", "consent form")
        day.open("/downtime/", "downtime")
        page.get_by_label("Code on the list").fill("NOTHING")
        page.get_by_label("Why it was needed").fill("The system was away")
        page.get_by_role("button", name="Report it as opened").click()
        mistaken(page)
        day.look("list unknown")
        day.open("/people/", "people")
        day.open("/alerts/?closed=1", "no closed alerts")
        page.get_by_text("Keys", exact=True).click()
        day.look("keys")
        day.refused("/audit/", looked=True)
        day.refused("/participants/nobody/", looked=True)
        page.get_by_role("button", name="Español").click()
        expect(page.get_by_role("button", name="English")).to_be_visible()
        day.look("today in Spanish")
        day.open(f"/participants/{site.made['entered']}/", "participant in Spanish")
        page.get_by_role("button", name="English").click()
        day.end()


def mistaken(page) -> None:
    """Expect to be told that something is wrong."""
    told = page.get_by_role("alert").or_(page.get_by_role("heading", name="Not done yet"))
    expect(told.first).to_be_visible()


def choose_label(page, label: str) -> None:
    """Choose an answer by its words."""
    page.get_by_label(label, exact=True).check()


def test_the_investigators_first_day(site, axe):
    judged = f"/participants/{site.made['judged']}"
    with Day(site, "investigator", axe) as day:
        page = day.page
        day.begin(looked=True)
        day.look("today with an alert")

        # What no rule decides is judged; then the whole is confirmed by signature.
        day.open(f"{judged}/eligibility/", "eligibility")
        line = page.get_by_role("row", name="E9")
        line.get_by_text("Judge it").click()
        line.get_by_label("Is it true of them?").select_option("no")
        day.look("judging a criterion")
        line.get_by_label("Reason").fill("Blood pressure, ECG and laboratory seen; nothing found")
        line.get_by_role("button", name="Record").click()
        page.get_by_role("link", name="Confirm eligibility").click()
        page.get_by_label("Password").fill(OWN_PASSWORD)
        page.get_by_label("Code", exact=True).fill("000000")
        page.get_by_role("button", name="Sign", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing was signed.")
        day.look("confirmation refused")
        day.sign("Sign")
        expect(page.get_by_text("Confirmed and signed by")).to_be_visible()
        day.look("eligibility confirmed")

        # A form is signed.
        day.open(f"/forms/{site.made['verified']}/")
        page.get_by_role("link", name="Sign", exact=True).click()
        day.look("sign a form")
        day.sign("Sign")
        expect(page.get_by_text("Signature")).to_be_visible()
        day.look("form signed")

        # An alert is seen, looked into and closed, which takes words.
        day.open("/alerts/")
        day.unfold()
        day.look("alerts")
        page.get_by_role("button", name="Close it").first.click()
        mistaken(page)
        day.look("alert closed without words")
        day.open("/alerts/")
        day.unfold()
        page.get_by_label("What was done").first.fill("Spoke with them; no danger; seen again tomorrow")
        page.get_by_role("button", name="Close it").first.click()
        day.open("/alerts/?closed=1", "closed alerts")

        # Somebody at day 28 is told.
        day.open(f"/participants/{site.made['day_28']}/unblinding/", "unblinding too early")
        day.open(f"/participants/{site.made['told']}/unblinding/", "unblinding")
        page.get_by_label("is here to be told").check()
        page.get_by_role("button", name="Show the treatment and tell them").click()
        expect(page.get_by_text("Unblinded page.")).to_be_visible()
        day.look("told")
        day.open(f"/participants/{site.made['told']}/", "participant who was told")

        # Tasks are delegated.
        day.open("/people/")
        page.get_by_role("link", name="Femi Adeyemi").click()
        page.get_by_text("Delegate tasks").click()
        day.look("delegating")
        page.get_by_role("textbox", name="Tasks").fill("Preparation and integration sessions")
        page.get_by_role("button", name="Delegate", exact=True).click()
        expect(page.get_by_text("Preparation and integration sessions").first).to_be_visible()
        day.look("person")
        day.open("/people/delegation/SEA/", "delegation log")

        day.open("/audit/", "audit trail")
        page.get_by_label("About").fill("nothing like this")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.get_by_text("No event matches.")).to_be_visible()
        day.look("audit trail without a match")
        day.open("/envelopes/", "sealed files")
        page.get_by_label("Code in its name").fill("NOTHING")
        page.get_by_label("When, by the site's clock").fill("2026-01-20T10:00")
        page.get_by_label("Why").fill("The system was away")
        page.get_by_role("button", name="Report it").click()
        mistaken(page)
        day.look("sealed file unknown")
        day.open("/account/", "account")
        page.get_by_role("link", name="Recovery codes").click()
        day.look("recovery codes")
        day.refused("/kits/")
        day.end()
        day.come_back()
        expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_the_facilitators_first_day_with_the_network_cut(site, axe):
    there = f"/participants/{site.made['day_28']}/?visit=D28&repeat=1"
    with Day(site, "facilitator", axe) as day:
        page = day.page
        day.begin()
        day.look("today")
        day.open(there, "participant at day 28")
        page.get_by_role("button", name="Which treatment the facilitator thinks it was").click()
        expect(page.locator("main input[type=radio]").first).to_be_visible()
        day.look("guess")
        first = page.locator("main input[type=radio]").first
        name = first.get_attribute("name")
        first.check()
        expect(day.status).to_contain_text("Saved")
        day.context.set_offline(True)
        page.locator(f"main input[type=radio]:not([name='{name}'])").first.check()
        expect(day.status).to_contain_text("Saved on this device. Not yet on the server")
        day.look("guess without a network")
        assert len(day.drafts()) == 1
        day.context.set_offline(False)
        expect(day.status).to_have_text(re.compile(r"^Saved \d"))
        assert day.drafts() == {}
        page.reload()
        assert page.locator("main input[type=radio]:checked").count() == 2
        page.get_by_role("button", name="Save and complete").click()
        expect(page.locator("#summary")).to_contain_text("1 answer is missing")
        day.look("guess lacks its reason")
        page.get_by_label("cannot say").last.check()
        page.get_by_role("button", name="Save and complete").click()
        expect(page.get_by_text("The form is complete.")).to_be_visible()
        day.look("guess given")
        page.get_by_role("link", name="Which treatment the facilitator thinks it was").click()
        expect(page.get_by_text("sealed").first).to_be_visible()
        day.look("guess sealed")
        day.open(f"/participants/{site.made['day_28']}/unblinding/", "unblinding for those who wait")
        day.open(f"/participants/{site.made['day_28']}/consent/", "consent for those who read it")
        day.refused("/ratings/")
        day.end()


def test_the_session_monitors_first_day_with_keys_alone_and_the_network_cut(site, axe):
    """The lead measures, and is told what to do; the assistant follows on a phone, at the same time."""
    there = f"/participants/{site.made['dosing']}/?visit=DOSE&repeat=1"
    with Day(site, "session_monitor", axe) as lead, Day(site, "assistant", axe, base=PHONE) as assistant:
        for day in (lead, assistant):
            day.begin()
        page = lead.page
        lead.open(there, "dosing day")
        lead.press("Held")
        expect(page.get_by_text("The visit is recorded.")).to_be_visible()
        reading = next_button(lead, "Vital signs")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Vital signs")
        lead.type_in("Systolic", "214")
        lead.type_in("Diastolic", "96")
        page.keyboard.press("Tab")
        alert = page.locator("[data-alerts] [role=alert]")
        expect(alert).to_contain_text("Repeat the measurement. Call the on-call physician now.")
        expect(lead.status).to_contain_text("Saved")
        lead.look("high blood pressure")
        lead.context.set_offline(True)
        lead.type_in("Heart rate", "104")
        page.keyboard.press("Tab")
        expect(lead.status).to_contain_text("Saved on this device")
        lead.look("vital signs without a network")
        lead.context.set_offline(False)
        expect(lead.status).to_have_text(re.compile(r"^Saved \d"))
        assert reading
        assistant.open(there)
        assistant.page.locator("summary").filter(has_text="Effects during the session").click()
        expect(assistant.page.get_by_role("button", name=re.compile("Add an entry.*Effects"))).to_be_visible()
        assistant.look("dosing day on a phone")
        lead.refused("/kits/")
        for day in (lead, assistant):
            day.end()


def next_button(day: Day, words: str) -> bool:
    """Go with j to the row of a form."""
    for _ in range(30):
        day.page.keyboard.press("j")
        if words in day.page.evaluate("document.activeElement.textContent"):
            return True
    raise AssertionError(f"no row is “{words}”")
