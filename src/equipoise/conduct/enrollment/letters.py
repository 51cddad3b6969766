"""What letters to applicants say, in the language they answered in.

Holds texts. Subjects mean nothing to a bystander, and no letter says what somebody answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.translation import gettext, gettext_noop, override


@dataclass(frozen=True, slots=True)
class Written:
    """A letter ready to be sent."""

    subject: str
    text: str


KINDS: Mapping[str, str] = MappingProxyType(
    {
        "received": gettext_noop("Application received"),
        "invited": gettext_noop("Invitation to a first visit"),
        "waiting": gettext_noop("On the waiting list"),
        "declined": gettext_noop("Decline"),
    }
)
"""Kind to its name on pages."""

_SUBJECT = gettext_noop("About your message to us")
_TEXTS: Mapping[str, str] = {
    "received": gettext_noop(
        "Dear %(name)s,\n\n"
        "We have received what you sent us. Its number is %(number)s. Many people write to us, so an answer "
        "can take some weeks. You will hear from us either way.\n\n"
        "You can change your mind at any time: tell us the number and we take your message back."
    ),
    "invited": gettext_noop(
        "Dear %(name)s,\n\n"
        "Thank you for your message, number %(number)s. We would like to talk with you. We will call or "
        "write in the next days to find a time. Before anything else happens we explain everything, and you "
        "decide in peace whether you want to go on."
    ),
    "waiting": gettext_noop(
        "Dear %(name)s,\n\n"
        "Thank you for your message, number %(number)s. At the moment all places are taken or being filled. "
        "We would like to keep you on our list and will write as soon as we know more. If you would rather "
        "not wait, tell us, and we delete what you sent."
    ),
    "declined": gettext_noop(
        "Dear %(name)s,\n\n"
        "Thank you for your message, number %(number)s, and for the trust it took to write it. We are sorry: "
        "we cannot offer you a place. Far more people wrote than there are places, and some rules are there "
        "to keep people safe. It says nothing about you, or about how much you need help.\n\n"
        "If things are hard, please speak with your doctor or with somebody you trust. You do not have to "
        "carry this alone."
    ),
}
_END = gettext_noop(
    "If you are not safe right now, please do not wait for us: call your emergency number, or go to the "
    "nearest emergency department.\n\nThe study team, %(site)s"
)


def write(kind: str, *, name: str, number: str, site: str, language: str) -> Written:
    """Return a letter.

    name, number   of the person and their application;  site  its name
    """
    with override(language):
        text = gettext(_TEXTS[kind]) % {"name": name, "number": number}
        return Written(gettext(_SUBJECT), f"{text}\n\n{gettext(_END) % {'site': site}}\n")
