"""Who looks: every role that works blind, and whoever else has eyes."""

from tests.blinding.making import Pair
from tests.blinding.tour import BROAD, NOBODY, PARTICIPANT, told

from equipoise.conduct.accounts.permission import ROLES, UNBLINDED

OUTSIDER = "outsider"
BLIND = (*(role for role in ROLES if role not in UNBLINDED), OUTSIDER, BROAD, PARTICIPANT, NOBODY)
"""Everybody who must not learn an arm before anybody is told: the roles, a coordinator of another site, somebody with
every blind role, a participant at the clinic's device, and a stranger."""
TOLD = ("coordinator", "investigator", "facilitator", "session_monitor", "monitor", "on_call_physician")
TOLD += ("medical_monitor", PARTICIPANT)
"""Everybody who learns of somebody's arm when the flagship tells it, or gives them an open-label dose."""
UNTOLD = tuple(one for one in BLIND if one not in TOLD)


def everybody(who: tuple[str, ...], few: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return engines and people to compare: everybody on files, some on a server, where a store's part differs."""
    return [*(("sqlite", one) for one in who), *(("postgresql18", one) for one in few)]


def same(pair: Pair, who: str, record, *, sends: bool = True) -> None:
    """Assert that somebody sees the same in both worlds, and count what was compared."""
    apart, seen = pair.compare(who, sends=sends)
    assert not apart, told(apart)
    record("pairs", len(seen.routes))
    record("answers", len(seen.answers))
