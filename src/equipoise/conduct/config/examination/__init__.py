"""What `equipoise doctor` looks at: the machine, the ways out of it, the stores, and who works on the trial.

Holds findings only, each with what mends it: an error endangers data, blinding or people; a warning waits for
somebody's decision. Refuses to mend anything, and to stop at the first finding.
"""
