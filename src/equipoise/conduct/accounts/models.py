"""Tables of people. All but `Account` are append-only: the history of who could see what never changes."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from equipoise.conduct.audit.models import AuditedRow


class AccountManager(BaseUserManager["Account"]):
    """Find accounts; they are made by `services` only."""

    def get_by_natural_key(self, username: str | None) -> "Account":
        """Return the account with this address, whatever its case."""
        return self.get(email__iexact=username)


class Account(AbstractBaseUser):
    """How a person signs in. Changes (password, address) leave events; the row itself is mutable.

    person                 id of the person
    email                  address to sign in with
    is_active              False once access has ended
    must_change_password   the password was set by somebody else, for the first sign-in only
    language               in which they read; "" until they choose, as their browser asks then
    """

    person = models.CharField(max_length=32, unique=True)
    email = models.EmailField(max_length=254, unique=True)
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    language = models.CharField(max_length=16, blank=True, default="")

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        """Named as in the design."""

        db_table = "account"


class Person(AuditedRow):
    """Somebody who works on the trial. A correction of the name is a new row; the latest counts."""

    person = models.CharField(max_length=32)
    seq = models.IntegerField()
    name = models.CharField(max_length=200)

    class Meta:
        """One row a version."""

        db_table = "person"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "seq"], name="person_seq")
        ]


class AccountAddress(AuditedRow):
    """An address somebody signs in with, or did; the latest counts and stands in `Account` too."""

    person = models.CharField(max_length=32)
    seq = models.IntegerField()
    email = models.EmailField(max_length=254)

    erasable = ("email",)

    class Meta:
        """One row a version."""

        db_table = "account_address"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "seq"], name="account_address_seq")
        ]


class RoleGrant(AuditedRow):
    """A role given to a person at a site, from an instant on; ended by a `GrantEnd`, never changed.

    site         "" for every site (central raters, the sponsor's people)
    from_at, until_at   instants as fixed text; until_at empty where no end is planned
    """

    person = models.CharField(max_length=32, db_index=True)
    role = models.CharField(max_length=64)
    site = models.CharField(max_length=32, blank=True, default="")
    from_at = models.CharField(max_length=27)
    until_at = models.CharField(max_length=27, blank=True, default="")

    class Meta:
        """Named as in the design."""

        db_table = "role_grant"


class GrantEnd(AuditedRow):
    """The end of a grant."""

    grant = models.OneToOneField(RoleGrant, models.PROTECT)
    at = models.CharField(max_length=27)

    class Meta:
        """Named as in the design."""

        db_table = "grant_end"


class TrainingRecord(AuditedRow):
    """A training somebody completed.

    training       id in the protocol
    completed_on   ISO date; valid until the protocol's months have passed
    evidence       where the certificate lies
    """

    person = models.CharField(max_length=32, db_index=True)
    training = models.CharField(max_length=64)
    completed_on = models.CharField(max_length=10)
    evidence = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        """Named as in the design."""

        db_table = "training_record"


class Delegation(AuditedRow):
    """A task the investigator delegates to a person at a site, as the delegation log lists it.

    tasks   what may be done, in words
    from_on, until_on   ISO dates
    """

    person = models.CharField(max_length=32, db_index=True)
    site = models.CharField(max_length=32)
    tasks = models.TextField()
    from_on = models.CharField(max_length=10)
    until_on = models.CharField(max_length=10, blank=True, default="")

    class Meta:
        """Named as in the design."""

        db_table = "delegation"


class DelegationEnd(AuditedRow):
    """The end of a delegation before its planned end, or where none was planned."""

    delegation = models.OneToOneField(Delegation, models.PROTECT)
    on = models.CharField(max_length=10)

    class Meta:
        """Named as in the design."""

        db_table = "delegation_end"


class SignInAttempt(AuditedRow):
    """An attempt to sign in.

    key       HMAC of the address typed: people type passwords there by mistake
    address   where the connection came from
    """

    key = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    attempted_at = models.CharField(max_length=27)
    ok = models.BooleanField()

    class Meta:
        """Read by account and by address, the latest first."""

        db_table = "sign_in_attempt"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["key", "-id"], name="sign_in_key"),
            models.Index(fields=["address", "-id"], name="sign_in_address"),
        ]


class UsedCode(AuditedRow):
    """A code of a second factor that was used: the same is not taken again, by whichever worker it comes to.

    key   HMAC of person, code and hour
    """

    key = models.CharField(max_length=64, unique=True)

    class Meta:
        """Named as in the design."""

        db_table = "used_code"


class HandOver(AuditedRow):
    """A device handed to a participant: from then on its session shows their pages and nothing else.

    token         16 random bytes, hexadecimal
    person        whose session it is
    participant   whom it was handed to; "" before they have an id
    about         what for: "consent TOKEN", or "visit ID REPEAT"
    """

    token = models.CharField(max_length=32, unique=True)
    person = models.CharField(max_length=32)
    site = models.CharField(max_length=32)
    participant = models.CharField(max_length=96, blank=True, default="")
    about = models.CharField(max_length=100)
    handed_at = models.CharField(max_length=27)

    class Meta:
        """Named as in the design."""

        db_table = "hand_over"


class HandBack(AuditedRow):
    """The end of a hand-over: a member of staff signed for the device again."""

    hand_over = models.OneToOneField(HandOver, models.PROTECT)
    person = models.CharField(max_length=32)
    handed_at = models.CharField(max_length=27)

    class Meta:
        """Once a hand-over."""

        db_table = "hand_back"


class EntryLink(AuditedRow):
    """A link by which somebody enters a simulated study once; no other study has any.

    key          SHA-256 of its token in hexadecimal: the token itself is nowhere
    expires_at   instant from which it is worth nothing
    """

    key = models.CharField(max_length=64, unique=True)
    person = models.CharField(max_length=32)
    expires_at = models.CharField(max_length=27)

    class Meta:
        """Named as in the design."""

        db_table = "entry_link"


class EntryLinkUse(AuditedRow):
    """That a link was used: from then on it is worth nothing."""

    link = models.OneToOneField(EntryLink, models.PROTECT)
    address = models.CharField(max_length=45)

    class Meta:
        """Once a link."""

        db_table = "entry_link_use"


class ApiToken(AuditedRow):
    """What somebody's program shows in their place, instead of signing in.

    key          SHA-256 of the token in hexadecimal: the token itself is nowhere
    code         what pages and addresses call it
    role, site   to which it is narrowed; "" for all that the person holds
    expires_at   instant from which it is worth nothing
    """

    key = models.CharField(max_length=64, unique=True)
    code = models.CharField(max_length=13, unique=True)
    person = models.CharField(max_length=32, db_index=True)
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=64, blank=True, default="")
    site = models.CharField(max_length=32, blank=True, default="")
    expires_at = models.CharField(max_length=27)

    class Meta:
        """Named as in the design."""

        db_table = "api_token"


class ApiTokenEnd(AuditedRow):
    """That a token was revoked before it expired."""

    token = models.OneToOneField(ApiToken, models.PROTECT)
    at = models.CharField(max_length=27)

    class Meta:
        """Once a token."""

        db_table = "api_token_end"


class ApiTokenUse(AuditedRow):
    """That a token was used on a day, counted in UTC."""

    token = models.ForeignKey(ApiToken, models.PROTECT)
    used_on = models.CharField(max_length=10)

    class Meta:
        """Once a token and day."""

        db_table = "api_token_use"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["token", "used_on"], name="api_token_use_day")
        ]
