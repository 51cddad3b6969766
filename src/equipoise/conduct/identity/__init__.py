"""Personal data, in a store and under a key of their own. Deleting it leaves the trial analyzable.

Holds the store's place; contacts and applicants come with screening. Refuses any clinical value.
"""
