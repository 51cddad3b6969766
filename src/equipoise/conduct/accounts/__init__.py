"""People: who they are, which role they hold where and when, what they were trained in, how they sign in.

The door: `services` writes, `reads` answers, `permission` decides. Refuses to know forms and participants.
"""
