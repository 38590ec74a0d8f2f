"""``python -m bench COMMAND``: commands that measure or take screenshots; the services never import them."""

from __future__ import annotations

import sys

from api.cli import main
from bench import captures, command

if __name__ == "__main__":
    sys.exit(main(modules=(command, captures)))
