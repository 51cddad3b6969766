"""What is typed on the pages of one's own account, beyond what allauth checks.

Holds two small forms. Refuses to keep anything: `services` and `sign_in` do.
"""

from base64 import b32encode
from typing import Any

from allauth.account.forms import ChangePasswordForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

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
