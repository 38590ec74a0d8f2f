"""The optional extra of distributed replays: installed by the command that needs it, and by no other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from launcher import commands
from launcher.environment import APPLICATION, DASK, TESTS
from launcher.settings import ROOT, load_settings


@pytest.mark.parametrize(
    ("variables", "command", "extra"),
    [
        ({}, "score", ()),
        ({"COCKPIT_DASK_SCHEDULER": ""}, "score", ()),
        ({"COCKPIT_DASK_SCHEDULER": "local"}, "score", (DASK,)),
        ({"COCKPIT_DASK_SCHEDULER": "local"}, "users", ()),
    ],
)
def test_dask__is_installed_for_a_replay_where_the_setting_asks_for_it(
    variables: dict[str, str], command: str, extra: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[Sequence[str]] = []

    def note(_root: Path, _venv: Path, sets: Sequence[str], _variables: object) -> Path:
        installed.append(sets)
        return Path("python")

    def started(*_arguments: Any) -> int:
        return 0

    monkeypatch.setattr(commands, "ensure_environment", note)
    monkeypatch.setattr(commands, "_become", started)
    monkeypatch.setattr(commands, "in_front", started)
    commands.application(load_settings(variables, Path("nowhere")), [command])
    assert installed == [(*APPLICATION, *extra)]


def test_dask__stays_out_of_what_everybody_installs() -> None:
    assert DASK not in {*APPLICATION, *TESTS}
    for name in ("api", "ui", "dev"):
        lines = (ROOT / f"requirements-{name}.txt").read_text("utf-8").splitlines()
        assert not [line for line in lines if re.match(r"(dask|distributed)==", line)]


def test_dask__agrees_with_the_versions_of_the_application() -> None:
    """Both files are installed into one environment."""

    def pinned(name: str) -> dict[str, str]:
        text = (ROOT / f"requirements-{name}.txt").read_text("utf-8")
        return dict(re.findall(r"^([\w.-]+)==([^ \\\n;]+)", text, re.M))

    dask = pinned(DASK)
    assert {"dask", "distributed"} <= set(dask)
    for name in ("api", "ui", "dev"):
        common = pinned(name)
        assert {package: dask[package] for package in dask.keys() & common} == {
            package: common[package] for package in dask.keys() & common
        }
