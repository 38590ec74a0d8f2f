"""The lines that a test process runs: ``launcher.coverage`` has each of them load this as a plugin.

SlipCover counts, in its cheapest way. Left alone it lists all lines of each file in each process, and goes
through every function of the product whenever some lines have run often; the report lists the lines once, and
a line that is counted again costs less than to stop counting it.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import slipcover

FOLDER = "COVERED_FOLDER"
"""Variable: the folder that receives one file of each process."""
PLACES = "COVERED_PLACES"
"""Variable: the folders whose lines count."""
NEVER = 2**31 - 1
LISTED = {name: vars(slipcover.Slipcover)[name] for name in ("lines_from_code", "branches_from_code")}
_COUNTING: list[Any] = []


def pytest_load_initial_conftests() -> None:
    """Count from here on: no conftest has imported the product yet."""
    for name in LISTED:
        setattr(slipcover.Slipcover, name, staticmethod(lambda _code: iter(())))
    counting = slipcover.Slipcover(d_miss_threshold=NEVER)
    files = slipcover.FileMatcher(sources=os.environ[PLACES].split(os.pathsep))
    slipcover.wrap_spec_from_file_location(counting, files)  # as Alembic imports
    slipcover.ImportManager(counting, files).__enter__()
    _COUNTING.append(counting)


def pytest_collection() -> None:
    """Spare the runs of pytest that tests start: all processes of this run have loaded this plugin by now."""
    os.environ.pop("PYTEST_PLUGINS", None)


def pytest_unconfigure() -> None:
    """Write the lines that ran, by file; where the report is made, all lines are listed again."""
    for name, usual in LISTED.items():
        setattr(slipcover.Slipcover, name, usual)
    lines: dict[str, set[int]] = defaultdict(set)
    for counting in _COUNTING:
        for name, found in counting.newly_seen.items():
            lines[name] |= found
    written = {name: sorted(found) for name, found in lines.items()}
    Path(os.environ[FOLDER], f"{os.getpid()}.json").write_text(json.dumps(written), encoding="utf-8")
