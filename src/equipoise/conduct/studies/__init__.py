"""The study: its protocol versions, self-contained for ever, and its sites.

The door: `services` writes, `reads` answers. Refuses to know participants.
"""
