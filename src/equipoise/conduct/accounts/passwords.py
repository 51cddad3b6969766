"""What a new password is refused for, where Django's own words do not fit.

Holds messages. What is judged is Django's.
"""

from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.utils.translation import gettext as _


class UnlikeTheAddress(UserAttributeSimilarityValidator):
    """Refuses a password that is much like the address to sign in with.

    Django puts the name of its field into the sentence, which no language declines.
    """

    def get_error_message(self) -> str:
        """Return what is wrong and what to do."""
        return _("This password is too much like the address. Choose another.")
