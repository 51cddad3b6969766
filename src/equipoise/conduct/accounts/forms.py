"""What is typed on the pages of one's own account, beyond what allauth checks.

Holds small forms. Refuses to keep anything: `services` and `sign_in` do.
"""

from base64 import b32encode
from typing import Any, cast

from allauth.account.forms import ChangePasswordForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import sign_in
from equipoise.conduct.accounts.request import StudyRequest
from equipoise.conduct.stores.entropy import token

PENDING = "second_factor_pending"
SECRET_BYTES = 20


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """A new password that really is a new one."""

    def clean(self) -> dict[str, Any]:
        """Refuse the password held so far."""
        cleaned: dict[str, Any] = super().clean()
        new = cleaned.get("password1")
        if new is not None and new == cleaned.get("oldpassword"):
            self.add_error("password1", ValidationError(_("This is the present password. Choose another.")))
        return cleaned


class _OnceOnly:
    """A code of an authenticator app counts once, whichever worker saw it first."""

    def clean_code(self) -> str:
        """Refuse a right code that was used before."""
        code: str = super().clean_code()  # type: ignore[misc]
        kind = self.authenticator.type  # type: ignore[attr-defined]
        at = cast(StudyRequest, context.request).at
        if kind == Authenticator.Type.TOTP and not sign_in.take_code(self.user, code, at=at):  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_OnceOnly, AuthenticateForm):  # type: ignore[misc]
    """The code after the password."""


class CodeAgainForm(_OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    """The code before a second factor changes."""


class SetUpCodeForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new second factor; until it is right, its secret waits sealed in the session."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        session = context.request.session
        # The parent keeps its own secret there in clear.
        session.pop("mfa.totp.secret", None)
        if not self.is_bound or PENDING not in session:
            secret = b32encode(token(SECRET_BYTES)).decode("ascii")
            session[PENDING] = get_adapter().encrypt(secret)
        self.secret = get_adapter().decrypt(session[PENDING])
