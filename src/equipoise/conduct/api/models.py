"""The table of the api app: answers kept for a day, for programs that do not know whether they were heard."""

from typing import ClassVar

from django.db import models

from equipoise.conduct.accounts.models import ApiToken


class Answer(models.Model):
    """What was answered to a request with an Idempotency-Key. The row is mutable, and deleted after a day.

    key     as the program named the request
    asked   HMAC of what was asked (method, address and body), and of the roles of whoever asked
    at      when, as instant
    status  of the answer; 0 while the request is under way
    body    the answer; "" where it must not be kept
    """

    token = models.ForeignKey(ApiToken, models.PROTECT)
    key = models.CharField(max_length=128)
    asked = models.CharField(max_length=64)
    at = models.CharField(max_length=27, db_index=True)
    status = models.IntegerField(default=0)
    body = models.TextField(blank=True, default="")

    class Meta:
        """Once a token and key."""

        db_table = "api_answer"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["token", "key"], name="api_answer_once")
        ]
