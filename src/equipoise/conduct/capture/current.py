"""Whether the cache of the latest answers is what the entries say: one of the things `verify` asks.

Holds one comparison. Refuses to mend: the entries count, and a cache that differs has a cause to be found.
"""

from equipoise.conduct.audit import chains
from equipoise.errors import Problem

HINT = "the entries count; find out what wrote the cache"

_WRONG = """
SELECT c.form_id, c.item, c.row FROM entry_current c LEFT JOIN entry e ON e.id = c.entry_id
WHERE e.id IS NULL OR e.form_id <> c.form_id OR e.item <> c.item OR e.row <> c.row
   OR EXISTS (SELECT 1 FROM entry n
              WHERE n.form_id = c.form_id AND n.item = c.item AND n.row = c.row AND n.seq > e.seq)
LIMIT 100
"""
_ABSENT = """
SELECT e.form_id, e.item, e.row FROM entry e
LEFT JOIN entry_current c ON c.form_id = e.form_id AND c.item = e.item AND c.row = e.row
WHERE c.id IS NULL GROUP BY e.form_id, e.item, e.row LIMIT 100
"""
# No cached answer is newer than the latest, so equal counts and equal sums of versions mean equal answers.
_ENTRIES = """
SELECT count(*), coalesce(sum(latest), 0)
FROM (SELECT max(seq) AS latest FROM entry GROUP BY form_id, item, row) answers
"""
_CACHED = """
SELECT count(*), coalesce(sum(e.seq), 0) FROM entry_current c
JOIN entry e ON e.id = c.entry_id AND e.form_id = c.form_id AND e.item = c.item AND e.row = c.row
"""
_CACHE = "SELECT count(*) FROM entry_current"


def problems() -> list[Problem]:
    """Return the answers, at most a hundred of each kind, that the cache shows wrongly or not at all."""
    # One snapshot, so that a save between two questions is no finding.
    with chains.source("trial").open() as reader:
        answers = reader.one(_ENTRIES)
        if answers == reader.one(_CACHED) and answers[:1] == reader.one(_CACHE):
            return []
        wrong = [("shows another answer than the latest", place) for place in reader.rows(_WRONG)]
        absent = [("shows no answer", place) for place in reader.rows(_ABSENT)]
    return [
        Problem(f"the cache {what} of form {form}, item {item}, row {row}", HINT, "trial: entry_current")
        for what, (form, item, row) in [*wrong, *absent]
    ]
