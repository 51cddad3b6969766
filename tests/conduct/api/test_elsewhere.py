"""Ids of another site, on every operation that names one: answered as one that never was, to whoever holds any role.

What forms, queries and alerts answer stands in `test_operations`; here is every operation there is, so that a new one
is asked too.
"""

import json
import re
from typing import Any

from django.test import Client
from tests.blinding.sent import SENT
from tests.conduct.api.conftest import JSON, Programs
from tests.conduct.attack.addresses import ROWS, api
from tests.conduct.enrollment.test_applicants import arrived
from tests.conduct.pages.conftest import HERE
from tests.conduct.tasks.conftest import Rating

from equipoise.conduct.accounts.routes import Row
from equipoise.conduct.audit.models import Event

NAMED = re.compile(r"<(?:\w+:)?(\w+)>")
NEVER = {
    "name": "FRONTLINE-SEA-999",
    "code": "a" * 13,
    "person": "p-nobody",
    "site": "MARS",
    "number": "1",
    "letter": "1",
}
KNOWN_TO_ALL = {"api:version", "api:letter_text"}
"""Operations whose id is of nothing that a site has for itself."""
ROLES = (
    *("coordinator", "investigator", "on_call_physician", "monitor", "data_manager"),
    *("system_administrator", "auditor", "rater"),
)


def asked(client: Client, row: Row, ids: dict[str, str], sent: dict[str, Any]) -> tuple[int, Any]:
    path = "/" + NAMED.sub(lambda found: ids[found[1]], row.pattern)
    if row.method == "GET":
        answer = client.get(path)
    else:
        answer = client.post(path, json.dumps(sent), content_type=JSON)
    return answer.status_code, answer.json() if answer.content else None


def test_no_operation_tells_an_id_of_another_site_from_one_that_never_was(
    programs: Programs, rating: Rating
) -> None:
    world = programs.world
    form = world.opened("madrs", "SCR")
    world.save(form, suicidal_thoughts="5")
    programs.ask("monitor", f"/forms/{form}/queries", {"text": "Is it so?"})
    here = {
        "name": HERE,
        "person": world.people.facilitator.person,
        "site": "SEA",
        "number": "1",
        "item": "suicidal_thoughts",
        "language": "en",
        "letter": "1",
        "place": "1",
    }
    codes = {"forms": form, "queries": world.query, "alerts": world.alert}
    codes |= dict.fromkeys(("tasks", "ratings"), rating.assign("PREP1"))
    applicant = arrived("Ada Example")
    elsewhere = programs.client(world.people.add(*ROLES, name="Everything elsewhere", site="NYC"))
    narrowed = programs.client(world.people.add(*ROLES, name="Everything", site=""), site="NYC")
    before = Event.objects.using("default").exclude(action__startswith="account.token").count()
    tried, apart = 0, []
    for row in ROWS:
        if not api(row) or "<" not in row.pattern or row.route in KNOWN_TO_ALL:
            continue
        area = row.pattern.split("/")[2]
        real = here | {"code": codes.get(area, "")}
        real |= {"name": applicant} if area == "applicants" else {}
        for client in (elsewhere, narrowed):
            for sent in SENT[row.route]({})[:2] if row.method == "POST" else [{}]:
                found = [asked(client, row, ids, dict(sent)) for ids in (real, real | NEVER)]
                apart += [(row.method, row.pattern, *found)] * (found[0] != found[1] or found[0][0] < 300)
                tried += 1
    assert apart == []
    assert tried > 100
    after = Event.objects.using("default").exclude(action__startswith="account.token").count()
    assert after == before
