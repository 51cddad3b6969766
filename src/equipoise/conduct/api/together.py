"""What more than one store has a part in, as programs are told of it when one is away.

Holds one wrapper. Refuses to try again: whoever asks does, and nothing is done twice.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from django.db import Error

from equipoise.conduct.api.operation import Refused
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.frame import refusals
from equipoise.conduct.unblinding import together
from equipoise.errors import IntegrityError

T = TypeVar("T")
RETRY_S = 5


def across(act: Callable[[], T]) -> T:
    """Do what reaches across stores.

    Raises  Refused with 503 when a store does not answer, or the stores do not belong together
    """
    try:
        return act()
    except (randomizing.StoreAwayError, together.StoreAwayError) as error:
        problems = [refusals.of(one) for one in error.problems]
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, problems, retry_s=RETRY_S) from error
    except IntegrityError as error:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, map(refusals.of, error.problems)) from error
    except Error as error:
        problems = [refusals.of(randomizing.AWAY)]
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, problems, retry_s=RETRY_S) from error
