"""Coverage of the whole ``test``: its processes note the lines they run, then a check prints the share.

Only the test processes are measured: what runs in a server or a worker that they start counts as not run, and
so does ``ui/streamlit_app.py``, a script that Streamlit executes itself. The environment's Python runs this:
``python -m launcher.coverage run [options of pytest]``, then ``python -m launcher.coverage verdict``.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import os
import platform
import runpy
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

from launcher.console import say
from launcher.settings import ROOT

SOURCES = ("api", "ui", "launcher")
FLOOR = 95.0
"""Share of lines [%] under which the check fails: raised as the figure rises, never lowered for a change."""
REPORT = ROOT / "var" / "reports" / "coverage.json"
TOOL = "slipcover"
PLUGIN = "tests.support.covered"
"""What each test process loads; it reads the two variables below."""
FOLDER, PLACES = "COVERED_FOLDER", "COVERED_PLACES"


def run(arguments: Sequence[str]) -> None:
    """Run pytest in this process, which ends with its code, and write ``REPORT``."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.unlink(missing_ok=True)  # the verdict is never that of a former run
    if measurable():
        measure(arguments, REPORT)
    else:
        _pytest(arguments)


def measure(arguments: Sequence[str], report: Path) -> None:
    """Run pytest on the sources of the current folder; write the lines that ran and those that did not."""
    with TemporaryDirectory(prefix="cockpit-covered-") as folder:
        sources = [str(Path(source).resolve()) for source in SOURCES]
        os.environ |= {"PYTEST_PLUGINS": PLUGIN, FOLDER: folder, PLACES: os.pathsep.join(sources)}
        try:
            _pytest(arguments)
        finally:
            report.write_text(json.dumps(_lines(Path(folder))), encoding="utf-8")


def _pytest(arguments: Sequence[str]) -> None:
    sys.argv = ["pytest", *arguments]
    runpy.run_module("pytest", run_name="__main__", alter_sys=True)


def _lines(folder: Path) -> Mapping[str, Any]:
    """Join what the processes wrote; the lines of every file of the sources are listed here, once."""
    slipcover = importlib.import_module(TOOL)
    whole = slipcover.Slipcover(source=list(SOURCES))
    for written in folder.glob("*.json"):
        for name, lines in json.loads(written.read_text(encoding="utf-8")).items():
            whole.all_seen[str(Path(name).resolve())].update(lines)
    report: Mapping[str, Any] = whole.get_coverage()
    return report


def verdict(report: Path, floor: float, *, measured: bool) -> int:
    """Print the share of lines run, of each source and in all; return 1 where it is under ``floor`` [%]."""
    if not measured:
        say(
            f"Couverture non mesurée : {TOOL} n’est pas publié pour Python {platform.python_version()}"
            f" sur {platform.system()} {platform.machine()}."
        )
        return 0
    if not report.is_file():
        say(f"Couverture inconnue : pytest n’a pas écrit {report} ; corrigez d’abord son échec.")
        return 1
    files: Mapping[str, Any] = json.loads(report.read_text(encoding="utf-8"))["files"]
    by_source = {
        source: _share(lines for name, lines in files.items() if PurePath(name).parts[0] == source)
        for source in SOURCES
    }
    whole = _share(files.values())
    each = ", ".join(f"{source} {_percent(share)}" for source, share in by_source.items())
    say(f"Lignes parcourues par les essais : {each} ; en tout {_percent(whole)}.")
    if whole < floor:
        say(f"C’est moins que le plancher de {_percent(floor)} : ajoutez les essais qui manquent.")
        return 1
    return 0


def _share(files: Iterable[Mapping[str, Any]]) -> float:
    """Return the share of lines that ran [%]."""
    counts = [(len(each["executed_lines"]), len(each["missing_lines"])) for each in files]
    executed, missing = (sum(column) for column in zip(*counts, strict=True))
    return float(100 * executed / (executed + missing))


def _percent(share: float) -> str:
    # Rounded down: a share under the floor never reads as the floor.
    return f"{math.floor(share * 10) / 10:.1f}\N{NARROW NO-BREAK SPACE}%".replace(".", ",")


def measurable() -> bool:
    """Tell whether the lines can be counted on this system."""
    return importlib.util.find_spec(TOOL) is not None


if __name__ == "__main__":
    if sys.argv[1] == "run":
        run(sys.argv[2:])
    else:
        raise SystemExit(verdict(REPORT, FLOOR, measured=measurable()))
