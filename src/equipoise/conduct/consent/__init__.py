"""Consent: its versions, who agreed to which of them when, and withdrawal by degree.

Holds rows, rules and reads. Refuses to hold names: who signed lies in the identity store.
"""
