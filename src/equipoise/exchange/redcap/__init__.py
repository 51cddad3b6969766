"""REDCap data dictionaries as draft forms.

The door: `read` takes a dictionary's CSV and gives forms and what could not be carried over, row by row.
Refuses to know records, events and surveys: they are not in a dictionary.
"""

from equipoise.exchange.redcap.forms import Drafted, read

__all__ = ["Drafted", "read"]
