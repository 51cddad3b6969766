"""What allauth asks of us: who may sign up (nobody), what each step leaves behind, how secrets lie.

Holds the two adapters, the only place where allauth's doings reach our services.
"""

from base64 import b64decode, b64encode
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from equipoise.conduct.accounts import sign_in
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.stores import clock
from equipoise.conduct.stores.entropy import token
from equipoise.errors import IntegrityError

NONCE_BYTES = 12
SECRET_CONTEXT = b"equipoise second factor 1"


class StudyAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are added by the administrator; every sign-in leaves an event, whether it succeeds or not."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the signature is allauth's
        """Refuse: accounts are made by the system administrator."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address the connection came from; forwarded headers were dealt with before."""
        return str(request.META.get("REMOTE_ADDR", ""))

    def post_login(self, request: HttpRequest, user: Account, **kwargs: Any) -> HttpResponse:
        """Note the sign-in and begin the session's clock."""
        at = clock.now()
        sign_in.succeeded(user, address=self.get_client_ip(request), at=at)
        sign_in.begin(request.session, at=at)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Note the failure, so that the next attempt waits longer."""
        email = str(credentials.get("email", ""))
        sign_in.failed(email, address=self.get_client_ip(request), at=clock.now())

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: pages say what matters themselves."""


class StudyMfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: their secrets lie encrypted, so that a copy of the trial store signs nobody in."""

    def get_totp_issuer(self) -> str:
        """Return the name an authenticator app shows."""
        return "Equipoise"

    def encrypt(self, text: str) -> str:
        """Return a secret sealed under the installation's key."""
        nonce = token(NONCE_BYTES)
        sealed = AESGCM(_key()).encrypt(nonce, text.encode(), SECRET_CONTEXT)
        return b64encode(nonce + sealed).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Return a sealed secret; IntegrityError when it was altered or belongs to another installation."""
        sealed = b64decode(encrypted_text)
        try:
            return AESGCM(_key()).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], SECRET_CONTEXT).decode()
        except InvalidTag as error:
            raise IntegrityError("a second factor was altered, or sealed under another key") from error


def _key() -> bytes:
    return bytes.fromhex(str(settings.SECOND_FACTOR_KEY))
