"""Which tables may change, and why: the one list. Every table that is not named here is append-only.

Holds names. `audit.tables` finds the append-only tables themselves; a test compares both with what exists.
"""

MUTABLE: dict[str, str] = {
    "account": "passwords and addresses change; each change leaves an event",
    "account_emailaddress": "the sign-in library's copy of an address",
    "account_emailconfirmation": "unused: addresses are not confirmed by mail",
    "mfa_authenticator": "second factors, their secrets sealed; each change leaves an event",
    "entry_current": "a cache of the latest entries; `verify` rebuilds and compares it",
    "personal_key": "keys of persons; deleting one is how a person is forgotten, and leaves an event",
    "sealing_key": "keys of sealed arms; replacing the store's key seals them anew, and leaves an event",
    "lookup": "the words persons are found by; those of forgotten persons are deleted",
    "api_answer": "answers to programs that may ask again, kept for a day; what was done stands elsewhere",
    "django_session": "who is signed in at the moment; ends by itself",
}
"""Tables the running system may change and empty, each with the reason."""

FIXED: dict[str, str] = {
    "django_migrations": "written when the tables are made",
    "django_content_type": "written when the tables are made",
    "auth_permission": "written when the tables are made; permission is decided elsewhere",
    "auth_group": "empty; permission is decided elsewhere",
    "auth_group_permissions": "empty; permission is decided elsewhere",
}
"""Tables the running system only reads, each with the reason."""
