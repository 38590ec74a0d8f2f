"""The commands that only measure or photograph: ``python -m bench COMMAND``; nothing served imports them."""

from __future__ import annotations

import sys

from api.cli import main
from bench import captures, command

if __name__ == "__main__":
    sys.exit(main(modules=(command, captures)))
