"""Assignments, in a store and under a key of their own; the only module that ever opens an arm.

The door: `services` draws lists, assigns places on them and releases one arm to one person; `reads` answers
what says nothing of arms; `verification` recomputes. Refuses names, answers and anything else of the clinical
side: it is told a participant's id and stratum, and gives back a kit number.
"""
