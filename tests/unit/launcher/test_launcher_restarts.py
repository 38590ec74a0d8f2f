"""A process that keeps ending is started again at growing intervals, then left; the others go on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from launcher.console import LauncherError
from launcher.processes import Child, Family
from launcher.restarts import LIMIT, WINDOW_SECONDS, Restarts


class Processes(Family):
    """A family whose processes end when a test says so."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.now = 0.0
        self.restarted: list[tuple[str, float]] = []
        self.children = [self.running(name) for name in names]

    def running(self, name: str) -> Child:
        process = SimpleNamespace(returncode=None)
        process.poll = lambda: process.returncode
        return Child(name, cast(Any, process), None, 0, lambda: self.again(name))

    def again(self, name: str) -> Child:
        self.restarted.append((name, self.now))
        return self.running(name)

    def end(self, name: str) -> None:
        process: Any = next(child.process for child in self.children if child.name == name)
        process.returncode = -11

    def pass_time(self, restarts: Restarts, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            restarts.look()


def test_restarts__waits_double_and_the_other_process_is_left_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    family = Processes("L’API", "Le calcul")
    restarts = Restarts(family, lambda: family.now)
    other = family.children[1]
    starts = []
    for _ in range(4):
        family.end("L’API")
        restarts.look()
        family.pass_time(restarts, 8)
        starts.append(family.restarted[-1][1] % 8)
    assert starts == [0.0, 1.0, 3.0, 7.0]
    assert {name for name, _ in family.restarted} == {"L’API"}
    assert family.children[1] is other
    assert "L’API s’est arrêté (code -11) : relance 4 sur 5 en 10 min" in capsys.readouterr().err


def test_restarts__after_the_limit_it_is_left_and_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    family = Processes("L’API", "Le calcul")
    restarts = Restarts(family, lambda: family.now)
    for _ in range(LIMIT + 1):
        family.end("L’API")
        family.pass_time(restarts, 31)
    assert len(family.restarted) == LIMIT
    family.pass_time(restarts, 60)
    assert len(family.restarted) == LIMIT
    assert capsys.readouterr().err.count("plus aucune relance") == 1
    family.end("Le calcul")
    restarts.look()
    assert family.restarted[-1][0] == "Le calcul"


def test_restarts__ends_far_apart_never_reach_the_limit() -> None:
    family = Processes("L’API", "Le calcul")
    restarts = Restarts(family, lambda: family.now)
    for _ in range(2 * LIMIT):
        family.end("L’API")
        restarts.look()
        family.now += WINDOW_SECONDS
    assert len(family.restarted) == 2 * LIMIT


def test_restarts__nothing_left_running_ends_the_launcher() -> None:
    family = Processes("L’API")
    restarts = Restarts(family, lambda: family.now)
    with pytest.raises(LauncherError, match="tout est arrêté"):
        for _ in range(LIMIT + 1):
            family.end("L’API")
            family.pass_time(restarts, 31)
