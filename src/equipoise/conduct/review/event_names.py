"""What each kind of event of the audit trail is called on pages.

Holds names only. The code of a kind stays what the chain holds and what its hash covers.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, str | Promise] = {
    "account.address_changed": _("Address changed"),
    "account.closed": _("Account closed"),
    "account.code_used": _("Code used"),
    "account.password_changed": _("Password changed"),
    "account.password_set": _("First password set"),
    "account.recovery_code_used": _("Recovery code used"),
    "account.recovery_codes_made": _("Recovery codes made"),
    "account.second_factor_removed": _("Second factor removed"),
    "account.second_factor_set_up": _("Second factor set up"),
    "account.sign_in_failed": _("Sign-in failed"),
    "account.signed_in": _("Signed in"),
    "account.signed_out": _("Signed out"),
    "alert.closed": _("Alert closed"),
    "alert.mail_failed": _("Alert not mailed"),
    "alert.mailed": _("Alert mailed"),
    "alert.raised": _("Alert raised"),
    "alert.seen": _("Alert seen"),
    "anchor.planned": _("Day planned"),
    "audit.erased": _("Entry erased"),
    "data.exported": _("Data exported"),
    "form.completed": _("Form completed"),
    "form.locked": _("Form locked"),
    "form.opened": _("Form begun"),
    "form.saved": _("Answers saved"),
    "form.signed": _("Form signed"),
    "form.unlocked": _("Form unlocked"),
    "form.verified": _("Form verified"),
    "participant.enrolled": _("Participant entered"),
    "participant.locked": _("Participant locked"),
    "participant.unlocked": _("Participant unlocked"),
    "people.added": _("Person added"),
    "people.delegated": _("Task delegated"),
    "people.delegation_ended": _("Delegation ended"),
    "people.grant_ended": _("Role ended"),
    "people.granted": _("Role given"),
    "people.name_corrected": _("Name corrected"),
    "people.trained": _("Training recorded"),
    "query.answered": _("Query answered"),
    "query.closed": _("Query closed"),
    "query.opened": _("Query opened"),
    "store.restored": _("Backup restored"),
    "study.locked": _("Study locked"),
    "study.set_up": _("Study set up"),
    "study.site_added": _("Site added"),
    "study.site_corrected": _("Site corrected"),
    "study.unlocked": _("Study unlocked"),
    "study.version_added": _("Protocol version added"),
    "study.version_adopted": _("Protocol version adopted"),
    "visit.begun": _("Visit begun"),
    "visit.declined": _("Visit declined"),
    "visit.held": _("Visit held"),
    "visit.missed": _("Visit missed"),
}
"""Event.action to its name; an action without one is shown as it is."""


def name(action: str) -> str:
    """Return what an event is called."""
    return str(NAMES.get(action, action))
