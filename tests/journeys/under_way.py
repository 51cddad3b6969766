"""A study under way for the browser: run as a script in the folder of an installation that was just set up.

Adds a site and people who sign in with one password, and leaves something on every page: a participant with forms in
every state, a query, an alert. Prints the numbers of the forms as JSON.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

from equipoise.conduct.config import boot

HOME, PASSWORD, SECRET = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
sys.path.insert(0, str(Path(__file__).parents[2]))
setting_up = boot.operation("setting_up", home=HOME)

from allauth.mfa.totp.internal.auth import TOTP  # noqa: E402 - Django must be started first
from tests.conduct.consenting import enrolled  # noqa: E402
from tests.journeys.answers import fill, viewer  # noqa: E402

from equipoise.conduct.accounts.models import Account  # noqa: E402
from equipoise.conduct.capture import reads, services  # noqa: E402
from equipoise.conduct.capture.results import Given  # noqa: E402
from equipoise.conduct.stores import clock  # noqa: E402

NOW = clock.now()
STAFF = {
    "ana": ("Ana Rivera", "coordinator", "SEA"),
    "ben": ("Ben Diaz", "coordinator", "SEA"),
    "ines": ("Dr. Ines Okafor", "investigator", "SEA"),
    "kim": ("Kim Berg", "monitor", ""),
    "ida": ("Ida Voss", "data_manager", ""),
    "rae": ("Rae Lind", "rater", ""),
}


setting_up.add_site(site="SEA", name="Seattle", time_zone="America/Los_Angeles", at=NOW)
for slug, (name, role, site) in STAFF.items():
    email = f"{slug}@example.org"
    setting_up.add_user(name=name, email=email, password=PASSWORD, at=NOW, one_time=False)
    setting_up.grant(email=email, roles=[role], site=site, at=NOW)
TOTP.activate(Account.objects.get(email="ines@example.org"), SECRET)

NOW = clock.now()
ana, kim, ida = viewer("ana", at=NOW), viewer("kim", at=NOW), viewer("ida", at=NOW)
one = enrolled("SEA", at=NOW, by=ana)
today = reads.timeline(one, viewer=ana, at=NOW)
assert today is not None
services.plan_anchor(participant=one, anchor="dose", date=today.today + timedelta(days=9), at=NOW, by=ana)
for visit in ("SCR", "PREP1"):
    services.record_visit(participant=one, visit=visit, status="held", date=today.today, at=NOW, by=ana)


def opened(form: str, visit: str = "log") -> str:
    """Begin a form."""
    return services.open_form(participant=one, visit=visit, form=form, at=NOW, by=ana)


forms = {"complete": fill(opened("demographics", "SCR"), by=ana, at=NOW)}
services.verify(form=forms["complete"], at=NOW, by=kim)
forms["rating"] = opened("madrs", "PREP1")
rated = [Given("suicidal_thoughts", text="5"), Given("reduced_sleep", text="3")]
services.save(form=forms["rating"], given=rated, at=NOW, by=ana)
services.save(form=forms["rating"], given=[Given("reduced_sleep", text="2", seen=1)], at=NOW, by=ana)
asked = {"item": "reduced_sleep", "row": 0, "text": "Two or three?"}
query = services.open_query(form=forms["rating"], **asked, at=NOW, by=kim)
forms["event"] = opened("adverse_events")
services.save(form=forms["event"], given=[Given("term", text="Headache")], at=NOW, by=ana)
print(json.dumps({"participant": one, "query": query, **forms}))  # noqa: T201 - what the test reads
