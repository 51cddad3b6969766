"""Pages of one's own account: signing in and out, password, second factor, recovery codes.

Holds views only. What allauth does well it does; its pages are ours, and each change leaves its event in the
transaction that makes it.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

from allauth.account import views as account_views
from allauth.account.internal import flows
from allauth.mfa.base import views as mfa_views
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as totp_views
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from equipoise.conduct.accounts import entry_links, language, presence, reads, services, sign_in
from equipoise.conduct.accounts.forms import (
    PENDING,
    CodeAgainForm,
    CodeForm,
    NewPasswordForm,
    SetUpCodeForm,
)
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.accounts.request import StudyRequest
from equipoise.conduct.accounts.routes import action_of
from equipoise.conduct.frame.sentences import said
from equipoise.errors import RecordError

SECONDS_A_MINUTE = 60
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LEFT_BEHIND = '"cache", "storage"'
"""What the browser forgets at sign-out, also where the page's script did not run."""


class SignIn(account_views.LoginView):  # type: ignore[misc]
    """Signing in with address and password; the code follows where one is set up."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what went wrong, or how long somebody who failed too often must wait."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        form = context["form"]
        if form.is_bound and form.errors:
            left = _wait(self.request, str(form.data.get("login", "")))
            if left:
                context["wait"] = _say_wait(left)
            else:
                context["problem"] = _("Address and password do not go together. Check both and try again.")
        return context


class EnterCode(mfa_views.AuthenticateView):  # type: ignore[misc]
    """The code after the password. A wrong one counts as a failed attempt, and waits are kept."""

    form_class = CodeForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Look at the code only when no wait lasts: looking uses a recovery code up."""
        if _wait(request, self.stage.login.user.email):
            return self.form_invalid(self.form)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """Note a recovery code that was used up."""
        if form.authenticator.type == Authenticator.Type.RECOVERY_CODES:
            with services.changing(self.stage.login.user, "account.recovery_code_used", at=_at(self.request)):
                pass
        response: HttpResponse = super().form_valid(form)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Note the failure."""
        _failed(self.request, self.stage.login.user)
        response: HttpResponse = super().form_invalid(form)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add how long to wait."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        left = _wait(self.request, self.stage.login.user.email)
        if left:
            context["wait"] = _say_wait(left)
        return context


class Patient:
    """A page of somebody signed in on which a secret is entered: after too many wrong ones it waits too."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Look at what was entered only when no wait lasts."""
        left = _wait(request, _account(request).email)
        if left:
            messages.warning(request, _say_wait(left), extra_tags="due")
            return redirect(request.get_full_path())
        response: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        return response


class ConfirmCode(Patient, mfa_views.ReauthenticateView):  # type: ignore[misc]
    """The code in place of the password, before a second factor changes."""

    form_class = CodeAgainForm

    def form_invalid(self, form: Any) -> HttpResponse:
        """Note the failure."""
        _failed(self.request, _account(self.request))
        response: HttpResponse = super().form_invalid(form)
        return response


class NewPassword(Patient, account_views.PasswordChangeView):  # type: ignore[misc]
    """One's own password; after one that somebody else set, the first thing to do."""

    form_class = NewPasswordForm

    def form_invalid(self, form: Any) -> HttpResponse:
        """Count a wrong present password as a failure: whoever finds an open session must not guess on."""
        if "oldpassword" in form.errors:
            _failed(self.request, _account(self.request))
        response: HttpResponse = super().form_invalid(form)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """Change it, end every other session, and go on."""
        account = _account(self.request)
        first, account.must_change_password = account.must_change_password, False
        with services.changing(account, "account.password_changed", at=_at(self.request)):
            form.save()
        flows.password_change.finalize_password_change(self.request, account)
        messages.success(self.request, _("The password was changed. Other sessions of yours have ended."))
        # Whoever chose their first password goes on to their work, or to what stands before it.
        return redirect("/" if first else self.get_default_success_url())


class SetUpCode(totp_views.ActivateTOTPView):  # type: ignore[misc]
    """Setting up a second factor."""

    form_class = SetUpCodeForm

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the secret, sealed, and note it."""
        with services.changing(_account(self.request), "account.second_factor_set_up", at=_at(self.request)):
            response: HttpResponse = super().form_valid(form)
        self.request.session.pop(PENDING, None)
        return response


class RemoveCode(totp_views.DeactivateTOTPView):  # type: ignore[misc]
    """Removing one's second factor, for instance to set up another phone."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove it and note it."""
        account, at = _account(self.request), _at(self.request)
        with services.changing(account, "account.second_factor_removed", at=at):
            response: HttpResponse = super().form_valid(form)
        messages.success(self.request, _("The second factor was removed."))
        return response


class MakeRecoveryCodes(code_views.GenerateRecoveryCodesView):  # type: ignore[misc]
    """New recovery codes in place of the old ones."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Make them and note it."""
        with services.changing(_account(self.request), "account.recovery_codes_made", at=_at(self.request)):
            response: HttpResponse = super().form_valid(form)
        return response


class SignOut(account_views.LogoutView):  # type: ignore[misc]
    """Signing out."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session and note it; signing out twice does no harm."""
        if self.request.user.is_authenticated:
            sign_in.ended(_account(self.request), at=_at(self.request))
        response: HttpResponse = super().post(*args, **kwargs)
        response.headers["Clear-Site-Data"] = LEFT_BEHIND
        return response


def account_address(request: HttpRequest) -> HttpResponse:
    """Change the address one signs in with, after confirming who one is."""
    account = _account(request)
    context = {"second_factor": sign_in.has_second_factor(account), "email": request.POST.get("email", "")}
    if request.method == "POST":
        problems = _change_address(request, account)
        if not problems:
            messages.success(request, _("From now on you sign in with this address."), extra_tags="done")
            return redirect("mfa_index")
        context["problems"] = problems
    status = HTTPStatus.UNPROCESSABLE_ENTITY if "problems" in context else HTTPStatus.OK
    return render(request, "account/address.html", context, status=status)


def _change_address(request: HttpRequest, account: Account) -> list[str]:
    """Change one's own address, and return what was wrong."""
    given, at = request.POST, _at(request)
    left = _wait(request, account.email)
    if left:
        return [_say_wait(left)]
    if not presence.confirmed(cast(StudyRequest, request), code_needed=False):
        return [_("Password and code do not go together, or the code was used already.")]
    try:
        services.change_address(person=account.person, email=given.get("email", ""), at=at, by=account.person)
    except RecordError as error:
        return [f"{capfirst(said(one.message))}." for one in error.problems]
    return []


def enter(request: HttpRequest, secret: str) -> HttpResponse:
    """Enter a simulated study by a one-time link: the page says so, its button does it."""
    at = _at(request)
    found = entry_links.find(request, secret, at=at)
    if found is None:
        raise Http404
    if request.method != "POST":
        viewer = reads.viewer(found, at=at)
        names = [_(ROLES[role]) for role in sorted(viewer.roles)] if viewer else []
        return render(request, "account/enter.html", {"name": viewer.name if viewer else "", "roles": names})
    account = entry_links.use(request, secret, at=at)
    if account is None:
        raise Http404
    login(request, account, backend=BACKEND)
    sign_in.succeeded(account, address=str(request.META["REMOTE_ADDR"]), at=at)
    sign_in.begin(request.session, at=at)
    entry_links.mark(request.session)
    return redirect("/")


def language_choose(request: HttpRequest) -> HttpResponse:
    """Remember in which language somebody reads, and go back to the page they were on."""
    response = redirect(_page_before(request))
    chosen = language.known(request.POST.get("language", ""))
    if chosen:
        language.choose(cast(StudyRequest, request), response, chosen)
    return response


def _page_before(request: HttpRequest) -> str:
    """Return the page somebody was on; the first where the browser does not say, or that page shows nothing.

    No page names its own address for this: pages of unknown ids stay alike to the byte.
    """
    before = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(before, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(before)
    try:
        view = resolve(parts.path).func
    except Resolver404:
        return "/"
    there = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return there if action_of(view, "GET") else "/"


def closed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """Nobody signs up: the system administrator adds people."""
    raise Http404


def _account(request: HttpRequest) -> Account:
    return cast(Account, request.user)


def _at(request: HttpRequest) -> datetime:
    return cast(StudyRequest, request).at


def _wait(request: HttpRequest, email: str) -> timedelta:
    return sign_in.wait(email, address=str(request.META.get("REMOTE_ADDR", "")), at=_at(request))


def _failed(request: HttpRequest, account: Account) -> None:
    sign_in.failed(account.email, address=str(request.META.get("REMOTE_ADDR", "")), at=_at(request))


def _say_wait(left: timedelta) -> str:
    minutes = -(-int(left.total_seconds()) // SECONDS_A_MINUTE) or 1
    text = ngettext(
        "Too many attempts. Wait %(n)s minute, then try again.",
        "Too many attempts. Wait %(n)s minutes, then try again.",
        minutes,
    )
    return text % {"n": minutes}


account_sign_in = SignIn.as_view()
account_sign_out = SignOut.as_view()
account_confirm = account_views.reauthenticate
account_password = NewPassword.as_view()
code_enter = EnterCode.as_view()
code_confirm = ConfirmCode.as_view()
code_overview = mfa_views.index
code_set_up = SetUpCode.as_view()
code_remove = RemoveCode.as_view()
recovery_make = MakeRecoveryCodes.as_view()
recovery_show = code_views.view_recovery_codes
