"""A stranger's export goes from its drafted mapping to a scored park, by the commands that people type."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from sqlalchemy import select

from api import cli
from api.storage.shared.database import Database
from api.storage.tables import measurements, turbines
from tests.support.measurements.vendor_exports import DAYS, EXPORTS, MACHINES, RECORDS, records
from tests.support.servers import environment, prepare

LAST = date(2024, 12, 16)
Command = Callable[..., int]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs the product's commands on a prepared installation of its own."""
    home = tmp_path / "installation"
    prepare(home)
    for name, value in environment(home).items():
        if name.startswith("COCKPIT_"):
            monkeypatch.setenv(name, value)
    return lambda *words: cli.main([str(word) for word in words])


def _stored(home: Path) -> dict[tuple[str, date], Any]:
    database = Database.at(f"sqlite:///{home / 'cockpit.db'}")
    m, t = measurements.c, turbines.c
    query = select(t.turbine_id, m.measured_on, m.measured_at, m["values"], m.basis).join_from(
        measurements, turbines
    )
    with database.read() as connection:
        rows = connection.execute(query.where(t.archived_at.is_(None))).all()
    database.close()
    assert len({row[:2] for row in rows}) == len(rows)
    return {(row.turbine_id, row.measured_on): row for row in rows}


def test_exports_of_three_vendors__from_draft_to_scored_park(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for vendor, write in EXPORTS.items():
        name, text = write()
        (tmp_path / name).write_text(text, encoding="utf-8")
        drafted = tmp_path / f"{vendor}.json"
        assert command("data", "draft-map", tmp_path / name, "--out", drafted) == 0
        assert json.loads(drafted.read_text(encoding="utf-8"))["aggregate"] == "day"
        assert command("data", "import", tmp_path / name, "--map", drafted) == 0, capsys.readouterr().out
        told = capsys.readouterr().out
        assert "relevés de 10\u00a0min" in told or "relevés de 10\u202fmin" in told
        assert command("data", "import", tmp_path / name, "--map", drafted) == 0
        assert "0\u00a0nouvelle," in capsys.readouterr().out  # the same file changes nothing

    stored = _stored(tmp_path / "installation")
    assert {name for name, _day in stored} == set(MACHINES)
    assert len(stored) == len(MACHINES) * DAYS
    for name, machine in MACHINES.items():
        own = list(records(machine))[-RECORDS:]
        row = stored[name, LAST]
        assert row.measured_at is None
        assert row.values == {
            "wind_speed": pytest.approx(fmean(r.wind for r in own), abs=2e-4),
            "vibration_level": pytest.approx(fmean(r.vibration for r in own), abs=1e-5),
            "temperature": pytest.approx(fmean(r.temperature for r in own), abs=1e-5),
            "power_output": pytest.approx(fmean(r.power for r in own), abs=0.06),
            "maintenance_done": max(r.maintenance for r in own),
        }
        assert (row.basis["records"], row.basis["expected"], row.basis["step_min"]) == (RECORDS, RECORDS, 10)
    first = stored["Kelmarsh_1", date(2024, 12, 14)]
    assert first.basis["valid"]["wind_speed"] == RECORDS - 1
    assert [stored["WEA01", date(2024, 12, day)].values["maintenance_done"] for day in (14, 15, 16)] == [
        0,
        1,
        0,
    ]

    assert command("score", "--as-of", LAST.isoformat()) == 0
    assert "5\u00a0turbines" in capsys.readouterr().out
