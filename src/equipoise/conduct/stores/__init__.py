"""Three stores, three keys: which rows live where, and how a write to one of them is bracketed.

Holds names, routing, locks, keys, sealing and triggers. Refuses to know what the rows mean.
"""
