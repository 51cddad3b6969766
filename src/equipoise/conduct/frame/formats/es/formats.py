"""Numbers in Spanish: with a point before the decimals, as everywhere in the study.

The Academies of the Spanish language recommend the point (Ortografía, 2010), and both are read when typed
(`capture.entered`): a number of the study looks alike to everybody.
"""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = "\xa0"
NUMBER_GROUPING = 0
