"""The study in a real browser: a visit from entering to complete, lost connections, ended sessions, two people at once.

A real installation, served as users serve it. Every page is accessible on a screen and on a phone, in light and dark,
and says nothing on the console.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.chromium import PATIENCE, PHONE, RULES, expect

pytestmark = pytest.mark.browser

WIDE = {"width": 1200, "height": 900}
FLAGSHIP = Path(__file__).parents[2] / "protocols" / "frontline.yaml"
UNDER_WAY = Path(__file__).with_name("under_way.py")
PASSWORD = "four plain words here"  # noqa: S105 - a test's
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - a test's
SECONDS_TO_START = 60


class Study:
    """A study that is served: where, and what is in it."""

    def __init__(self, browser, home: Path, url: str, made: dict) -> None:
        self.browser, self.home, self.url, self.made = browser, home, url, made
        self.kept: dict[str, dict] = {}

    def desk(self, who: str, **options):
        """Return somebody's browser, signed in."""
        desk = Desk(self, **({"viewport": WIDE} | options), storage_state=self.kept.get(who))
        if who not in self.kept:
            desk.sign_in(who)
            self.kept[who] = desk.context.storage_state()
        return desk

    def end_session(self, key: str) -> None:
        """End a session behind its browser's back."""
        store = next(self.home.rglob("trial*.sqlite3"))
        with sqlite3.connect(store, timeout=10) as connection:
            kept = hashlib.sha256(key.encode()).hexdigest()[:40]
            assert (
                connection.execute("DELETE FROM django_session WHERE session_key = ?", [kept]).rowcount == 1
            )


class Desk:
    """A browser with everything its pages complained of."""

    def __init__(self, study: Study, **options) -> None:
        self.study = study
        self.context = study.browser.new_context(base_url=study.url, locale="en-US", **options)
        self.context.set_default_timeout(PATIENCE)
        self.said: list[str] = []
        self.page = self.tab()

    def tab(self):
        page = self.context.new_page()
        page.on(
            "console", lambda one: self.said.append(one.text) if one.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.said.append(str(error)))
        return page

    def sign_in(self, who: str, page=None) -> None:
        page = page or self.page
        page.goto("/sign-in/")
        page.get_by_label("Address").fill(f"{who}@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        if who == "ines":
            page.get_by_label("Code").fill(code())
            page.keyboard.press("Enter")
        page.get_by_role("heading", name="Your ratings" if who == "rae" else "Today").wait_for()

    @property
    def status(self):
        return self.page.locator("[data-status]")

    def drafts(self) -> dict[str, str]:
        """Return what lies in this browser of what was typed."""
        return self.page.evaluate(
            "Object.fromEntries(Object.entries(localStorage).filter(([name]) => name.includes('draft')))"
        )

    def __enter__(self):
        return self

    def __exit__(self, *error) -> None:
        self.context.close()


def code() -> str:
    """Return the code of the second factor now."""
    counter = int(time.time() // 30).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(SECRET), counter, "sha1")
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"


@pytest.fixture(scope="module")
def study(browser, tmp_path_factory):
    home = tmp_path_factory.mktemp("study") / "home"
    keys = tmp_path_factory.mktemp("keys") / "keys"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}

    def run(*words: str) -> str:
        told = f"{PASSWORD}\n"
        command = [sys.executable, *words]
        done = subprocess.run(
            command, check=False, input=told, capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    options = [
        "--home",
        str(home),
        "--keys",
        str(keys),
        "--admin",
        "root@example.org",
        "--password-stdin",
        "--simulated",
    ]
    run("-m", "equipoise", "init", str(FLAGSHIP), *options)
    made = json.loads(run(str(UNDER_WAY), str(home), PASSWORD, SECRET))
    with served(home) as url:
        yield Study(browser, home, url, made)


@contextmanager
def served(home: Path):
    """Serve a study as users do, and yield its address."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    port = free_port()
    command = [sys.executable, "-m", "equipoise", "serve", "--home", str(home), "--port", str(port)]
    with (home.parent / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    url = f"http://localhost:{port}"
    try:
        wait_for(f"{url}/sign-in/", server, home.parent / "log")
        yield url
    finally:
        server.terminate()
        server.wait(timeout=SECONDS_TO_START)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(SECONDS_TO_START * 10):
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own server
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the server did not answer: {log.read_text()}")


def choose(desk: Desk, item: str, digit: str) -> None:
    """Answer a question with a key."""
    desk.page.locator(f'[name="a:{item}:0"]').first.focus()
    desk.page.keyboard.press(digit)


def chosen(desk: Desk, item: str) -> str:
    return desk.page.evaluate(
        "name => document.querySelector(`[name='${name}']:checked`)?.value ?? ''", f"a:{item}:0"
    )


def read_and_sign(page) -> None:
    """Read a consent form to its end on the clinic's device, answer its questions, and sign it."""
    right = ("Whenever I want", "I may see and think in another way")
    while not page.get_by_label("Your full name").is_visible():
        for answer in right:
            if page.get_by_label(answer).is_visible():
                page.get_by_label(answer).check()
        with page.expect_navigation():
            page.get_by_role("button", name="Next").click()
    page.get_by_label("Your full name").fill("Jo Doe")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign", exact=True).click()


def test_a_coordinator_takes_a_visit_from_entering_to_complete(study):
    with study.desk("ana") as desk:
        page = desk.page
        page.goto("/")
        page.get_by_role("link", name="Participants", exact=True).click()
        page.get_by_role("link", name="Take consent").click()
        page.get_by_role("button", name="Hand over form 1").click()
        read_and_sign(page)
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        page.get_by_role("link", name="For staff: take the device back").click()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Take the device back").click()
        page.get_by_role("link", name="Countersign").click()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Countersign").click()
        expect(page.get_by_text("Given and in force")).to_be_visible()
        page.locator(".crumbs a").last.click()
        participant = page.get_by_role("heading", level=1).inner_text()
        page.get_by_label("Planned day").fill((date.today() + timedelta(days=21)).isoformat())  # noqa: DTZ011
        page.get_by_role("button", name="Plan it").click()
        expect(page.get_by_text("The day is planned")).to_be_visible()
        expect(page.get_by_role("heading", name="Screening")).to_be_visible()
        page.get_by_role("button", name="Held").click()
        expect(page.get_by_text("The visit is recorded.")).to_be_visible()

        # With the keyboard alone: to the form's row, into it, through its questions.
        for _ in range(30):
            page.keyboard.press("j")
            if "Montgomery" in page.evaluate("document.activeElement.textContent"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Montgomery")
        page.keyboard.press("j")
        page.keyboard.press("3")
        expect(desk.status).to_contain_text("Saved")
        expect(page.locator("[data-progress]")).to_have_text("1 of 10 answered")
        assert chosen(desk, "apparent_sadness") == "3"
        assert desk.drafts() == {}

        cut_and_mended(desk)
        ended_and_begun_again(desk)

        # An answer that a safety rule names.
        choose(desk, "suicidal_thoughts", "5")
        expect(page.get_by_role("alert")).to_contain_text("Call the investigator.")
        expect(page.get_by_role("alert")).to_contain_text("Investigator, On-call physician")
        expect(desk.status).to_contain_text("Saved")

        # Gaps are named on top, each with a way to it.
        page.get_by_role("button", name="Save and complete").click()
        summary = page.locator("#summary")
        expect(summary).to_contain_text("answers are missing")
        expect(summary).to_be_focused()
        summary.get_by_role("link").first.click()
        open_items = page.evaluate(
            "[...document.querySelectorAll('.field-problem')].map(one => one.dataset.field.split(':')[0])"
        )
        assert len(open_items) == 5
        for item in open_items:
            choose(desk, item, "2")
        expect(page.locator("[data-progress]")).to_have_text("10 of 10 answered")
        expect(page.locator("[data-score=total]")).not_to_have_text("–")
        page.get_by_role("button", name="Save and complete").click()
        expect(page.get_by_text("The form is complete.")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("Call the investigator.")
        page.get_by_role("link", name=participant).click()
        row = page.get_by_role("row").filter(has_text="Montgomery")
        expect(row).to_contain_text("Complete")
        assert [one for one in desk.said if "net::ERR" not in one and "status of 4" not in one] == []


def cut_and_mended(desk: Desk) -> None:
    """The network is cut while somebody types: it is said, kept encrypted, and sent when the network is back."""
    desk.context.set_offline(True)
    choose(desk, "reported_sadness", "4")
    expect(desk.status).to_have_text(
        "Saved on this device. Not yet on the server: no connection. Keep this page open."
    )
    # A safety rule is judged here too, and taken back with the answer.
    choose(desk, "suicidal_thoughts", "5")
    warning = desk.page.get_by_role("alert")
    expect(warning).to_contain_text("Call the investigator.")
    expect(warning).to_contain_text("Not sent yet. While this stays, tell them yourself: Investigator")
    choose(desk, "suicidal_thoughts", "1")
    expect(warning).to_have_count(0)
    expect(desk.status).to_contain_text("Not yet on the server")
    kept = desk.drafts()
    assert len(kept) == 1
    # Values only: the random name of the tab stands in each draft's key, and may well end in "a".
    assert not any(word in json.dumps(list(kept.values())) for word in ("sadness", "a:", "s:", '"4"'))
    desk.context.set_offline(False)
    expect(desk.status).to_contain_text("Saved ")
    expect(desk.page.locator("[data-progress]")).to_have_text("3 of 10 answered")
    assert desk.drafts() == {}

    # The page is loaded again before the network is back: what was typed comes back.
    desk.page.route("**/save/", lambda route: route.abort())
    choose(desk, "inner_tension", "2")
    expect(desk.status).to_contain_text("Not yet on the server")
    desk.page.unroute("**/save/")
    desk.page.on("dialog", lambda dialog: dialog.accept())
    desk.page.reload()
    expect(desk.page.locator("[data-progress]")).to_have_text("4 of 10 answered")
    assert chosen(desk, "inner_tension") == "2"
    assert desk.drafts() == {}


def ended_and_begun_again(desk: Desk) -> None:
    """The session ends while somebody types: they sign in in another tab, and what they typed is saved."""
    [session] = [one["value"] for one in desk.context.cookies() if one["name"] == "sessionid"]
    desk.study.end_session(session)
    choose(desk, "reduced_sleep", "6")
    expect(desk.status).to_contain_text("Your session has ended. Sign in again in a new tab")
    link = desk.page.get_by_role("link", name="Sign in in a new tab")
    expect(link).to_be_visible()
    with desk.context.expect_page() as opened:
        link.click()
    desk.sign_in("ana", opened.value)
    opened.value.close()
    desk.page.bring_to_front()
    desk.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(desk.status).to_contain_text("Saved ")
    expect(link).to_be_hidden()
    assert chosen(desk, "reduced_sleep") == "6"
    assert desk.drafts() == {}
    desk.study.kept["ana"] = desk.context.storage_state()


def test_two_browsers_on_one_answer_are_offered_both(study):
    form = f"/forms/{study.made['rating']}/"
    with study.desk("ana") as ana, study.desk("ben") as ben:
        for desk in (ana, ben):
            desk.page.goto(form)
        choose(ana, "lassitude", "1")
        expect(ana.status).to_contain_text("Saved ")
        choose(ben, "lassitude", "5")
        field = ben.page.locator('[data-field="lassitude:0"]')
        expect(field).to_contain_text(
            "Ana Rivera answered “between 0 and 2” meanwhile. Yours is not saved yet."
        )
        expect(ben.status).to_contain_text("decide which one counts")
        field.get_by_role("button", name="Take theirs").click()
        expect(ben.status).to_contain_text("Saved ")
        assert chosen(ben, "lassitude") == "1"

        choose(ben, "lassitude", "6")
        expect(ben.status).to_contain_text("Saved ")
        choose(ana, "lassitude", "0")
        mine = ana.page.locator('[data-field="lassitude:0"]').get_by_role("button", name="Keep mine")
        mine.click()
        expect(ana.status).to_contain_text("Saved ")
        ben.page.reload()
        assert chosen(ben, "lassitude") == "0"
        assert ana.drafts() == ben.drafts() == {}
        assert [one for one in ana.said + ben.said if "status of 409" not in one] == []


def test_signing_out_leaves_nothing_behind(study):
    with study.desk("ben") as desk:
        study.kept.pop("ben")
        desk.page.goto(f"/forms/{study.made['event']}/")
        desk.page.route("**/save/", lambda route: route.abort())
        desk.page.on("dialog", lambda dialog: dialog.accept())
        desk.page.get_by_label("What happened").fill("Headache, then nausea")
        desk.page.keyboard.press("Tab")
        expect(desk.status).to_contain_text("Not yet on the server")
        assert len(desk.drafts()) == 1
        assert "nausea" not in json.dumps(desk.drafts())
        desk.page.get_by_role("button", name="Sign out").click()
        expect(desk.page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert desk.page.evaluate("[localStorage.length, 'equipoise-draft-key' in sessionStorage]") == [
            0,
            False,
        ]


def test_a_store_that_is_away_is_said_and_what_was_typed_goes_in_by_itself(study):
    with study.desk("ana") as desk:
        desk.page.goto(f"/forms/{study.made['event']}/")
        away = []

        def answer(route) -> None:
            away.append(route.request.post_data)
            told = {"status": 503, "headers": {"Retry-After": "30"}}
            if len(away) == 1:
                route.fulfill(**told, json={"problem": "Not saved yet: the study cannot store anything."})
            elif len(away) == 2:
                route.fulfill(status=500, body="<h1>broken</h1>")
            else:
                route.continue_()

        desk.page.route("**/save/", answer)
        desk.page.get_by_label("What happened").fill("Headache and thirst")
        desk.page.keyboard.press("Tab")
        expect(desk.status).to_contain_text("Not saved yet: the study cannot store anything.")
        assert len(desk.drafts()) == 1
        expect(desk.status).to_contain_text("Not yet on the server")
        assert len(desk.drafts()) == 1
        expect(desk.status).to_have_text(re.compile(r"^Saved \d"))
        assert desk.drafts() == {}
        assert len(away) == 3
        desk.page.reload()
        expect(desk.page.get_by_label("What happened")).to_have_value("Headache and thirst")


def test_what_is_typed_while_a_save_is_under_way_is_saved_too(study):
    with study.desk("ana") as desk:
        page = desk.page
        page.goto(f"/forms/{study.made['event']}/")
        field = page.get_by_label("What happened")

        first = []

        def meanwhile(route) -> None:
            if not first:
                first.append(route)
                field.evaluate(
                    "one => { one.value = 'Second words'; one.dispatchEvent(new Event('input', {bubbles: true})); }"
                )
            route.continue_()

        page.route("**/save/", meanwhile)
        field.fill("First words")
        page.keyboard.press("Tab")
        expect(desk.status).to_contain_text("Saving")
        expect(desk.status).to_contain_text("Saved ")
        page.unroute("**/save/")
        page.reload()
        assert field.input_value() == "Second words"


def test_what_is_answered_before_the_page_is_whole_is_saved_too(study):
    with study.desk("ana") as desk:
        page, held, sent = desk.page, [], []

        def hold(route) -> None:
            held.append(route)

        page.route("**/answering*.js", hold)
        page.goto(f"/forms/{study.made['event']}/", wait_until="commit")
        field = page.get_by_label("What happened")
        field.fill("Words before the script")
        expect(desk.status).not_to_contain_text("Saving")
        assert held, "the script was there already"
        with page.expect_response("**/save/"):
            held[0].continue_()
        expect(desk.status).to_contain_text("Saved ")
        page.unroute("**/answering*.js")
        page.reload()
        assert field.input_value() == "Words before the script"
        # A page on which nothing was answered sends nothing.
        page.on("request", lambda request: sent.append(request.url))
        page.reload()
        page.wait_for_timeout(1_500)
        assert sent
        assert not [url for url in sent if url.endswith("/save/")]


def test_an_answer_may_be_taken_back_and_a_reason_given_instead(study):
    with study.desk("ana") as desk:
        desk.page.goto(f"/forms/{study.made['rating']}/")
        field = desk.page.locator('[data-field="reduced_appetite:0"]')
        choose(desk, "reduced_appetite", "4")
        expect(desk.status).to_contain_text("Saved ")
        field.get_by_text("No answer?").click()
        field.get_by_role("button", name="Take the answer back").click()
        assert chosen(desk, "reduced_appetite") == ""
        expect(desk.status).to_contain_text("Saved ")
        choose(desk, "reduced_appetite", "4")
        field.get_by_label("Why there is no answer").select_option("declined")
        assert chosen(desk, "reduced_appetite") == ""
        expect(desk.status).to_contain_text("Saved ")
        desk.page.reload()
        expect(field.get_by_label("Why there is no answer")).to_have_value("declined")


def test_control_k_finds_from_anywhere(study):
    with study.desk("ana") as desk:
        desk.page.goto("/alerts/")
        desk.page.keyboard.press("Control+k")
        desk.page.keyboard.type("001 adverse")
        desk.page.keyboard.press("Enter")
        expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Adverse event")
        assert desk.page.url.endswith(f"/forms/{study.made['event']}/")


def test_single_keys_can_be_turned_off(study):
    with study.desk("ana") as desk:
        desk.page.goto("/participants/")
        desk.page.get_by_text("Keys", exact=True).click()
        desk.page.get_by_label("Single keys work on this device").uncheck()
        desk.page.goto("/participants/")
        desk.page.keyboard.press("j")
        assert desk.page.evaluate("document.activeElement.tagName") == "BODY"


PAGES = [
    ("ana", "/"),
    ("ana", "/participants/"),
    ("ana", "/participants/new/"),
    ("ana", "/participants/{participant}/consent/"),
    ("ana", "/participants/{participant}/contact/"),
    ("ana", "/participants/{participant}/eligibility/"),
    ("ana", "/consent/"),
    ("ana", "/consent/SEA/1/en/"),
    ("ida", "/consent/new/"),
    ("nobody", "/help-now/"),
    ("nobody", "/device/ended/"),
    ("ana", "/find/?q=madrs"),
    ("ana", "/participants/{participant}/"),
    ("ana", "/participants/{participant}/?visit=SCR&repeat=1"),
    ("ana", "/forms/{rating}/"),
    ("ana", "/forms/{event}/"),
    ("ana", "/forms/{complete}/"),
    ("ana", "/forms/{rating}/history/reduced_sleep/0/"),
    ("ana", "/queries/"),
    ("ana", "/queries/{query}/"),
    ("ana", "/alerts/"),
    ("ana", "/account/"),
    ("ana", "/participants/nobody/"),
    ("ana", "/audit/"),
    ("ida", "/audit/"),
    ("ida", "/forms/{rating}/"),
    ("ida", "/people/"),
    ("ines", "/forms/{complete}/sign/"),
    ("nobody", "/sign-in/"),
]

TOO_WIDE = """
    document.documentElement.scrollWidth <= innerWidth ? [] : [...document.body.querySelectorAll('*')].filter(
        one => one.getBoundingClientRect().right > innerWidth && !one.closest('.timeline, .nav')
    ).slice(-1).map(one => one.outerHTML.slice(0, 120))
"""

DAYS_OF_FILES = """
    (() => {
        const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT), found = [];
        while (walk.nextNode()) {
            const said = walk.currentNode.data.match(/\\d{4}-\\d{2}-\\d{2}/);
            if (said && !walk.currentNode.parentElement.closest('.trail, code, pre, textarea')) found.push(said[0]);
        }
        return found;
    })()
"""
"""Days written as files have them where people read; the audit trail tells time as the chain does."""


def test_every_page_is_accessible_silent_and_never_scrolls_sideways(study, axe):
    wrong, seen = [], 0
    for who in dict.fromkeys(who for who, _ in PAGES):
        desk = Desk(study, viewport=WIDE) if who == "nobody" else study.desk(who)
        with desk:
            for path in [path.format(**study.made) for one, path in PAGES if one == who]:
                answer = desk.page.goto(path)
                expected = {"/participants/nobody/": 404}.get(
                    path, 403 if (who, path) == ("ana", "/audit/") else 200
                )
                assert answer.status == expected, path
                desk.page.evaluate(axe)
                for viewport, scheme, rules in (
                    (WIDE, "light", RULES),
                    (WIDE, "dark", None),
                    (PHONE, "dark", RULES),
                ):
                    desk.page.set_viewport_size(viewport)
                    desk.page.emulate_media(color_scheme=scheme)
                    seen += judge(desk.page, rules, wrong, f"{who} {path} {viewport['width']} {scheme}")
                wrong += [f"{who} {path} is too wide: {one}" for one in desk.page.evaluate(TOO_WIDE)]
                wrong += [
                    f"{who} {path} has a day as files have them: {one}"
                    for one in desk.page.evaluate(DAYS_OF_FILES)
                ]
                desk.page.set_viewport_size(WIDE)
                desk.page.emulate_media(color_scheme="light")
            wrong += [text for text in desk.said if "status of 40" not in text]
    assert not wrong, "\n".join(dict.fromkeys(wrong))
    assert seen > 20 * len(PAGES), "axe looked at too little"


def judge(page, rules: list[str] | None, wrong: list[str], where: str) -> int:
    """Add what axe finds to `wrong`, and return how many rules were passed."""
    asked = f"{{runOnly: {rules or ['color-contrast']}, resultTypes: ['violations'], preload: false}}"
    found = page.evaluate(f"axe.run(document, {asked})")
    wrong += [f"{where}: {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"]]
    return len(found["passes"])


def test_axe_and_the_console_find_what_is_planted(study, axe):
    with study.desk("ana") as desk:
        desk.page.goto("/participants/")
        desk.page.evaluate("document.querySelector('[data-search]').previousElementSibling.remove()")
        desk.page.evaluate("document.querySelector('[data-search]').removeAttribute('placeholder')")
        desk.page.evaluate(axe)
        wrong: list[str] = []
        judge(desk.page, RULES, wrong, "planted")
        assert any("label" in one for one in wrong)
        desk.page.evaluate(
            "const s = document.createElement('script'); s.textContent = '1'; document.body.append(s)"
        )
        assert any("Content Security Policy" in one for one in desk.said)


def test_a_page_on_paper_shows_answers_and_nothing_to_press(study):
    with study.desk("ana") as desk:
        desk.page.goto(f"/forms/{study.made['rating']}/")
        desk.page.emulate_media(media="print")
        shown = "[...document.querySelectorAll('button, select, .bar, .nav')].filter(one => one.checkVisibility()).length"
        assert desk.page.evaluate(shown) == 0
        answers = "[...document.querySelectorAll('[data-field=\"reduced_sleep:0\"] .choice')].filter(one => one.checkVisibility()).length"
        assert desk.page.evaluate(answers) == 1
