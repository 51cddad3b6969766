"""The consent form of the simulated study, covering what its protocol says it must.

Holds the text. Nobody reads it to decide anything: the study is invented.
"""

from equipoise.protocol import Resolved

OPENING = """# Taking part in the study

## About this form
This is a simulated study: nobody takes part. A real one says here what participants need to know.

## What we ask of you
We ask you to come to {visits} visits, to answer questions and, on one day, to take a capsule.

## What you should know
"""
CLOSING = """
? When may you stop?
- Only when the study ends
+ Whenever I want
= You may stop at any time. You need not say why.

? Who knows which capsule you get?
- My facilitator
+ Nobody I meet, until I am told
= Neither you nor the people you meet know it before the day you are told.
"""


def text_for(resolved: Resolved) -> str:
    """Return a form with a paragraph for each element that the protocol's consent has."""
    protocol = resolved.protocol
    planned = [visit for visit in protocol.visits if visit.arms is None and visit.day is not None]
    said = "\n\n".join(f"[{one.id}] {one.text}." for one in protocol.consent)
    return f"{OPENING.format(visits=len(planned))}{said or 'We tell you everything.'}\n{CLOSING}"
