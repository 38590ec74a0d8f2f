"""The launcher: one command from a bare checkout to the running cockpit.

Needs Python 3.11 to 3.14 and nothing else; everything it does lives in ``launcher/``, standard library only.
This file stays readable by much older interpreters, so that they end on a sentence and not on a SyntaxError.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 14):
    sys.stderr.write(
        "Python %d.%d ne convient pas : il faut Python 3.11, 3.12, 3.13 ou 3.14 "  # noqa: UP031 - same
        "(https://www.python.org/downloads/), puis par exemple : python3.12 cockpit.py run\n"
        % sys.version_info[:2]
    )
    sys.exit(2)

from launcher.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
