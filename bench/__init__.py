"""``cockpit.py bench``: speed and memory, measured on this machine and printed, never asserted."""
