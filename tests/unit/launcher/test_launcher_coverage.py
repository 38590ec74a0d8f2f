"""Coverage of the whole test: what runs is counted, in test processes too, and the floor holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import checks, coverage
from launcher.settings import ROOT

NNBSP = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize("arguments", [[], ["--all"]])
def test_checks__whole_run__is_measured_and_coverage_speaks_last(arguments: list[str]) -> None:
    wanted = checks.checks("python", arguments)
    assert wanted[-2][1][:4] == ["python", "-m", "launcher.coverage", "run"]
    assert wanted[-1] == ("couverture", ["python", "-m", "launcher.coverage", "verdict"])


@pytest.mark.parametrize("arguments", [["--fast"], ["tests/unit"], ["--all", "-x"]])
def test_checks__part_of_the_tests__is_not_measured(arguments: list[str]) -> None:
    wanted = dict(checks.checks("python", arguments))
    assert wanted["pytest"][:3] == ["python", "-m", "pytest"]
    assert "couverture" not in wanted


def report(folder: Path, **lines: tuple[int, int]) -> Path:
    """Write a report of one file a source, with so many lines executed and missing."""
    files = {
        str(Path(source, "file.py")): {
            "executed_lines": list(range(executed)),
            "missing_lines": list(range(executed, executed + missing)),
        }
        for source, (executed, missing) in lines.items()
    }
    path = folder / "coverage.json"
    path.write_text(json.dumps({"files": files}), encoding="utf-8")
    return path


@pytest.mark.parametrize(("floor", "code"), [(79.9, 0), (80.0, 0), (80.1, 1)])
def test_verdict__the_floor_is_that_of_all_lines_together(
    floor: float, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = report(tmp_path, api=(600, 100), ui=(150, 50), launcher=(50, 50))
    assert coverage.verdict(written, floor, measured=True) == code
    words = capsys.readouterr().err
    assert f"api 85,7{NNBSP}%, ui 75,0{NNBSP}%, launcher 50,0{NNBSP}% ; en tout 80,0{NNBSP}%." in words
    assert ("plancher" in words) == bool(code)


def test_verdict__just_under_the_floor__does_not_read_as_the_floor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = report(tmp_path, api=(7999, 1), ui=(1, 1000), launcher=(0, 1000))
    assert coverage.verdict(written, 80.0, measured=True) == 1
    assert f"en tout 79,9{NNBSP}%." in capsys.readouterr().err


def test_verdict__no_report__fails_and_says_what_to_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert coverage.verdict(tmp_path / "coverage.json", 0.0, measured=True) == 1
    assert "corrigez d’abord son échec" in capsys.readouterr().err


def test_no_tool_for_this_system__the_verdict_passes_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert coverage.verdict(tmp_path / "coverage.json", 99.0, measured=False) == 0
    assert "Couverture non mesurée" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not coverage.measurable(), reason="SlipCover n’est pas publié pour ce système")
@pytest.mark.parametrize("processes", ["0", "2"])
def test_run__lines_that_ran_and_files_that_no_test_imports(processes: str, tmp_path: Path) -> None:
    product = tmp_path / "api"
    product.mkdir()
    (product / "__init__.py").touch()
    (product / "half.py").write_text(
        "def f(x):\n    if x:\n        return 1\n    return 2\n", encoding="utf-8"
    )
    (product / "never.py").write_text("a = 1\nb = 2\n", encoding="utf-8")
    for other in ("ui", "launcher"):
        (tmp_path / other).mkdir()
    test = "from api.half import f\n\ndef test_it():\n    assert f(0) == 2\n"
    (tmp_path / "test_half.py").write_text(test, encoding="utf-8")
    path = tmp_path / "coverage.json"
    options = ["-q", "-p", "no:cacheprovider", "-n", processes, "-W", "error"]
    script = (
        "from pathlib import Path\n"
        "from launcher import coverage\n"
        f"coverage.measure({options}, Path({str(path)!r}))\n"
    )
    # The tests of this run may be measured themselves.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**plain, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    files = json.loads(path.read_text(encoding="utf-8"))["files"]
    lines = {
        Path(name).as_posix(): (each["executed_lines"], each["missing_lines"]) for name, each in files.items()
    }
    assert lines["api/half.py"] == ([1, 2, 4], [3])
    assert lines["api/never.py"] == ([], [1, 2])


def test_plugin__reads_the_variables_that_the_launcher_sets() -> None:
    covered = pytest.importorskip(coverage.PLUGIN, exc_type=ImportError)
    assert (covered.FOLDER, covered.PLACES) == (coverage.FOLDER, coverage.PLACES)


def test_sources__are_the_folders_of_the_product() -> None:
    assert all((ROOT / source / "__init__.py").is_file() for source in coverage.SOURCES)
