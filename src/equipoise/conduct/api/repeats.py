"""Asking again without acting twice: a request with an Idempotency-Key is answered once and kept for a day.

Holds claiming a key, and the answer kept under it. Refuses to guess: where nobody knows whether a request was
carried out, it says so and does nothing.
"""

import hmac
import re
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import IntegrityError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api.models import Answer
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.frame.refusals import refusal, told
from equipoise.conduct.stores.writing import writing

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
KEY = re.compile(r"[\x21-\x7e]{1,128}")
JSON = "application/json"
REPEATED = "Idempotent-Replayed"
HALF = 32
"""Letters of `Answer.asked` that stand for the request; the others stand for who asks."""


def once(request: ProgramRequest, act: Callable[[], HttpResponse], *, kept: bool) -> HttpResponse:
    """Do what was asked, or answer as before where it was asked before under the same key.

    kept   whether the answer may be kept; otherwise a repeated request is told that it was carried out
    """
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not KEY.fullmatch(key):
        return _refused(HTTPStatus.BAD_REQUEST, _("this is no key"), _("1 to 128 printable characters"))
    asked = _digest(request)
    claimed = _claim(request, key, asked)
    if claimed is None:
        return _again(request, key, asked)
    try:
        response = act()
    except BaseException:
        _release(claimed)
        raise
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _release(claimed)
    else:
        _keep(claimed, response, kept=kept)
    return response


def _digest(request: ProgramRequest) -> str:
    """Return what stands for a request, and behind it for what whoever asks may do and know.

    A body may hold a password, so that no plain digest of it is kept.
    """
    whole = b"\0".join([str(request.method).encode(), request.get_full_path().encode(), request.body])
    viewer = request.viewer
    held = sorted({*viewer.roles, *(f"{one.role}@{one.site}" for one in viewer.grants)})
    return _sealed(whole) + _sealed(" ".join(held).encode())


def _sealed(what: bytes) -> str:
    return hmac.digest(str(settings.SECRET_KEY).encode(), what, "sha256").hex()[:HALF]


def _claim(request: ProgramRequest, key: str, asked: str) -> Answer | None:
    """Write down that a key is used from now on; None when it was before."""
    row = Answer(token_id=request.shown.number, key=key, asked=asked, at=instant(request.at))
    try:
        with writing("trial") as alias:
            Answer.objects.using(alias).filter(at__lt=instant(request.at - KEPT)).delete()
            row.save(using=alias, force_insert=True)
    except IntegrityError:
        return None
    return row


def _again(request: ProgramRequest, key: str, asked: str) -> HttpResponse:
    row = Answer.objects.filter(token_id=request.shown.number, key=key).first()
    if row is not None and row.asked[:HALF] != asked[:HALF]:
        hint = _("a new request has a new key")
        return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, _("this key was used for something else"), hint)
    if row is None or row.status == 0:
        message = _("a request with this key is under way, or was cut off: nobody knows what came of it")
        return _refused(HTTPStatus.CONFLICT, message, _("look at what is stored before you ask again"))
    if not row.body and row.status != HTTPStatus.NO_CONTENT:
        hint = _("look at what is stored")
        return _refused(HTTPStatus.CONFLICT, _("this was carried out; its answer is not kept"), hint)
    if row.asked != asked:
        # What was answered then may be hidden from them now.
        hint = _("look at what is stored")
        return _refused(
            HTTPStatus.CONFLICT, _("this was carried out; what you may know has changed since"), hint
        )
    response = HttpResponse(row.body, status=row.status, content_type=JSON)
    response.headers[REPEATED] = "true"
    return response


def _keep(row: Answer, response: HttpResponse, *, kept: bool) -> None:
    is_text = kept and response.headers.get("Content-Type", "").startswith(JSON)
    row.status = response.status_code
    row.body = response.content.decode() if is_text else ""
    with writing("trial") as alias:
        row.save(using=alias, update_fields=["status", "body"])


def _release(row: Answer) -> None:
    """Let a request be asked again that nothing came of."""
    with writing("trial") as alias:
        Answer.objects.using(alias).filter(pk=row.pk).delete()


def _refused(status: HTTPStatus, message: str, hint: str) -> HttpResponse:
    return refusal(status, [told(message, hint=hint)])
