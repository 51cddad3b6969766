"""The audit chain of each store: what was written, by whom, when, provably in this order and unchanged.

The door: `act` brackets a write and leaves its event; `verify` recomputes everything. Refuses to know what
the rows of other apps mean: it is handed rows that say how they are canonical.
"""
