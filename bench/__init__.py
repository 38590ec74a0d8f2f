"""``cockpit.py bench``: speed and memory of this machine, measured and printed, never asserted."""
