"""A real worker in its own process, to be killed, with its clock fixed by an argument."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from api.settings import Environment
from api.worker import run
from tests.support.client import settings_in
from tests.support.park.park_tools import clocked

if __name__ == "__main__":
    home, now = sys.argv[1:]
    settings = settings_in(Path(home)).model_copy(
        update={"env": Environment.PREPROD, "clock": datetime.fromisoformat(now)}
    )
    core = clocked(settings, None)
    core.models.current()
    print("prêt", flush=True)
    run(core.job_service())
