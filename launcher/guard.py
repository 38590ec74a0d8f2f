"""The process that ends the launcher's children when the launcher is killed (POSIX; Windows has job objects).

It leads the process group that every child joins at its start, and its standard input is a pipe that only the
launcher holds. End of file means that the launcher has ended, in whatever way: the whole group, grandchildren
included, is asked to stop, then killed. It runs as an isolated script on the standard library.
"""

from __future__ import annotations

import os
import signal
import sys
import time

GRACE_SECONDS = 5.0


def main() -> None:
    """Wait for the launcher's end, then end the group, this process included."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
