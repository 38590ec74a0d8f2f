"""The SQL of interventions, on both databases: one living at most, nothing overwritten, the journal kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from api.domain.shared.exceptions import Conflict
from api.schemas.vocabulary import InterventionState, RiskLevel
from api.storage import interventions as store
from api.storage.interventions import Filter
from api.storage.park import runs, scores
from api.storage.shared.database import Database
from api.storage.tables import planned_visits, publication, turbines, users
from tests.support.park.scored import scored

DAY = date(2024, 6, 1)
NOW = datetime(2024, 6, 2, 6, tzinfo=UTC)
State = InterventionState
PLAIN: dict[str, Any] = {
    "origin": "manuelle", "priority": "normale", "skills": [], "created_at": NOW, "created_by": "compte:1",
    "checklist": [{"text": "Écouter.", "done": False, "feature": None}],
}  # fmt: skip


@pytest.fixture
def park(any_database: Database) -> Database:
    """Three turbines, 1 to 3, the last one of an archived park."""
    rows = [{"turbine_id": str(n), "source": "mesure", "created_at": NOW} for n in (1, 2, 3)]
    with any_database.write() as connection:
        connection.execute(insert(turbines), rows)
        connection.execute(update(turbines).where(turbines.c.turbine_id == "3").values(archived_at=NOW))
    return any_database


def add(connection: Connection, turbine: int, state: State, **more: Any) -> int:
    return store.add(connection, str(turbine), {**PLAIN, "turbine": turbine, "state": state.value, **more})


def test_second_living_one__is_refused_by_the_database_whatever_the_first_s_state(park: Database) -> None:
    for state in (State.PROPOSEE, State.PLANIFIEE, State.EN_COURS):
        with park.write() as connection:
            number = add(connection, 1, state)
        for other in (State.PROPOSEE, State.PLANIFIEE, State.EN_COURS):
            with pytest.raises(Conflict, match="turbine 1 a déjà"), park.write() as connection:
                add(connection, 1, other)
        with park.write() as connection:
            add(connection, 1, State.TERMINEE, done_on=DAY)
            assert store.change(connection, number, 1, {"state": State.ANNULEE.value, "done_on": DAY})
    with park.read() as connection:
        assert store.page(connection, Filter(), limit=10, offset=0)[0] == 6
        assert store.living(connection) == {}


def test_change__of_another_version_changes_nothing(park: Database) -> None:
    with park.write() as connection:
        number = add(connection, 1, State.PLANIFIEE, version=4)
        assert not store.change(connection, number, 3, {"assignee": "lea", "version": 4})
        assert store.change(connection, number, 4, {"assignee": "sam", "version": 5})
        row = store.get(connection, number, for_update=True)
    assert row is not None
    assert (row.assignee, row.version, row.turbine_id, row.content_type) == ("sam", 5, "1", None)
    assert row.checklist == PLAIN["checklist"]


def test_journal__in_the_order_in_which_it_was_written(park: Database) -> None:
    with park.write() as connection:
        first, second = add(connection, 1, State.PLANIFIEE), add(connection, 2, State.PLANIFIEE)
        for number, word in ((first, "un"), (second, "autre"), (first, "deux")):
            store.append(
                connection,
                number,
                at=NOW,
                by="compte:1",
                action="commentaire",
                changes={"assignee": [None, "lea"]},
                comment=word,
            )
    with park.read() as connection:
        told = store.journal(connection, first)
    assert [(row.comment, row.changes) for row in told] == [
        ("un", {"assignee": [None, "lea"]}),
        ("deux", {"assignee": [None, "lea"]}),
    ]


def test_page__to_do_by_day_then_ended_newest_first_and_nothing_archived(park: Database) -> None:
    with park.write() as connection:
        old = add(connection, 1, State.TERMINEE, done_on=DAY - timedelta(days=9))
        new = add(connection, 1, State.ANNULEE, done_on=DAY)
        planned = add(connection, 1, State.PLANIFIEE, planned_on=DAY + timedelta(days=3), assignee="lea")
        started = add(connection, 2, State.EN_COURS, planned_on=DAY + timedelta(days=9))
        gone = add(connection, 3, State.EN_COURS, planned_on=DAY)
    with park.read() as connection:

        def found(**wanted: Any) -> list[int]:
            total, rows = store.page(connection, Filter(**wanted), limit=10, offset=0)
            assert total == len(rows)
            return [row.id for row in rows]

        assert found() == [started, planned, new, old]
        assert found(states=(State.TERMINEE, State.PLANIFIEE)) == [planned, old]
        assert found(turbine_id="2") == [started]
        assert found(assignee="lea") == [planned]
        assert found(first=DAY, last=DAY + timedelta(days=3)) == [planned, new]
        assert store.get(connection, gone) is None
        assert set(store.living(connection)) == {1, 2}
        assert [row.id for row in store.recent(connection, date.max)] == [planned, started]
        lately = {row.id for row in store.recent(connection, DAY - timedelta(days=9))}
        assert lately == {planned, started} | {
            row.id
            for row in (store.get(connection, old), store.get(connection, new))
            if row.done_on >= DAY - timedelta(days=9)
        }


def test_assignees__technicians_with_an_account_or_a_visit_of_the_living_park(park: Database) -> None:
    account = {"display_name": "x", "password_hash": "x", "demo": False, "created_at": NOW}
    people = (("lea", "technicien", True), ("sam", "technicien", False), ("chef", "manager", True))
    with park.write() as connection:
        for name, role, active in people:
            values = {**account, "username": name, "role": role, "active": active}
            connection.execute(insert(users).values(**values))
        for turbine, technician in ((1, "139"), (1, "lea"), (2, None), (3, "150")):
            values = {"turbine": turbine, "planned_on": DAY, "known_on": DAY, "source": "mesure"}
            connection.execute(insert(planned_visits).values(**values, technician=technician))
        key = connection.scalar(select(users.c.id).where(users.c.username == "lea"))
    with park.read() as connection:
        assert sorted(store.assignees(connection, ["technicien"])) == ["139", "lea"]
        assert store.account_names(connection, [f"compte:{key}", "cle:1", "essai"]) == {
            f"compte:{key}": "lea"
        }


def test_scores_since__the_last_published_of_each_later_day(park: Database) -> None:
    with park.write() as connection:
        days = [
            (0, RiskLevel.CRITIQUE, True),
            (1, RiskLevel.ELEVE, True),
            (1, RiskLevel.FAIBLE, True),
            (2, RiskLevel.CRITIQUE, False),
        ]
        for day, level, publish in days:
            on = DAY + timedelta(days=day)
            run = runs.create(connection, kind="manuel", as_of=on, requested_by="essai", now=NOW)
            scores.insert(connection, run, [scored(1, level=level, measured_on=on)])
            if publish:
                runs.publish(connection, run, now=NOW)
        assert connection.scalar(select(publication.c.run)) is not None
    with park.read() as connection:
        seen = store.scores_since(connection, [1], DAY, None)
        assert [(one.as_of, one.measured_on, one.level) for one in seen] == [
            (DAY + timedelta(days=1), DAY + timedelta(days=1), "faible")
        ]
        assert store.scores_since(connection, [2], DAY, None) == []


def test_photo__the_last_one_is_kept(park: Database) -> None:
    with park.write() as connection:
        number = add(connection, 1, State.EN_COURS)
        for content in (b"un", b"deux"):
            store.save_photo(
                connection,
                number,
                {
                    "content": content,
                    "content_type": "image/png",
                    "sha256": "0" * 64,
                    "added_at": NOW,
                    "added_by": "compte:1",
                },
            )
    with park.read() as connection:
        kept = store.photo(connection, number)
        listed = store.get(connection, number)
    assert kept is not None
    assert listed is not None
    assert (bytes(kept.content), listed.content_type) == (b"deux", "image/png")
