"""From an application to a kit number: screening, consent, eligibility, randomization, as people meet them.

Refuses arms: what is given to whom only `allocator` knows.
"""
