"""Second factors under another web key, and the end of every session signed with the one before."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session

from equipoise.conduct.accounts.adapters import close, unclose
from equipoise.conduct.stores.keys import second_factor
from equipoise.errors import IntegrityError

SEALED = ("secret", "seed")
"""Where the library keeps what is sealed."""


def opens(web: bytes) -> bool:
    """Whether second factors were sealed under this web key; so they were where there are none."""
    for row in Authenticator.objects.order_by("id")[:1]:
        try:
            _resealed(row.data, old=web, new=web)
        except IntegrityError:
            return False
    return True


def reseal(*, old: bytes, new: bytes, alias: str) -> None:
    """Seal every second factor under another web key, and end every session. Called inside an act.

    Raises  IntegrityError when one was not sealed under the old key; nothing is changed then
    """
    rows = list(Authenticator.objects.using(alias).order_by("id"))
    for row in rows:
        row.data = _resealed(row.data, old=old, new=new)
    Authenticator.objects.using(alias).bulk_update(rows, ["data"])
    Session.objects.using(alias).all().delete()


def _resealed(data: dict[str, Any], *, old: bytes, new: bytes) -> dict[str, Any]:
    before, after = second_factor(old), second_factor(new)
    sealed = {name: close(unclose(data[name], key=before), key=after) for name in SEALED if name in data}
    return {**data, **sealed}
