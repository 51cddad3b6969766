"""What every test shares: how hard Hypothesis searches, and that it searches the same way on every run.

A failure that comes and goes teaches nothing, so a run draws the same examples each time. To look for new
ones: HYPOTHESIS_PROFILE=search make test.
"""

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("search", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
