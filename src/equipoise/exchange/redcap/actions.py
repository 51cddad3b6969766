"""REDCap's action tags: what each would do, and why nothing here does it.

Holds one table. What a tag says about whether a field is a question at all stands here too.
"""

from collections.abc import Mapping

from equipoise.exchange.redcap.wording import Action
from equipoise.exchange.remark import Grade

_FILLED = ("no answer is filled in before a person gives one", "ask it, or read it where it is known")
_LIMITED = ("answers are not limited in this way", "say it in `hint`, or write a check")
_DEVICE = ("nothing is read from a device or an account", "ask it; who wrote what and when is in the trail")
_ORDER = ("choices stand as they are listed", "order or shorten `codes`")

UNASKED = ("HIDDEN", "CALCTEXT", "CALCDATE")
"""Tags of fields that nobody answers."""

_KNOWN: Mapping[str, tuple[str, str]] = {
    "HIDDEN": (
        "nobody sees this field, so nobody can answer it",
        "write an item if somebody is to answer it",
    ),
    "CALCTEXT": ("it is computed, and nothing is stored that can be computed", "compute it in the analysis"),
    "CALCDATE": ("it is computed, and nothing is stored that can be computed", "compute it in the analysis"),
    "DEFAULT": _FILLED,
    "SETVALUE": _FILLED,
    "PREFILL": _FILLED,
    "IF": ("tags on a condition are not carried over", "write what is to hold as `show_if` or a check"),
    "READONLY": ("an item that nobody may answer is none", "take the item out if it was only shown"),
    "PLACEHOLDER": ("there is no text inside an empty answer", "put it into `hint`"),
    "FORCE-MINMAX": ("a number out of range asks a person to look; it is stored", "mind the range"),
    "USERNAME": _DEVICE,
    "LATITUDE": _DEVICE,
    "LONGITUDE": _DEVICE,
    "CHARLIMIT": _LIMITED,
    "WORDLIMIT": _LIMITED,
    "MAXCHOICE": _LIMITED,
    "MAXCHECKED": _LIMITED,
    "NONEOFTHEABOVE": _LIMITED,
    "HIDECHOICE": _ORDER,
    "SHOWCHOICE": _ORDER,
    "RANDOMORDER": _ORDER,
    "PASSWORDMASK": ("answers are shown to whoever may read them", "never ask for a password"),
    "NOMISSING": ("every item may say why there is no answer", ""),
}
_HIDDEN_WHERE = (
    "it is hidden on some pages only",
    "name who fills the form with `filled_by`, or hide the item with `hidden_from`",
)
_FILLING = ("TODAY", "NOW")


def meaning(action: Action) -> tuple[Grade, str, str]:
    """Return how much is lost without this tag, why it is not carried over, and what to do."""
    family = action.name.partition("-")[0]
    if action.name in UNASKED:
        return ("field", *_KNOWN[action.name])
    if action.name in _KNOWN:
        return ("part", *_KNOWN[action.name])
    if family == "HIDDEN":
        return ("part", *_HIDDEN_WHERE)
    if family in _FILLING:
        return ("part", *_FILLED)
    if family in _KNOWN:
        return ("part", *_KNOWN[family])
    return "part", "REDCap acts on this tag, and nothing here does", "look whether it matters"
