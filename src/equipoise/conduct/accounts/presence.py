"""Whether the person at the keyboard is who is signed in: asked before a signature and what is like one.

Holds the question as pages ask it, with the fields `password` and `code` of what was sent. Refuses to decide
what is signed.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import sign_in
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.request import ProgramRequest, StudyRequest


def confirmed(request: StudyRequest, *, code_needed: bool = True) -> bool:
    """Whether who is signed in gave their own password and code just now.

    code_needed   as `sign_in.confirm` has it
    """
    account = request.user
    return isinstance(account, Account) and sign_in.confirm(
        account,
        password=request.POST.get("password", ""),
        code=request.POST.get("code", ""),
        address=str(request.META.get("REMOTE_ADDR", "")),
        at=request.at,
        code_needed=code_needed,
    )


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What came of asking a program's owner.

    wait    how long they must wait after too many attempts; zero when they need not
    able    whether they have a second factor, without which nobody confirms anything
    right   whether password and code were theirs
    """

    wait: timedelta
    able: bool
    right: bool


def of_program(request: ProgramRequest, *, password: str, code: str) -> Confirmation:
    """Return whether the owner of a program's token gave their password and code with what it sent."""
    account = Account.objects.get(pk=request.shown.account)
    address = str(request.META.get("REMOTE_ADDR", ""))
    left = sign_in.wait(account.email, address=address, at=request.at)
    able = sign_in.has_second_factor(account)
    right = (
        able
        and not left
        and sign_in.confirm(account, password=password, code=code, address=address, at=request.at)
    )
    return Confirmation(left, able, right)


def somebody(request: ProgramRequest, *, email: str, password: str, code: str) -> Account | None:
    """Return who signs in with an address, where password and code are theirs; None otherwise."""
    account = Account.objects.filter(email__iexact=email.strip()).first()
    address = str(request.META.get("REMOTE_ADDR", ""))
    if account is None or sign_in.wait(account.email, address=address, at=request.at):
        return None
    right = sign_in.confirm(account, password=password, code=code, address=address, at=request.at)
    return account if right else None


def to_second_factor(request: StudyRequest) -> HttpResponse | None:
    """Return the way to a second factor for somebody who has none and so cannot sign; None for others."""
    account = request.user
    if isinstance(account, Account) and sign_in.has_second_factor(account):
        return None
    messages.warning(request, _("A signature needs a second factor. Set it up to go on."), extra_tags="due")
    return redirect("mfa_activate_totp")
