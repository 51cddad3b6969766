"""Forms filled for a browser to find: whoever fills one answers everything that fits.

Imported once Django is started, by the scripts that leave a study under way.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.lines import ItemLine
from equipoise.conduct.capture.results import Given

SAMPLE = {"text": "Some words", "date": "2026-01-20", "partial_date": "2026-01", "time": "17:30"}


def viewer(name: str, *, at: datetime) -> Viewer:
    """Return somebody as the services know them."""
    found = people.viewer(Account.objects.get(email=f"{name}@example.org"), at=at)
    assert found is not None
    return found


def sample(line: ItemLine, *, at: datetime) -> str:
    """Return an answer that fits a question."""
    if line.type == "number":
        return str(int(line.low if line.low is not None else 1))
    if line.type == "instant":
        return f"{at - timedelta(days=1):%Y-%m-%dT10:00}"
    return line.codes[0].code if line.type == "code" else SAMPLE[line.type]


def fill(
    form: str,
    *,
    by: Viewer,
    at: datetime,
    answers: Mapping[str, str] | None = None,
    skipped: Collection[str] = (),
) -> str:
    """Answer everything but what answers skip, as named or as fits, and declare the form complete."""
    named = answers or {}
    for _ in range(3):
        page = reads.form_page(form, viewer=by)
        assert page is not None
        blank = [line for line in page.items if line.visible and not line.answer and line.item not in skipped]
        given = [
            Given(line.item, text=named.get(line.item) or sample(line, at=at), seen=line.seq)
            for line in blank
        ]
        if not services.save(form=form, given=given, at=at, by=by).gaps:
            break
    done = services.complete(form=form, at=at, by=by)
    assert done.done, done
    return form
