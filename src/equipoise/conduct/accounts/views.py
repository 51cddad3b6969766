"""Pages of people: signing in and out, one's own account, and who works on the trial.

Holds views only. What allauth does well it does; its pages are ours.
"""

from typing import Any

from allauth.account import views as account_views
from allauth.mfa.base import views as mfa_views
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as totp_views
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from equipoise.conduct.accounts import sign_in
from equipoise.conduct.stores import clock

SECONDS_A_MINUTE = 60


class SignIn(account_views.LoginView):  # type: ignore[misc]
    """Signing in with address and password; the code follows where one is set up."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add how long somebody who failed too often must wait."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        form = context["form"]
        if form.is_bound and form.errors:
            address = str(self.request.META.get("REMOTE_ADDR", ""))
            left = sign_in.wait(str(form.data.get("login", "")), address=address, at=clock.now())
            minutes = -(-int(left.total_seconds()) // SECONDS_A_MINUTE)
            if minutes:
                text = ngettext(
                    "Too many attempts. Wait %(n)s minute, then try again.",
                    "Too many attempts. Wait %(n)s minutes, then try again.",
                    minutes,
                )
                context["wait"] = text % {"n": minutes}
            else:
                context["problem"] = _("Address and password do not go together. Nothing else is wrong.")
        return context


def closed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """Nobody signs up: the system administrator adds people."""
    raise Http404


account_sign_in = SignIn.as_view()
account_sign_out = account_views.logout
account_confirm = account_views.reauthenticate
account_password = account_views.password_change
code_enter = mfa_views.authenticate
code_confirm = mfa_views.reauthenticate
code_overview = mfa_views.index
code_set_up = totp_views.activate_totp
code_remove = totp_views.deactivate_totp
recovery_make = code_views.generate_recovery_codes
recovery_show = code_views.view_recovery_codes
