"""The first day of everybody who does not meet participants, or must not know who they are.

Each does the first real tasks of their role, is refused what is not theirs, makes a mistake and mends it. Every state
is looked at wide and at 390 px, in light and dark.
"""

import re

import pytest
from tests.chromium import PHONE, expect
from tests.journeys.day import OWN_PASSWORD, Day

pytestmark = pytest.mark.browser
MISTAKE = re.compile("Not done yet")


def mistaken(day: Day, name: str) -> None:
    """Expect to be told what is wrong, and look."""
    page = day.page
    told = page.get_by_role("alert").or_(page.get_by_role("heading", name=MISTAKE))
    expect(told.first).to_be_visible()
    day.look(name)


def test_the_on_call_physicians_first_day_with_keys_alone(site, axe):
    """An alert on the phone; then a code break, from the first key to the treatment, without a pointer."""
    participant = site.made["dosing"]
    with Day(site, "on_call_physician", axe, base=PHONE) as day:
        page = day.page
        day.begin()
        day.look("today with an alert")
        day.press("Say what you know or did", leads=False)
        day.type_in("What was done", "Called; on my way")
        day.press("I have seen it")
        expect(page.get_by_text("Called; on my way")).to_be_visible()
        day.look("alert seen")
        day.press("Code break")
        expect(page.get_by_role("heading", name="Emergency code break")).to_be_visible()
        day.look("code break")
        day.type_in("Participant id or kit number", "nobody")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        mistaken(day, "nobody found")
        day.tab_to("Participant id or kit number")
        page.keyboard.press("Control+a")
        page.keyboard.type(participant)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        day.type_in(
            "Why must the treatment be known?", "Severe high blood pressure; another drug is needed now"
        )
        day.type_in("Your password", OWN_PASSWORD)
        day.type_in("Code of your authenticator app", "000000")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        mistaken(day, "code break refused")
        day.type_in("Your password", OWN_PASSWORD)
        day.type_in("Code of your authenticator app", day.code())
        day.press("Show the treatment of")
        expect(page.get_by_role("heading", name="Treatment", exact=True)).to_be_visible()
        day.look("code broken")
        day.press("Done")
        expect(page.get_by_role("row").filter(has_text=participant)).to_be_visible()
        day.look("codes that were broken")
        day.refused("/kits/", looked=True)
        day.end()


def test_the_raters_first_day_with_keys_alone(site, axe):
    """A rating with digits, through a lost connection; nothing says whose it is."""
    telling = (site.made["day_28"], "Seattle", "Day 28", "/forms/")
    with Day(site, "rater", axe) as day:
        page = day.page
        day.begin()
        day.look("ratings to do")
        day.press("Montgomery")
        day.look("rating before it is begun")
        day.press("Begin")
        expect(page.get_by_text("You can answer now.")).to_be_visible()
        page.keyboard.press("j")
        page.keyboard.press("2")
        expect(day.status).to_contain_text("Saved")
        day.context.set_offline(True)
        page.keyboard.press("j")
        page.keyboard.press("3")
        expect(day.status).to_contain_text("Saved on this device")
        day.look("rating without a network")
        day.context.set_offline(False)
        expect(day.status).to_have_text(re.compile(r"^Saved \d"))
        assert day.drafts() == {}
        for _ in range(8):
            page.keyboard.press("j")
            page.keyboard.press("1")
        expect(page.locator("[data-progress]")).to_have_text("10 of 10 answered")
        day.press("Save and complete")
        expect(page.get_by_text("One question is left.")).to_be_visible()
        day.look("guess")
        day.press("I would rather not guess")
        expect(page.get_by_role("heading", name="Given")).to_be_visible()
        day.look("rating given")
        assert not [one for one in telling if one in page.content()]
        day.refused("/participants/", looked=True)
        day.end()


def test_the_pharmacists_first_day(site, axe):
    with Day(site, "pharmacist", axe) as day:
        page = day.page
        day.begin()
        day.look("today")
        page.get_by_role("link", name="Kits", exact=True).click()
        day.look("kits")
        page.get_by_role("row").filter(has_text=site.made["dosing"]).get_by_role("link").click()
        expect(page.get_by_text("Unblinded page.")).to_be_visible()
        day.look("kit")
        page.get_by_role("link", name="Back").click()
        page.get_by_label("Kits a stratum").fill("6")
        page.get_by_role("button", name="Show", exact=True).click()
        day.look("kits to prepare")
        day.open("/exposures/", "who knows what")
        page.get_by_label("Participant or person").fill("nobody")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.get_by_text("Nobody was told anything.")).to_be_visible()
        day.look("nobody was told")
        day.open("/envelopes/", "sealed files")
        day.open("/downtime/")
        page.get_by_label("Code on the list").fill("NOTHING")
        page.get_by_label("Why it was needed").fill("The system was away")
        page.get_by_role("button", name="Report it as opened").click()
        mistaken(day, "list unknown")
        day.refused("/participants/", looked=True)
        day.end()


def test_the_data_managers_first_day(site, axe):
    with Day(site, "data_manager", axe) as day:
        page = day.page
        day.begin()
        day.look("today")
        page.get_by_role("link", name="Consent forms", exact=True).click()
        page.get_by_role("link", name="Add a consent form").click()
        day.look("new consent form")
        page.get_by_label("Text", exact=True).fill("Only a line, and no title")
        page.get_by_role("button", name="Keep this form").click()
        mistaken(day, "consent form not understood")
        page.get_by_label("Text", exact=True).fill(CONSENT)
        page.get_by_role("button", name="Keep this form").click()
        expect(page.get_by_text("Not approved")).to_be_visible()
        day.look("consent form to approve")
        page.get_by_label("In use from").fill("2031-01-01")
        page.get_by_role("button", name="Note the approval").click()
        expect(page.get_by_role("definition").filter(has_text="1 Jan 2031")).to_be_visible()
        day.look("consent form approved")

        day.open(f"/forms/{site.made['demographics']}/")
        page.get_by_text("Ask about this form").click()
        day.look("asking")
        page.get_by_label("Question", exact=True).fill("Is the age that of the day of consent?")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.get_by_text("Is the age that of the day of consent?").first).to_be_visible()
        day.look("asked")
        day.open("/queries/")
        page.get_by_role("link", name="Is the age that").click()
        page.get_by_role("button", name="Close the query").click()
        mistaken(day, "query closed without words")
        page.get_by_label("Why it is closed").fill("It is; the source says so")
        page.get_by_role("button", name="Close the query").click()
        expect(page.get_by_text("It is; the source says so")).to_be_visible()
        day.look("query closed")
        day.open("/queries/?closed=1", "closed queries")
        day.open(f"/participants/{site.made['told']}/")
        day.unfold()
        page.get_by_label("Reason", exact=True).fill("Everything is checked")
        page.get_by_role("button", name="Lock this participant's data").click()
        expect(page.get_by_text("Locked").first).to_be_visible()
        day.look("participant locked")
        day.open("/audit/?action=participant.locked", "audit trail of locks")
        day.open("/ratings/", "ratings")
        day.open("/people/", "people")
        day.open("/account/tokens/", "no token yet")
        page.get_by_label("What it is for").fill("Weekly list of queries")
        page.get_by_label("Your password").fill("not this one")
        page.get_by_role("button", name="Make the token").click()
        mistaken(day, "token not made")
        page.get_by_label("Your password").fill(OWN_PASSWORD)
        page.get_by_role("button", name="Make the token").click()
        expect(page.get_by_text("This token is shown only now.")).to_be_visible()
        day.look("token made")
        page.get_by_role("button", name="Revoke Weekly list").click()
        expect(page.get_by_role("row").filter(has_text="Weekly list")).to_have_count(0)
        day.refused("/people/add/", looked=True)
        day.end()


def test_the_monitors_first_day_with_keys_alone(site, axe):
    with Day(site, "monitor", axe) as day:
        page = day.page
        day.begin()
        day.look("today")
        day.press("Participants")
        day.press(site.made["entered"])
        expect(page.get_by_role("heading", level=1)).to_have_text(site.made["entered"])
        day.look("participant")
        day.press("About the participant")
        expect(page.get_by_role("heading", level=1)).to_contain_text("About the participant")
        day.look("form to verify")
        day.press("Verified against the source")
        expect(page.locator("[data-state]")).to_contain_text("Verified")
        day.look("form verified")
        day.press("Ask about this form", leads=False)
        day.type_in("Question", "Where is the source of the age?")
        day.press("Ask")
        expect(page.get_by_text("Where is the source of the age?").first).to_be_visible()
        day.press("Queries")
        day.look("queries")
        day.press("Where is the source")
        day.type_in("Why it is closed", "Found in the chart")
        day.press("Close the query")
        expect(page.get_by_text("Found in the chart")).to_be_visible()
        day.look("query closed")
        day.press("People")
        day.press("Delegation log of Seattle")
        day.look("delegation log, empty")
        day.open(f"/forms/{site.made['rating']}/history/reduced_sleep/0/", "history of an answer")
        day.refused("/alerts/", looked=True)
        day.end()


def test_the_medical_monitors_first_day(site, axe):
    with Day(site, "medical_monitor", axe) as day:
        page = day.page
        day.begin()
        day.look("today with an alert")
        page.locator(".alert").get_by_role("link").first.click()
        day.unfold()
        day.look("form behind an alert")
        page.get_by_label("Question", exact=True).fill("Were the suicide-risk questions asked?")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.get_by_text("Were the suicide-risk questions asked?").first).to_be_visible()
        day.open("/alerts/")
        day.unfold()
        page.get_by_role("button", name="Close it").first.click()
        mistaken(day, "alert closed without words")
        day.open(f"/participants/{site.made['entered']}/code-break/", "code break before randomization")
        day.refused("/applicants/", looked=True)
        day.end()


@pytest.mark.parametrize("who", ["statistician", "unblinded_statistician", "dsmb_member"])
def test_a_first_day_of_those_who_work_on_data(site, axe, who):
    with Day(site, who, axe) as day:
        page = day.page
        day.begin()
        day.look("today")
        if who == "unblinded_statistician":
            page.get_by_role("link", name="See who knows what").click()
            day.look("who knows what")
        day.open("/account/", "account")
        page.get_by_role("link", name="Change the address").click()
        page.get_by_label("New address").fill(f"{who}@example.com")
        page.get_by_label("Your password").fill("not this one")
        if day.secret:
            page.get_by_label("Code", exact=True).fill("000000")
        page.get_by_role("button", name="Change the address").click()
        mistaken(day, "address not changed")
        day.refused("/participants/", looked=True)
        day.end()


def test_the_auditors_first_day(site, axe):
    with Day(site, "auditor", axe) as day:
        page = day.page
        day.begin()
        day.look("today")
        page.get_by_role("link", name="Audit trail").first.click()
        page.get_by_label("About").fill(site.made["entered"])
        page.get_by_role("button", name="Show", exact=True).click()
        day.look("audit trail of a participant")
        page.get_by_label("From").fill("2031-01-01")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.get_by_text("No event matches.")).to_be_visible()
        day.look("audit trail without a match")
        day.open(f"/participants/{site.made['ready']}/eligibility/", "eligibility")
        day.open(f"/participants/{site.made['ready']}/randomization/", "randomization")
        day.open(f"/forms/{site.made['rating']}/", "form")
        day.open("/people/")
        page.get_by_role("link", name="Inés Marchetti").click()
        day.look("person")
        day.refused("/envelopes/", looked=True)
        day.end()


def test_the_system_administrators_first_day(site, axe):
    with Day(site, "system_administrator", axe) as day:
        page = day.page
        day.begin()
        day.look("today")
        page.get_by_role("link", name="People", exact=True).click()
        day.look("people")
        page.get_by_role("link", name="Add a person").click()
        page.get_by_label("Name", exact=True).fill("Noor Haddad")
        page.get_by_label("E-mail address").fill("coordinator@example.org")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator(".problem")).to_be_visible()
        day.look("address taken")
        page.get_by_label("E-mail address").fill("noor@example.org")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_text("This password is shown only now.")).to_be_visible()
        password = page.locator("main code").inner_text()
        day.look("password for one sign-in")
        page.get_by_role("link", name="Go on to trainings and roles").click()
        page.get_by_text("Give a role").click()
        page.get_by_label("Role", exact=True).select_option("session_monitor")
        page.get_by_role("button", name="Give the role").click()
        mistaken(day, "role without training")
        page.get_by_text("Record a training").click()
        page.get_by_label("Completed on").fill("2026-01-20")
        page.get_by_role("button", name="Record it").click()
        expect(page.get_by_text("For good")).to_be_visible()
        page.get_by_text("Give a role").click()
        page.get_by_label("Role", exact=True).select_option("session_monitor")
        page.get_by_role("button", name="Give the role").click()
        expect(page.get_by_role("row").filter(has_text="Session monitor")).to_be_visible()
        day.unfold()
        day.look("person with a role")
        day.open("/people/")
        page.get_by_label("Find a person").fill("zzz")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Nobody you work with has such a name.")).to_be_visible()
        day.look("nobody of this name")
        page.goto("/people/?find=Noor")
        page.get_by_role("link", name="Noor Haddad").click()
        page.get_by_text("They leave the study").click()
        page.locator("#close-reason").fill("Left the clinic")
        page.locator("#close-password").fill(OWN_PASSWORD)
        page.locator("#close-code").fill("000000")
        page.get_by_role("button", name="End their access now").click()
        mistaken(day, "access not ended")
        day.refused("/participants/", looked=True)
        day.end()
    with Day(site, "noor", axe) as newcomer:
        newcomer.page.goto("/")
        newcomer.enter(password=password)
        newcomer.choose_password(password, OWN_PASSWORD)
        expect(newcomer.page.get_by_text("The training")).to_have_count(0)


CONSENT = """# Taking part

## What the drug does
[acute_effects] For some hours you see, think and feel in another way.

[vulnerability] You may agree to things more easily than usual.

[touch] We touch you only as we agreed before.

[confidentiality] Nobody learns that you take part, unless you tell them.

? When may you stop?
- Only when the study ends
+ Whenever I want
= You may stop at any time. You need not say why.
"""
