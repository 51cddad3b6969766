"""Group-sequential designs: boundaries, what happens under them, and inference when they were used.

Holds one concept per module and imports nothing here. Everything is on the scale of the standardized
statistic; information is a fraction of the most that is planned, so that a *drift* is the mean of the
statistic at the last look. Knows nothing of trials, visits or files.
"""
