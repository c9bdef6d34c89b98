"""`python -m tests.e2e.patient serve`: the product's command line, more patient with its brain.

A brain that doesn't answer for five seconds is down; on a machine that stands still for so long,
as one that others use does, it only seems to be. For tests in which every question is answered.
"""

from omotenashi.commands import main
from support.brain import RasaBrain

if __name__ == "__main__":
    given = RasaBrain.__init__.__kwdefaults__
    assert given is not None
    given["timeout"] = 30.0
    main()
