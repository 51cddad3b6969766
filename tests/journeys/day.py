"""A day at work in a real browser: signing in for the first time, what is looked at on the way, signing out.

Holds `Day`. Every state that a day names is judged wide and at 390 px, in light and dark, by axe, by its width and by
the console, and photographed where a folder for pictures is named.
"""

import base64
import hmac
import os
import re
import time
from pathlib import Path

from tests.chromium import PHONE, RULES, expect
from tests.journeys.test_conduct import DAYS_OF_FILES, PASSWORD, TOO_WIDE, WIDE, Desk, judge

SHOTS = os.environ.get("EQUIPOISE_SHOTS", "")
"""A folder for pictures of every state, for people to look at; none are taken when empty."""
OWN_PASSWORD = "nine green apples on a tray"  # noqa: S105 - a test's
VIEWS = (
    ("wide-light", WIDE, "light", RULES),
    ("wide-dark", WIDE, "dark", None),
    ("phone-dark", PHONE, "dark", RULES),
    ("phone-light", PHONE, "light", None),
)
"""Every rule wide and narrow; what depends on colors alone also in the other scheme."""
EXPECTED = re.compile(r"net::ERR_(INTERNET_DISCONNECTED|FAILED|ABORTED)|status of 4\d\d")
"""What the console may say: a connection that was cut on purpose, and answers that refuse."""
STEP_SECONDS = 30
MOST_TABS = 120
HERE = "document.activeElement"


class Day(Desk):
    """Somebody's browser for a day.

    who    their account
    axe    its text
    base   the size of the window between looks
    """

    def __init__(self, study, who: str, axe: str, *, base: dict = WIDE, **options) -> None:
        super().__init__(study, viewport=base, **options)
        self.who, self.axe, self.base = who, axe, base
        self.wrong: list[str] = []
        self.seen = 0
        self.secret = ""
        self.used: set[str] = set()

    def __exit__(self, *error) -> None:
        if error[0] is not None:
            self._picture("where it ended")
        super().__exit__(*error)
        if error[0] is None:
            assert not self.wrong, "\n".join(dict.fromkeys(self.wrong))

    # Signing in and out

    def begin(self, *, looked: bool = False) -> None:
        """Sign in with the password for one sign-in, choose one's own, and set up the second factor if asked."""
        page = self.page
        page.goto("/")
        if looked:
            self.enter(password="not this one")  # noqa: S106 - a wrong one
            expect(page.get_by_role("alert")).to_contain_text("do not go together")
            self.look("sign-in refused")
        self.enter(password=PASSWORD)
        expect(page.get_by_role("heading", name="New password")).to_be_visible()
        if looked:
            self.choose_password("short", "shorter")
            self.look("new password refused")
        self.choose_password(OWN_PASSWORD, OWN_PASSWORD)
        factor = page.get_by_role("heading", name="Set up a second factor")
        expect(factor.or_(page.get_by_text("The password was changed")).first).to_be_visible()
        if factor.is_visible():
            self.set_up_code(looked=looked)
            page.get_by_role("link", name="Go to today's work").click()
        self.settled()

    def settled(self) -> None:
        """Wait until the page is whole, before keys are pressed."""
        self.page.wait_for_load_state("load")

    def enter(self, *, password: str) -> None:
        """Send address and password."""
        self.page.get_by_label("Address").fill(f"{self.who}@example.org")
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def choose_password(self, one: str, again: str) -> None:
        """Send a new password, twice."""
        page = self.page
        page.locator("[name=oldpassword]").fill(PASSWORD)
        page.locator("[name=password1]").fill(one)
        page.locator("[name=password2]").fill(again)
        page.get_by_role("button", name="Change the password").click()

    def set_up_code(self, *, looked: bool) -> None:
        """Set up the second factor that the page shows."""
        page = self.page
        self.secret = page.locator("main code").inner_text().strip()
        if looked:
            self.look("second factor")
            page.get_by_label("Code", exact=True).fill("000000")
            page.get_by_role("button", name="Set up").click()
            expect(page.get_by_role("alert")).to_contain_text("not right")
            self.look("second factor refused")
            self.secret = page.locator("main code").inner_text().strip()
        page.get_by_label("Code", exact=True).fill(self.code())
        page.get_by_role("button", name="Set up").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    def come_back(self) -> None:
        """Sign in as on any other day."""
        self.page.goto("/sign-in/")
        self.enter(password=OWN_PASSWORD)
        if self.secret:
            self.page.get_by_label("Code", exact=True).fill(self.code())
            self.page.get_by_role("button", name="Go on").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def end(self) -> None:
        """Sign out: the way back shows nothing any more."""
        page = self.page
        there = page.url
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.goto(there)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert [cookie for cookie in self.context.cookies() if cookie["name"] == "sessionid"] == []

    def code(self) -> str:
        """Return a code that was not used yet; waits for the next one where it must."""
        while (found := code_of(self.secret)) in self.used:
            time.sleep(0.2)
        self.used.add(found)
        return found

    def sign(self, button: str) -> None:
        """Enter password, and code where one is asked, and press."""
        page = self.page
        page.get_by_label("Password").fill(OWN_PASSWORD)
        if self.secret:
            page.get_by_label("Code", exact=True).fill(self.code())
        page.get_by_role("button", name=button, exact=True).click()

    # Looking

    def look(self, name: str) -> None:
        """Judge the page as it is now, in every view."""
        page = self.page
        page.evaluate(f"() => {{ if (!window.axe) {{ {self.axe} }} }}")
        for view, shape, scheme, rules in VIEWS:
            page.set_viewport_size(shape)
            page.emulate_media(color_scheme=scheme)
            where = f"{self.who}: {name}, {view}"
            self.seen += judge(page, rules, self.wrong, where)
            self.wrong += [f"{where} is too wide: {one}" for one in page.evaluate(TOO_WIDE)]
            self._picture(f"{name}-{view}")
        said = page.evaluate(DAYS_OF_FILES)
        self.wrong += [f"{self.who}: {name} has a day as files have them: {one}" for one in said]
        page.set_viewport_size(self.base)
        page.emulate_media(color_scheme="light")
        self.wrong += [f"{self.who}: {name}: {one}" for one in self.said if not EXPECTED.search(one)]
        self.said.clear()

    def open(self, path: str, name: str = "", *, status: int = 200) -> None:
        """Go somewhere, and look where a name is given."""
        answer = self.page.goto(path)
        assert answer.status == status, f"{path}: {answer.status}"
        if name:
            self.look(name)

    def refused(self, path: str, *, looked: bool = False) -> None:
        """Go where the role does not go: it is said kindly, with a way back."""
        page = self.page
        answer = page.goto(path)
        assert answer.status in (403, 404), f"{path}: {answer.status}"
        expect(
            page.get_by_role("heading", name=re.compile("Your role does not|There is no such page"))
        ).to_be_visible()
        if looked:
            self.look(f"refused {answer.status}")
        page.get_by_role("link", name="Go to today's work").click()

    def unfold(self) -> None:
        """Open everything that is folded on this page."""
        self.page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")

    def _picture(self, name: str) -> None:
        if SHOTS:
            folder = Path(SHOTS) / self.who
            folder.mkdir(parents=True, exist_ok=True)
            file = re.sub(r"[^a-z0-9]+", "-", name.lower())
            self.page.screenshot(path=folder / f"{file}.jpg", type="jpeg", quality=60, full_page=True)

    # Keys only

    def tab_to(self, words: str) -> None:
        """Press Tab until what has the focus says these words."""
        said = f"({HERE}.labels?.[0]?.innerText ?? {HERE}.getAttribute('aria-label') ?? {HERE}.innerText ?? '').trim()"
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(said).startswith(words):
                self._in_sight(words)
                return
        raise AssertionError(f"no Tab leads to “{words}”")

    def type_in(self, label: str, text: str) -> None:
        """Go to a field and type."""
        self.tab_to(label)
        self.page.keyboard.type(text)

    def press(self, words: str, *, leads: bool = True) -> None:
        """Go to a link or button and press Enter, which leads to another page unless it is said not to."""
        self.tab_to(words)
        if not leads:
            self.page.keyboard.press("Enter")
            return
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _in_sight(self, words: str) -> None:
        """Note a focus that nobody can see."""
        shown = self.page.evaluate(
            f"(() => {{ const box = {HERE}.getBoundingClientRect(), style = getComputedStyle({HERE});"
            " return box.width > 0 && box.bottom > 0 && box.top < innerHeight"
            " && style.outlineStyle !== 'none'; })()"
        )
        if not shown:
            self.wrong.append(f"{self.who}: the focus on “{words}” cannot be seen")


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now."""
    counter = int(time.time() // STEP_SECONDS).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, "sha1")
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"
