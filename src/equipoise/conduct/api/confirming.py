"""Whether the person behind a program is who its token is of: asked before a signature and what is like one.

Holds the question as operations ask it. Refuses to decide what is signed.
"""

import math
from http import HTTPStatus
from typing import Annotated

from django.utils.translation import gettext as _
from pydantic import Field

from equipoise.conduct.accounts import presence
from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api.operation import Refused
from equipoise.conduct.api.shapes import Sent
from equipoise.conduct.frame.refusals import told

Password = Annotated[str, Field(max_length=256)]
Code = Annotated[str, Field(max_length=32)]


class ConfirmationSent(Sent):
    """Password and code of the signer's second factor, as a page asks for them; "" for who has none."""

    password: Password
    code: Code


def require(request: ProgramRequest, sent: ConfirmationSent, *, code_needed: bool = True) -> None:
    """Raise Refused unless the token's owner gave their own password and code just now.

    code_needed   as `sign_in.confirm` has it
    """
    found = presence.confirm(
        request,
        presence.owner(request),
        password=sent.password,
        code=sent.code,
        code_needed=code_needed,
    )
    if found.wait:
        problem = told(_("too many attempts"), hint=_("wait, then try again"))
        seconds = math.ceil(found.wait.total_seconds())
        raise Refused(HTTPStatus.TOO_MANY_REQUESTS, [problem], retry_s=seconds)
    if not found.able:
        problem = told(_("a signature needs a second factor"), hint=_("set it up with a browser"))
        raise Refused(HTTPStatus.FORBIDDEN, [problem])
    if not found.right:
        message = _("password and code do not go together, or the code was used already")
        problem = told(message, hint=_("check both"), where="password")
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, [problem])
