"""What pages ask about participants, visits, forms, queries and alerts, answered with frozen values.

Each read makes a constant number of statements whatever the amount of data shown, and leaves out what the
viewer may not know of. A read of one thing returns None when there is none that the viewer may know: the page
is a 404.
"""

from equipoise.conduct.capture.reads.finding import find
from equipoise.conduct.capture.reads.form_page import form_page, item_history
from equipoise.conduct.capture.reads.letters import letters
from equipoise.conduct.capture.reads.people import home, participants
from equipoise.conduct.capture.reads.threads import alerts, queries, query
from equipoise.conduct.capture.reads.timeline import timeline

__all__ = [
    "alerts",
    "find",
    "form_page",
    "home",
    "item_history",
    "letters",
    "participants",
    "queries",
    "query",
    "timeline",
]
