"""Fifty people on ten sites work for a month of 22 days at a hundred times its speed, everything switched on.

Each signs in, does what their role does in a day with pauses in between, and signs out: consents on the
clinic's device, visits, forms saved while they are typed, queries, ratings, signatures, mails and anchors.
Watches every answer, what the server says in its log, and its memory and open files every few seconds.
Exits with 1 when a request fails, the log holds an error, memory grows by 5 % or more, or files stay open.

    python benchmarks/load/month.py --engine postgresql                    # the month: 106 minutes
    python benchmarks/load/month.py --engine postgresql --minutes 30       # the soak
    python benchmarks/load/month.py --engine postgresql --speed 500        # the month in 21 minutes
"""

import argparse
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from statistics import mean, median

import switched
import world
from browser import Asked, Browser, Page, Sent

DAYS, HOURS = 22, 8
DEEDS_A_DAY = 30
HALF_MINUTE = 31.0
"""Seconds after which a code of the second factor is another."""
SAMPLE_SECONDS = 5.0
SETTLED_SHARE = 0.2
"""Of the run, at its beginning: caches fill, and growth is counted from its end on."""
LATE_SHARE = 0.05
"""Of a day, within which people come to work."""
WORST_SHARE = 0.1
"""Of answers chosen from a list."""
MOST_GROWTH = 1.05
MOST_FILES = 8
PARTICIPANTS_A_SITE = 6
WRONG = 400
PASSWORD = "an old oak on a hill"  # noqa: S105 - invented people's
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105
SITES = tuple(f"S{number:02d}" for number in range(1, 11))
AT_SITE = ("coordinator", "investigator", "facilitator", "session_monitor")
CENTRAL = (
    *("rater", "rater", "rater", "rater", "monitor", "monitor"),
    *("data_manager", "medical_monitor", "pharmacist", "auditor"),
)
CODED = {"investigator", "medical_monitor", "pharmacist"}
"""Roles whose people have a second factor."""


@dataclass
class Person:
    """Somebody who works on the trial."""

    name: str
    role: str
    site: str
    email: str
    coded: bool


@dataclass
class Tally:
    """What was seen while everybody worked."""

    notes: list[Asked] = field(default_factory=list)
    deeds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)


def main() -> int:
    """Make the study, serve it, let everybody work, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--speed", type=float, default=100.0)
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after so many minutes of the clock")
    parser.add_argument("--sites", type=int, default=len(SITES), help="fewer, to try the script out")
    given = parser.parse_args()
    sites = SITES[: given.sites]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        administrator = stack.enter_context(world.postgresql(folder)) if given.engine == "postgresql" else ""
        mails = stack.enter_context(switched.mail_server())
        home = world.make(folder, administrator=administrator)
        switched.on(home, folder, mails.port)
        people = populate(sites)
        import_module("django.db").connections.close_all()
        port, server, log = stack.enter_context(served(home, folder))
        tally = Tally()
        length = DAYS * HOURS * 3600 / given.speed
        until = min(length, given.minutes * 60 or length)
        print(f"{given.engine}: {len(people)} people, {len(sites)} sites, {given.speed:g} times as fast")
        print(f"the clock's {until / 60:.1f} of {length / 60:.1f} minutes")
        live(people, port, tally, server=server.pid, speed=given.speed, until=until)
        server.terminate()
        server.wait()
        return judge(tally, home, log, mails=len(mails.taken))


def populate(sites: Sequence[str]) -> list[Person]:
    """Add sites, consent forms, people, and participants who consented."""
    setting_up = import_module("equipoise.conduct.studies.services")
    allocator = import_module("equipoise.conduct.allocator.services")
    randomizing = import_module("equipoise.conduct.enrollment.services.randomizing")
    at = datetime.now(UTC)
    for site in sites:
        setting_up.add_site(site=site, name=f"Site {site}", time_zone="America/New_York", at=at, by="system")
    allocator.draw_list(version=1, at=at, by="system")
    randomizing.publish_commitments(at=at, by="system")
    people = [
        employ(role, site, at=at) for site, role in [(site, role) for site in sites for role in AT_SITE]
    ]
    people += [employ(role, "", at=at, number=number) for number, role in enumerate(CENTRAL)]
    viewers = {one.site: viewer_of(one, at=at) for one in people if one.role == "coordinator"}
    for site in sites:
        for _ in range(PARTICIPANTS_A_SITE):
            one = world.consented(viewers[site], at=at, site=site)
            plan(one, viewers[site], at=at)
    return people


def plan(participant: str, viewer: object, *, at: datetime) -> None:
    """Plan the day of the dose, and record that the first visits were held."""
    services = import_module("equipoise.conduct.capture.services")
    day = at.date() + timedelta(days=9)
    services.plan_anchor(participant=participant, anchor="dose", date=day, at=at, by=viewer)
    held = at.date() - timedelta(days=1)
    for visit in ("SCR", "PREP1"):
        services.record_visit(
            participant=participant, visit=visit, status="held", date=held, at=at, by=viewer
        )


def employ(role: str, site: str, *, at: datetime, number: int = 0) -> Person:
    """Add somebody with a password, and a second factor where their role needs one."""
    services = import_module("equipoise.conduct.accounts.services")
    totp = import_module("allauth.mfa.totp.internal.auth").TOTP
    accounts = import_module("django.apps").apps.get_model("accounts", "Account")
    name = f"{role} {site or number}"
    email = f"{role}.{site or number}@example.org".lower()
    person = services.add_person(name=name, email=email, password=PASSWORD, at=at, by="system")
    services.grant_role(person=person, role=role, site=site, trainings=(), at=at, by="system")
    account = accounts.objects.get(person=person)
    account.must_change_password = False
    account.save()
    if role in CODED:
        totp.activate(account, SECRET)
    return Person(name, role, site, email, role in CODED)


def viewer_of(person: Person, *, at: datetime) -> object:
    """Return somebody as services know them."""
    accounts = import_module("django.apps").apps.get_model("accounts", "Account")
    reads = import_module("equipoise.conduct.accounts.reads")
    return reads.viewer(accounts.objects.get(email=person.email), at=at)


@contextmanager
def served(home: Path, folder: Path) -> Iterator[tuple[int, "subprocess.Popen[bytes]", Path]]:
    """Serve with `equipoise serve`; yield port, process and where its log goes."""
    log = folder / "server.log"
    with log.open("wb") as said, world.serving(home, said) as (port, process):
        yield port, process, log


def live(people: list[Person], port: int, tally: Tally, *, server: int, speed: float, until: float) -> None:
    """Let everybody work until the time is over, and look at the server meanwhile."""
    over = time.monotonic() + until
    workers = [
        threading.Thread(target=Worker(one, port, tally, speed=speed, over=over).live, daemon=True)
        for one in people
    ]
    for one in workers:
        one.start()
    while any(one.is_alive() for one in workers):
        memory, files = looked_at(server)
        tally.memory.append(memory)
        tally.files.append(files)
        time.sleep(SAMPLE_SECONDS)


def looked_at(server: int) -> tuple[int, int]:
    """Return bytes of memory and the open files of a server's processes. Linux only."""
    page = 4096
    memory = files = 0
    for pid in world.family(server):
        with suppress(OSError):
            memory += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
            files += len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return memory, files


class Worker:
    """Somebody at work: signs in each day, does things with pauses, signs out."""

    def __init__(self, person: Person, port: int, tally: Tally, *, speed: float, over: float) -> None:
        self.person, self.tally, self.over = person, tally, over
        self.day = HOURS * 3600 / speed
        self.chance = random.Random(person.email)  # noqa: S311 - not a secret
        self.browser = Browser(port, tally.notes)
        self.coded_at = -HALF_MINUTE
        self.deeds: list[Callable[[], None]] = [getattr(self, one) for one in DEEDS[person.role]]

    def live(self) -> None:
        """Work day after day until the time is over."""
        for _ in range(DAYS):
            began = time.monotonic()
            if began > self.over:
                return
            try:
                # Nobody begins at the very same moment.
                time.sleep(self.chance.random() * self.day * LATE_SHARE)
                self.sign_in()
                for place in range(DEEDS_A_DAY):
                    due = began + (place + self.chance.random()) * self.day / DEEDS_A_DAY
                    time.sleep(max(0.0, due - time.monotonic()))
                    if time.monotonic() > self.over:
                        return
                    deed = self.chance.choice(self.deeds)
                    self.tally.deeds[deed.__name__] += 1
                    deed()
                self.sign_out()
            except (OSError, ValueError, LookupError) as error:
                self.tally.wrong.append(f"{self.person.name}: {error!r}")
            time.sleep(max(0.0, min(began + self.day, self.over) - time.monotonic()))

    # What everybody does.

    def get(self, path: str, *, what: str = "") -> Page:
        """Ask for a page, which must be there."""
        return self._right(self.browser.get(path, what=what))

    def send(self, form: Sent, given: dict[str, str], *, what: str, button: str = "") -> Page:
        """Send a form, which must be taken."""
        return self._right(self.browser.send(form, given, what=what, button=button), what)

    def _right(self, page: Page, what: str = "") -> Page:
        if page.status >= WRONG:
            said = " ".join(re.findall(r'class="problem"[^>]*>([^<]+)', page.text))
            self.tally.wrong.append(f"{self.person.name}: {what or page.path}: {page.status} {said}"[:300])
            raise LookupError(f"{what or page.path} answered {page.status}")
        return page

    def sign_in(self) -> None:
        """Sign in with password and, where the role needs one, a code."""
        self.browser.cookies.clear()
        page = self.get("/sign-in/")
        form = page.form("/sign-in/")
        if form is None:
            raise LookupError("nothing to sign in with")
        page = self.send(form, {"login": self.person.email, "password": PASSWORD}, what="sign in")
        if self.person.coded:
            form = page.form("/sign-in/code/")
            if form is None:
                raise LookupError("no code was asked for")
            self.send(form, {"code": self.code()}, what="code")

    def sign_out(self) -> None:
        """Sign out."""
        page = self.get("/")
        form = page.form("/sign-out/")
        if form is not None:
            self.send(form, {}, what="sign out")

    def code(self) -> str:
        """Return the code of now, once in half a minute."""
        time.sleep(max(0.0, self.coded_at + HALF_MINUTE - time.monotonic()))
        self.coded_at = time.monotonic()
        auth = import_module("allauth.mfa.totp.internal.auth")
        counter = next(auth.yield_hotp_counters_from_time())
        return str(auth.format_hotp_value(auth.hotp_value(SECRET, counter)))

    def one_of(self, page: Page, pattern: str) -> str:
        """Return one of a page's links of a kind; "" where there is none."""
        found = sorted({link for link in page.links if re.fullmatch(pattern, link)})
        return self.chance.choice(found) if found else ""

    def home(self) -> None:
        """Look at what is to do today."""
        self.get("/")

    def participant(self) -> Page | None:
        """Look at somebody's timeline."""
        there = self.one_of(self.get("/participants/"), r"/participants/[A-Z0-9-]+-\d+/")
        return self.get(there, what="/participants/*/") if there else None

    def visit(self) -> Page | None:
        """Look at one visit of somebody."""
        page = self.participant()
        there = self.one_of(page, r"/participants/.*\?visit=(SCR|PREP1).*") if page else ""
        return self.get(there, what="/participants/*/") if there else None

    def find(self) -> None:
        """Search."""
        self.get(f"/find/?q={self.chance.choice(('001', 'madrs', 'vitals', 'S03'))}", what="/find/")

    def audit(self) -> None:
        """Read the audit trail."""
        self.get("/audit/")

    def alerts(self) -> None:
        """Look at alerts, and close one."""
        page = self.get("/alerts/")
        forms = [one for one in page.forms if re.fullmatch(r"/alerts/\w+/", one.action)]
        if forms and self.person.role in ("investigator", "medical_monitor"):
            given = {"status": "seen", "text": "Called; no danger"}
            with suppress(LookupError):
                self.send(self.chance.choice(forms), given, what="alert")

    # What sites do.

    def fill(self) -> None:
        """Open a form of a visit or a log, answer while it is saved by itself, and complete it."""
        page = self.visit()
        opening = page.all_forms("/form/") if page else []
        if not page or not opening:
            return
        page = self.send(self.chance.choice(opening), {}, what="open a form")
        self.answer(page, what="form")

    def go_on(self) -> None:
        """Look at a form that was begun."""
        page = self.visit()
        there = self.one_of(page, r"/forms/\w+/") if page else ""
        if there:
            self.get(there, what="/forms/*/")

    def answer(self, page: Page, *, what: str) -> None:
        """Answer what a page asks, in several goes, and complete it."""
        form = next((one for one in page.forms if any(name.startswith("a:") for name in one.controls)), None)
        if form is None:
            return
        given = {name: self.value(*control) for name, control in form.controls.items() if name[:2] == "a:"}
        seen = {name: value for name, value in form.hidden if name[:2] == "s:"}
        items = [name[2:] for name in given]
        for place in range(0, len(items), 5):
            part = items[place : place + 5]
            sent = {f"a:{item}": given[f"a:{item}"] for item in part}
            sent |= {f"s:{item}": seen.get(f"s:{item}", "0") for item in part}
            self.browser.save(f"{page.path.split('?')[0]}save/", sent, what=f"save a {what}")
        # Questions that appear with an answer are still open: the page says so, and the form waits.
        again = self.get(page.path, what=f"/{what}s/*/")
        form = next((one for one in again.forms if any(name[:2] == "a:" for name in one.controls)), None)
        if form is not None:
            self.browser.send(form, {"complete": "1"}, what=f"complete a {what}")

    def value(self, kind: str, choices: list[str]) -> str:
        """Return an answer that fits a control."""
        if kind in ("radio", "select", "checkbox"):
            # Now and then the last answer, which safety rules and their mails are about.
            return choices[-1 if self.chance.random() < WORST_SHARE else 0] if choices else ""
        fitting = {"number": "3", "date": str(datetime.now(UTC).date() - timedelta(days=1)), "time": "10:30"}
        fitting["datetime-local"] = f"{datetime.now(UTC).date() - timedelta(days=1)}T10:30"
        return fitting.get(kind, "Some words about it")

    def consent(self) -> None:
        """Hand the device over, let somebody read, understand and sign, and take it back."""
        page = self.get("/participants/new/")
        taking = page.form("/participants/new/")
        if taking is None:
            return
        page = self.send(taking, {"site": self.person.site, "language": "en"}, what="hand over")
        for _ in range(MOST_PAGES):
            reading = next((one for one in page.forms if "/device/read/" in one.action), None)
            if reading is None or "/device/read/" not in page.path:
                break
            given = {"name": "Jo Doe"} if "name" in reading.controls else {}
            if "choice" in reading.controls:
                given["choice"] = reading.controls["choice"][1][0]
            page = self.send(reading, given, what="read and sign")
        page = self.get("/device/back/")
        back = page.form("/device/back/")
        if back is not None:
            self.send(back, {"password": PASSWORD}, what="device back")

    def answer_query(self) -> None:
        """Answer a query."""
        self._query("answer", "It agrees with the source")

    def close_query(self) -> None:
        """Close a query."""
        self._query("close", "Thank you")

    def _query(self, deed: str, text: str) -> None:
        there = self.one_of(self.get("/queries/"), r"/queries/\w+/")
        if not there:
            return
        page = self.get(there, what="/queries/*/")
        form = next((one for one in page.forms if any(name == deed for name, _ in one.buttons)), None)
        if form is None:
            return
        page = self.browser.send(form, {"text": text}, what=f"{deed} a query", button=deed)
        # Somebody else may close it while this one writes: the page says so.
        if "it is closed" not in page.text.lower():
            self._right(page, f"{deed} a query")

    def ask(self) -> None:
        """Ask about a form."""
        page = self.visit()
        there = self.one_of(page, r"/forms/\w+/") if page else ""
        if not there:
            return
        page = self.get(there, what="/forms/*/")
        form = page.form("/query/")
        if form is not None:
            self.send(form, {"about": ":0", "text": "Is it so?"}, what="ask")

    def verify(self) -> None:
        """Verify a form against its source, or lock one."""
        page = self.visit()
        there = self.one_of(page, r"/forms/\w+/") if page else ""
        if not there:
            return
        page = self.get(there, what="/forms/*/")
        form = page.form("/verify/") or page.form("/lock/")
        if form is not None and form.action.startswith("/forms/"):
            self.send(form, {}, what="verify or lock")

    def sign(self) -> None:
        """Sign a form."""
        page = self.visit()
        there = self.one_of(page, r"/forms/\w+/") if page else ""
        if not there or time.monotonic() < self.coded_at + HALF_MINUTE:
            return
        page = self.get(there, what="/forms/*/")
        if not any(link.endswith("/sign/") for link in page.links):
            return
        page = self.get(next(link for link in page.links if link.endswith("/sign/")), what="/forms/*/sign/")
        form = page.form("/sign/")
        if form is not None:
            self.send(form, {"password": PASSWORD, "code": self.code()}, what="sign")

    # What others do.

    def rate(self) -> None:
        """Begin a rating, fill it, complete it."""
        there = self.one_of(self.get("/tasks/"), r"/tasks/\w+/")
        if not there:
            return
        page = self.get(there, what="/tasks/*/")
        begin = page.form("/begin/")
        if begin is not None:
            page = self.send(begin, {}, what="begin a rating")
        self.answer(page, what="task")

    def assign(self) -> None:
        """Give a rating to a rater."""
        page = self.get("/ratings/")
        # One that a rater may be doing at this moment stays with them.
        given = [form for form in page.all_forms("/ratings/assign/") if ("instead", "1") in form.hidden]
        forms = [form for form in page.all_forms("/ratings/assign/") if form not in given]
        if not forms:
            return
        form = self.chance.choice(forms)
        raters = form.controls.get("rater", ("", []))[1]
        if raters:
            due = form.controls["due"][1][0]
            # Somebody else may give it at the same moment.
            self.browser.send(form, {"rater": raters[0], "due": due, "meeting": ""}, what="give a rating")

    def kits(self) -> None:
        """Look at kits."""
        self.get("/kits/")

    def people(self) -> None:
        """Look at who works here."""
        self.get("/people/")


MOST_PAGES = 30
DEEDS = {
    "coordinator": (
        "home",
        "participant",
        "fill",
        "fill",
        "fill",
        "go_on",
        "consent",
        "answer_query",
        "find",
    ),
    "investigator": ("home", "participant", "fill", "alerts", "sign", "audit", "people", "find"),
    "facilitator": ("home", "participant", "fill", "fill", "go_on", "answer_query", "find"),
    "session_monitor": ("home", "participant", "fill", "fill", "go_on", "alerts"),
    "rater": ("home", "rate", "rate"),
    "monitor": ("home", "go_on", "verify", "ask", "close_query", "audit"),
    "data_manager": ("home", "go_on", "verify", "ask", "close_query", "assign", "assign", "audit"),
    "medical_monitor": ("home", "alerts", "participant", "go_on"),
    "pharmacist": ("home", "kits"),
    "auditor": ("home", "audit", "participant", "go_on", "people"),
}
"""Role to what its people do, each as likely."""


def judge(tally: Tally, home: Path, log: Path, *, mails: int) -> int:
    """Print what was seen; return 1 when something is wrong."""
    by_what = defaultdict(list)
    for one in tally.notes:
        by_what[one.what].append(one.seconds)
    for what, took in sorted(by_what.items(), key=lambda pair: -len(pair[1]))[:24]:
        p95 = sorted(took)[max(0, int(0.95 * len(took)) - 1)]
        print(f"{what:34} {len(took):6,}  median {median(took) * 1000:5.0f} ms  p95 {p95 * 1000:5.0f} ms")
    statuses = Counter(one.status for one in tally.notes)
    print(
        f"{len(tally.notes):,} requests: " + ", ".join(f"{n:,} of {s}" for s, n in sorted(statuses.items()))
    )
    print(f"deeds: {dict(tally.deeds)}; {mails} mails")
    failed = statuses.get(500, 0) + statuses.get(502, 0) + statuses.get(503, 0)
    said = log.read_text(encoding="utf-8", errors="replace")
    errors = [line for line in said.splitlines() if re.search(r"ERROR|CRITICAL|Traceback|WARNING", line)]
    start = int(len(tally.memory) * SETTLED_SHARE)
    settled, late = tally.memory[start:], max(1, len(tally.memory[start:]) // 5)
    growth = mean(settled[-late:]) / mean(settled[:late]) if settled else 1.0
    more = mean(tally.files[start:][-late:]) - mean(tally.files[start:][:late]) if settled else 0.0
    print(
        f"memory {mean(settled[:late]) / 2**20:.0f} MB, then {growth:.3f} times as much (bar {MOST_GROWTH})"
    )
    print(f"open files {mean(tally.files[start:][:late]):.0f}, then {more:+.1f} (bar {MOST_FILES})")
    print(f"the log has {len(errors)} errors and warnings", *errors[:10], sep="\n  ")
    print(f"{len(tally.wrong)} things went wrong", *Counter(tally.wrong).most_common(12), sep="\n  ")
    command = [sys.executable, "-m", "equipoise", "verify", "--home", str(home)]
    verified = subprocess.run(command, check=False, capture_output=True, text=True)
    print(verified.stdout.strip() or verified.stderr.strip())
    bad = failed or errors or tally.wrong or verified.returncode
    return 1 if bad or growth >= MOST_GROWTH or more > MOST_FILES else 0


if __name__ == "__main__":
    sys.exit(main())
