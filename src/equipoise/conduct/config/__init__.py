"""How one installation is set up and started: settings, Django's configuration, addresses, start checks.

Holds no rule of the trial.
"""
