"""The process that ends the launcher's children when the launcher is killed (POSIX; Windows has job objects).

It leads the process group that every child joins at birth, and its standard input is a pipe that only the
launcher holds. End of file means that the launcher is gone, however it went: the whole group, grandchildren
included, is asked to stop, then killed. Run as a script, isolated, on the standard library.
"""

from __future__ import annotations

import os
import signal
import sys
import time

GRACE_SECONDS = 5.0


def main() -> None:
    """Wait for the launcher's end, then end the group, this process with it."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
