"""The frame of every page: base template, style, scripts, and the parts pages are built of.

Holds looks and manners. Refuses to know what a page is about.
"""
