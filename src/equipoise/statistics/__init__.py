"""Statistical methods: arrays or counts in, frozen results in the outcome's unit out.

Holds one method per module, the packages `mmrm` and `imputation`, and the result they share (`estimate`).
Knows nothing of trials, visits or files, and imports nothing here, so that asking for one method does not
load the others.
"""
