"""The audit trail records a recompute of past days with its author and period, but no refused one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from api.commands.score import recompute
from api.core import Core
from api.domain.shared.exceptions import CockpitError
from api.schemas.audit import AuditEntry
from api.schemas.vocabulary import AuditAction
from api.services.shared.audit import AuditQuery
from tests.support.park.park_tools import DAY, measure, new_park, run_days

pytestmark = pytest.mark.usefixtures("both_databases")
FIRST = DAY - timedelta(days=2)


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    made = new_park(tmp_path)
    measure(made, tmp_path, 2, run_days(DAY, 3))
    yield made
    made.close()


def asked(core: Core) -> list[AuditEntry]:
    return core.audit.page(AuditQuery(action=AuditAction.HISTORIQUE_DEMANDE)).items


def test_replay__is_told_with_its_period_and_the_chain_holds(core: Core) -> None:
    before = core.audit.verify().entries
    assert recompute(core, FIRST, DAY) == 0
    assert recompute(core, FIRST, DAY, again=True) == 0
    entries = asked(core)
    assert [(e.actor, e.object_kind, e.object_id) for e in entries] == [
        ("ligne de commande", "historique", "2024-06-28/2024-06-30")
    ] * 2
    assert [e.details for e in entries] == [{"again": True}, {"again": False}]
    told = core.audit.verify()
    assert told.intact
    assert told.entries == before + 2, "one entry a request, whatever the number of days"


@pytest.mark.parametrize(("first", "last"), [(DAY, FIRST), (date(2020, 1, 1), date(2020, 1, 5))])
def test_refused_replay__leaves_no_entry(core: Core, first: date, last: date) -> None:
    with pytest.raises(CockpitError):
        recompute(core, first, last)
    assert asked(core) == []
