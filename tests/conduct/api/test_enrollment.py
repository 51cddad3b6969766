"""From an application to a kit number, by program: as pages do it, and refused where pages refuse."""

import json

from tests.conduct.api.conftest import PASSWORD, Programs
from tests.conduct.capture.test_eligibility import SCREENING
from tests.conduct.consenting import FORM as CONSENT
from tests.conduct.consenting import enrolled, provide_form
from tests.conduct.enrollment.test_applicants import arrived, state
from tests.conduct.pages.conftest import HERE, THERE, text_of

from equipoise.conduct.accounts.permission import Guest
from equipoise.conduct.capture import eligibility, services
from equipoise.conduct.capture.results import Given
from equipoise.conduct.consent import reads as consents
from equipoise.conduct.enrollment.services import criteria
from equipoise.conduct.identity.models.applicant import Letter


def test_applications_are_listed_in_parts_narrowed_and_opened(programs: Programs) -> None:
    names = [arrived(f"Ada{number} Example") for number in range(3)]
    unlikely = arrived("Bea Example", verdict="unlikely", unmet=("I4",))
    elsewhere = arrived("Cid Example", site="NYC")
    client = programs.client("coordinator")
    first = programs.ask(client, "/applicants?limit=3")
    rest = programs.ask(client, f"/applicants?limit=3&after={first['next']}")
    listed = [one["applicant"] for one in (*first["items"], *rest["items"])]
    assert listed == [unlikely, *reversed(names)]
    assert rest["next"] == ""
    found = programs.ask(client, "/applicants?verdict=unlikely&unmet=I4")["items"]
    assert [one["name"] for one in found] == ["Bea Example"]
    assert programs.ask(client, "/applicants?find=ada1%20example")["items"][0]["applicant"] == names[1]
    assert programs.ask(client, "/applicants/counts")["new"] == 4
    said = programs.ask(client, "/applicants?state=odd", status=422)
    assert said["problems"][0]["where"] == "state"
    opened = programs.ask(client, f"/applicants/{unlikely}")
    assert (opened["email"], opened["answers"]["demographics.age"]) == ("bea@example.org", "41")
    programs.ask(client, f"/applicants/{elsewhere}", status=404)
    programs.ask("monitor", "/applicants", status=403)


def test_a_decision_about_many_leaves_those_decided_already_and_those_unknown(programs: Programs) -> None:
    one, two = arrived("Ada Example"), arrived("Bea Example")
    elsewhere = arrived("Cid Example", site="NYC")
    client, there = programs.client("coordinator"), "/applicants/decisions"
    said = programs.ask(client, there, {"applicants": [one], "decision": "declined"}, status=422)
    assert said["problems"][0]["where"] == "reason"
    sent = {"applicants": [one, two, elsewhere, "A-NONE"], "decision": "declined", "reason": "places"}
    done = programs.ask(client, there, sent)
    assert (set(done["decided"]), done["left"]) == ({one, two}, [elsewhere, "A-NONE"])
    assert (state(one), state(elsewhere)) == ("declined", "new")
    three = arrived("Dan Example")
    again = programs.ask(client, there, {"applicants": [one, three], "decision": "withdrawn"})
    assert again == {"decided": [three], "left": [one]}
    programs.ask(client, there, {"applicants": [one], "decision": "withdrawn"}, status=422)
    assert "place" in programs.ask(client, "/applicants/letters/declined")["text"]
    programs.ask(client, "/applicants/letters/none", status=404)
    owed = Letter.objects.filter(applicant=one).latest("id")
    programs.ask(client, f"/applicants/{one}/letters/{owed.id}", {}, status=204)
    assert programs.ask(client, f"/applicants/{one}")["letters"][-1]["outcome"] == "by_hand"
    programs.ask(client, f"/applicants/{two}/letters/{owed.id}", {}, status=404)


def test_consent_forms_are_added_approved_and_read(programs: Programs) -> None:
    client = programs.client("data_manager")
    text = CONSENT.replace("# Taking part", "# Taking part anew")
    sent = {"site": "SEA", "language": "en", "text": text}
    number = programs.ask(client, "/consent-forms", sent)["number"]
    form = f"/consent-forms/SEA/{number}/en"
    assert programs.ask(client, form)["named"]["effective_from"] is None
    days = {"approved_on": "2026-11-20", "effective_from": "2026-11-23"}
    programs.ask(client, f"{form}/approval", days, status=204)
    whole = programs.ask("coordinator", form)
    assert (whole["named"]["in_force"], whole["text"]) == (True, text.strip())
    assert whole["elements"]["touch"]
    listed = programs.ask("coordinator", "/consent-forms")
    assert {one["site"] for one in listed} == {"SEA"}
    said = programs.ask(client, "/consent-forms", sent | {"text": "# Nothing"}, status=422)
    assert said["problems"]
    programs.ask("coordinator", "/consent-forms", sent, status=403)
    programs.ask("coordinator", "/consent-forms/SEA/99/en", status=404)


def test_consent_forms_are_added_and_approved_at_ones_own_sites_alone(programs: Programs) -> None:
    """Whoever approves what a site's participants sign works there: on the page, and by program."""
    elsewhere = programs.world.people.add("data_manager", name="Elsewhere", site="NYC")
    browser, client = programs.world.client(elsewhere), programs.client(elsewhere)
    sent = {
        "site": "SEA",
        "language": "en",
        "text": CONSENT.replace("# Taking part", "# Taking part anew"),
    }
    programs.ask(client, "/consent-forms", sent, status=403)
    assert browser.post("/consent/new/", sent).status_code == 403
    assert 'value="SEA"' not in text_of(browser.get("/consent/new/"))
    number = programs.ask("data_manager", "/consent-forms", sent)["number"]
    days = {"approved_on": "2026-11-20", "effective_from": "2026-11-23"}
    programs.ask(client, f"/consent-forms/SEA/{number}/en/approval", days, status=404)
    assert browser.post(f"/consent/SEA/{number}/en/approve/", days).status_code == 403
    found = consents.version("SEA", number, "en")
    assert found is not None
    assert found.effective_from is None
    narrowed = programs.client("data_manager", site="NYC")
    programs.ask(narrowed, "/consent-forms", sent, status=403)
    assert programs.ask(client, "/consent-forms", sent | {"site": "NYC"})["number"]


def test_consent_stands_is_countersigned_and_withdrawn_but_never_given_by_a_program(
    programs: Programs,
) -> None:
    there, client = f"/participants/{HERE}/consent", programs.client("investigator")
    now = programs.ask(client, there)
    assert now["now"]["number"] == consents.standing(HERE, at=programs.world.hand[0]).number
    assert HERE not in json.dumps(now["given"])
    right = programs.confirming("investigator")
    programs.ask(client, f"{there}/countersignature", {"password": "x", "code": "1"}, status=422)
    status = 204 if not now["now"]["countersigned"] else 422
    programs.ask(client, f"{there}/countersignature", right, status=status)
    assert programs.ask(client, there)["now"]["countersigned"]
    assert programs.ask(client, f"{there}/go-on", {"reason": "In a hurry"}, status=422)["problems"]
    taken = {"degree": "contacts", "on": "2026-11-23", "reason": "Too far away"}
    programs.ask(client, f"{there}/withdrawals", taken | {"degree": "some"}, status=422)
    programs.ask(client, f"{there}/withdrawals", taken, status=204)
    (back,) = programs.ask(client, there)["taken_back"]
    assert (back["degree"], back["counts"]) == ("contacts", True)
    programs.ask(client, f"/participants/{THERE}/consent", status=404)
    offered = programs.ask(client, "/openapi.json")["paths"]
    assert not any("sign" in path and "consent" in path and "counter" not in path for path in offered)


def test_a_copy_of_what_was_signed_is_given_to_who_takes_consents(programs: Programs) -> None:
    there = f"/participants/{HERE}/consent/copy"
    found = programs.ask("coordinator", there)
    page = text_of(programs.world.client("coordinator").get(f"{there}/"))
    assert found["name"] in page
    assert found["signed"]["content_sha256"] in page
    assert found["title"] in page
    assert found["text"].startswith("# ")
    (whole,) = programs.ask("coordinator", f"/participants/{HERE}/consent")["given"]
    assert found["signed"] == whole
    programs.ask("monitor", there, status=403)
    programs.ask("coordinator", f"/participants/{THERE}/consent/copy", status=404)


def test_who_has_no_second_factor_countersigns_with_their_password_alone_as_on_the_page(
    programs: Programs,
) -> None:
    at, coordinator = programs.world.hand[0], programs.world.people.coordinator
    one = enrolled("SEA", at=at, by=programs.world.people.investigator.viewer(), countersigned=False)
    there = f"/participants/{one}/consent"
    account = coordinator.account
    account.set_password(PASSWORD)
    account.save()
    wrong, right = ({"password": word, "code": ""} for word in ("guessed", PASSWORD))
    programs.ask("coordinator", f"{there}/countersignature", wrong, status=422)
    programs.ask("coordinator", f"{there}/countersignature", right, status=204)
    assert programs.ask("coordinator", there)["given"][0]["countersigned_by"] == coordinator.name
    programs.ask("investigator", f"{there}/countersignature", right, status=422)


def test_who_may_reach_a_participant_is_told_how_and_nobody_else(programs: Programs) -> None:
    there = f"/participants/{HERE}/contact"
    assert programs.ask("coordinator", there)["name"]
    programs.ask("monitor", there, status=403)
    programs.ask("coordinator", f"/participants/{THERE}/contact", status=404)


def test_eligibility_is_judged_and_confirmed_only_when_everything_is_met(programs: Programs) -> None:
    there, world = f"/participants/{HERE}/eligibility", programs.world
    viewer = world.people["investigator"].viewer()
    page = criteria.page(HERE, at=world.hand[0], viewer=viewer)
    table = programs.ask("investigator", there)
    assert [one["met"] for one in table["lines"]] == [one.met for one in page.lines]
    judged = next(one["id"] for one in table["lines"] if one["by_person"])
    sent = {"criterion": judged, "holds": "no", "reason": "ECG read again"}
    programs.ask("investigator", there, sent | {"reason": " "}, status=422)
    programs.ask("investigator", there, sent, status=204)
    after = programs.ask("investigator", there)["lines"]
    assert next(one for one in after if one["id"] == judged)["judged"]["holds"] == "no"
    right = programs.confirming("investigator")
    said = programs.ask("investigator", f"{there}/confirmation", right, status=409)
    assert said["problems"][0]["message"] == "eligibility cannot be confirmed now"
    programs.ask("monitor", there, sent, status=403)


def test_what_is_missing_first_is_said(programs: Programs) -> None:
    there = f"/participants/{HERE}/randomization"
    missing = programs.ask("coordinator", there)["missing"]
    assert missing
    refused = programs.ask("coordinator", there, {}, status=422)["problems"]
    assert [one["message"] for one in refused] == [one["message"] for one in missing]


def test_a_new_consent_is_countersigned_and_a_newer_form_passed_over_with_the_reason(
    programs: Programs,
) -> None:
    at, investigator = programs.world.hand[0], programs.world.people.investigator
    one = enrolled("SEA", at=at, by=investigator.viewer(), countersigned=False)
    there, client = f"/participants/{one}/consent", programs.client("investigator")
    assert not programs.ask(client, there)["now"]["countersigned"]
    programs.ask(client, f"{there}/countersignature", programs.confirming("investigator"), status=204)
    assert programs.ask(client, there)["now"]["countersigned"]
    provide_form("SEA", at=at, text=CONSENT)
    programs.ask(client, f"{there}/go-on", {"reason": "They were on their way"}, status=204)
    (noted,) = programs.ask(client, there)["deviations"]
    assert "They were on their way" in json.dumps(noted)


def test_eligibility_is_confirmed_with_password_and_code(programs: Programs) -> None:
    there, world = f"/participants/{HERE}/eligibility", programs.world
    for form, answers in (("screening", SCREENING), ("demographics", {"age": "44"})):
        world.save(world.opened(form, "SCR"), **answers)
    guest = Guest("cora", "", site="SEA", participant=HERE)
    index = services.open_form(
        participant=HERE, visit="SCR", form="exposure_index", at=world.hand[0], by=guest
    )
    exposed = {"critically_ill": "2", "longer_hours": "3", "deaths": "0", "alone": "0"}
    given = [Given(item, text=text) for item, text in exposed.items()]
    assert services.save(form=index, given=given, at=world.hand[0], by=guest).done
    madrs = world.opened("madrs", "SCR")
    world.fill(madrs, **dict.fromkeys((line.item for line in world.page(madrs).items), "3"))
    sent = {"criterion": "E9", "holds": "no", "reason": "ECG read"}
    programs.ask("investigator", there, sent, status=204)
    wrong = {"password": "guessed", "code": "000000"}
    programs.ask("investigator", f"{there}/confirmation", wrong, status=422)
    assert not eligibility.confirmation(HERE)
    programs.ask("investigator", f"{there}/confirmation", programs.confirming("investigator"), status=204)
    found = eligibility.confirmation(HERE)
    assert found is not None
    assert (found.by, found.valid) == (world.people.investigator.name, True)
