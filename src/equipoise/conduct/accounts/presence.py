"""Whether the person at the keyboard is who is signed in: asked before a signature and what is like one.

Holds the question as pages ask it, with the fields `password` and `code` of what was sent, and as programs
are asked it. Refuses to decide what is signed.
"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import sign_in
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.request import ProgramRequest, StudyRequest
from equipoise.conduct.accounts.sign_in import Confirmation
from equipoise.source import UNREADABLE


def confirmed(request: StudyRequest, *, code_needed: bool = True) -> bool:
    """Whether who is signed in gave their own password and code on a page just now.

    code_needed   as `sign_in.confirm` has it
    """
    account = request.user
    given = request.POST
    return isinstance(account, Account) and (
        confirm(
            request,
            account,
            password=given.get("password", ""),
            code=given.get("code", ""),
            code_needed=code_needed,
        ).right
    )


def confirm(
    request: StudyRequest, account: Account, *, password: str, code: str, code_needed: bool = True
) -> Confirmation:
    """Return whether a request's sender is an account's owner, by password and code that came with it."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    return sign_in.confirm(
        account, password=password, code=code, address=address, at=request.at, code_needed=code_needed
    )


def owner(request: ProgramRequest) -> Account:
    """Return whose token a program showed."""
    return Account.objects.get(pk=request.shown.account)


def named(email: str) -> Account | None:
    """Return whose address this is; None where it is nobody's."""
    if UNREADABLE.search(email):
        return None
    return Account.objects.filter(email__iexact=email.strip()).first()


def to_second_factor(request: StudyRequest) -> HttpResponse | None:
    """Return the way to a second factor for somebody who has none and so cannot sign; None for others."""
    account = request.user
    if isinstance(account, Account) and sign_in.has_second_factor(account):
        return None
    messages.warning(request, _("A signature needs a second factor. Set it up to go on."), extra_tags="due")
    return redirect("mfa_activate_totp")
