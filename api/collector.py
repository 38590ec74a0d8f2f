"""Python's garbage collector, tuned for long-lived processes."""

from __future__ import annotations

import gc

THRESHOLD = 50_000  # objects made between two collections of the youngest generation


def spare_the_collector() -> None:
    """Exclude the objects of the start from every collection, and collect less often.

    To be called once, when the process is ready. The framework's own objects are never garbage, and walking
    them again and again made one request in a hundred take twice as long.
    """
    gc.set_threshold(THRESHOLD, 20, 20)
    gc.collect()
    gc.freeze()
