"""The keys of persons and the index by which they are found: what is deleted when somebody is forgotten."""

from typing import ClassVar

from django.db import models


class PersonalKey(models.Model):
    """The key that one person's cells are sealed with, itself sealed under the store's key.

    Deleting it makes every cell of that person unreadable for good, while the rows and their chain stay.

    owner        an applicant's or participant's id
    sealed_key   base64
    """

    owner = models.CharField(max_length=96, primary_key=True)
    sealed_key = models.CharField(max_length=128)

    class Meta:
        """May be emptied: see `stores.tables`."""

        db_table = "personal_key"


class Lookup(models.Model):
    """A word by which a person can be found, as an HMAC: the index tells nobody who is in it.

    kind     "name", "email", "phone"
    digest   HMAC of the word; hexadecimal
    """

    kind = models.CharField(max_length=8)
    digest = models.CharField(max_length=64)
    owner = models.CharField(max_length=96)

    class Meta:
        """Found by word; forgotten by owner."""

        db_table = "lookup"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["owner"], name="lookup_owner")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "digest", "owner"], name="lookup_once")
        ]
