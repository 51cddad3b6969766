"""Power, numbers of participants and detectable effects by formula, one test per module.

Holds what can be said without simulation; imports nothing here. Two groups throughout: the arm and the
reference, in the ratio arm / reference. Numbers of participants are real numbers until somebody rounds them
up. *Power* is the probability of rejecting in the direction of the effect; rejecting in the other is counted
apart.
"""
