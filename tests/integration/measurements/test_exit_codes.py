"""The exit codes of ``data import``: 0 all taken or known, 3 partly, 1 nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import cli
from tests.support.client import new_core
from tests.support.measurements.ingest_tools import ROW, SHORT, changed, write_csv

FUTURE = changed((*ROW, "", "", "", ""), date_measure="2924-08-14")[: len(ROW)]
UNREADABLE = changed((*ROW, "", "", "", ""), wind_speed="trop")[: len(ROW)]
CASES = {
    "all rows are new": ([[ROW]], 0),
    "all rows are known": ([[ROW], [ROW]], 0),
    "some are known, some are new": ([[ROW], [ROW, ("6", *ROW[1:])]], 0),
    "one row of two is refused": ([[ROW, FUTURE]], 3),
    "a known row beside a refused one": ([[ROW], [ROW, FUTURE]], 3),
    "every row is refused": ([[FUTURE, UNREADABLE]], 1),
    "the only row is refused": ([[UNREADABLE]], 1),
}


@pytest.mark.parametrize(("files", "code"), CASES.values(), ids=CASES)
def test_import__ends_with_the_code_of_what_became_of_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[list[tuple[str, ...]]], code: int
) -> None:
    core = new_core(tmp_path)
    monkeypatch.setattr(cli, "_settings", lambda: core.settings)
    for number, rows in enumerate(files):
        path = write_csv(tmp_path / f"{number}.csv", SHORT, rows)
        ended = cli.main(["data", "import", str(path)])
    assert ended == code
    core.close()


def test_import__of_a_file_that_cannot_be_read_as_one_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = new_core(tmp_path)
    monkeypatch.setattr(cli, "_settings", lambda: core.settings)
    path = write_csv(tmp_path / "a.csv", ("machine", *SHORT[1:]), [ROW])
    assert cli.main(["data", "import", str(path)]) == 1
    core.close()
