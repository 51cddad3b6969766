"""Figures as SVG text: one figure a module, pure functions, drawn twice (for a wide page and for a phone).

Holds no data and no color values: style comes from the page's classes and custom properties, so that dark
mode and print work.
"""
