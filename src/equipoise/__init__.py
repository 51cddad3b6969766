"""Equipoise: one protocol file runs a randomized trial from design to report.

Holds the version only. Import the part you need: `equipoise.protocol`, `equipoise.records`, ...
"""

__version__ = "0.1.0"
