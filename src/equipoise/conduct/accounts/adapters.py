"""What allauth asks of us: who may sign up (nobody), what each step leaves behind, how secrets lie.

Holds the two adapters, the only place where allauth's doings reach our services.
"""

from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from equipoise.conduct.accounts import sign_in
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.request import StudyRequest
from equipoise.conduct.stores.entropy import token
from equipoise.errors import IntegrityError

NONCE_BYTES = 12
SECRET_CONTEXT = b"equipoise second factor 1"
FRESH = timedelta(minutes=5)
"""For so long after signing in nobody is asked for the password again."""


class StudyAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are added by the administrator; every sign-in leaves an event, whether it succeeds or not."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the signature is allauth's
        """Refuse: accounts are made by the system administrator."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address the connection came from; forwarded headers were dealt with before."""
        return str(request.META.get("REMOTE_ADDR", ""))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Account | None:
        """Return whose password this is; an account whose access has ended is as good as none."""
        account: Account | None = super().authenticate(request, **credentials)
        if account is not None and not account.is_active:
            self.authentication_failed(request, **credentials)
            return None
        return account

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Note the failure, so that the next attempt waits longer."""
        email = str(credentials.get("email", ""))
        sign_in.failed(email, address=self.get_client_ip(request), at=_at(request))

    def post_login(self, request: HttpRequest, user: Account, **kwargs: Any) -> HttpResponse:
        """Note the sign-in and begin the session's clock."""
        sign_in.succeeded(user, address=self.get_client_ip(request), at=_at(request))
        sign_in.begin(request.session, at=_at(request))
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the password again before a second factor changes, except right after signing in."""
        request = context.request
        if sign_in.began_within(request.session, FRESH, at=_at(request)):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        """Return where somebody goes after a new password."""
        return reverse("mfa_index")

    def is_ajax(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the signature is allauth's
        """Answer scripts with pages too: the library's own data would repeat the password typed."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: pages say what matters themselves."""


class StudyMfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: their secrets lie encrypted, so that a copy of the trial store signs nobody in."""

    def get_totp_issuer(self) -> str:
        """Return the name an authenticator app shows."""
        return "Equipoise"

    def encrypt(self, text: str) -> str:
        """Return a secret sealed under the installation's key."""
        return close(text, key=_key())

    def decrypt(self, encrypted_text: str) -> str:
        """Return a sealed secret; IntegrityError when it was altered or belongs to another installation."""
        return unclose(encrypted_text, key=_key())


def close(text: str, *, key: bytes) -> str:
    """Return a second factor's secret, sealed."""
    nonce = token(NONCE_BYTES)
    return b64encode(nonce + AESGCM(key).encrypt(nonce, text.encode(), SECRET_CONTEXT)).decode("ascii")


def unclose(sealed: str, *, key: bytes) -> str:
    """Return a sealed secret; IntegrityError when it was altered, or sealed under another key."""
    try:
        data = b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], SECRET_CONTEXT).decode()
    except (InvalidTag, ValueError) as error:
        raise IntegrityError("a second factor was altered, or sealed under another key") from error


def _key() -> bytes:
    return bytes.fromhex(str(settings.SECOND_FACTOR_KEY))


def _at(request: HttpRequest) -> datetime:
    return cast(StudyRequest, request).at
