"""A page of a run's scores, filtered and sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    func,
    select,
)

from api.domain.interventions.interventions import LIVING
from api.domain.measurements.measurements import natural_key
from api.domain.park.change_causes import Cause
from api.domain.park.changes import Change
from api.domain.park.scored import RankedTurbine
from api.schemas.vocabulary import ChangeKind, DataStatus, InterventionState, Queue, RiskLevel, folded
from api.storage.park.scores import COLUMNS, in_queues, keys_query, of_rows
from api.storage.shared.database import Database
from api.storage.tables import interventions, park_changes, scores, turbines

MANY = 10_000  # ranks in one statement; for more, the whole run is read
PAGE = 2_000  # turbines of a whole ranking in one statement
# PostgreSQL's statistics do not know the newest run and expect a row or two of it. Adding 0 keeps it from
# reading all changes of that run for each score.
_CHANGED = and_(park_changes.c.run == scores.c.run + 0, park_changes.c.turbine == scores.c.turbine)
_MACHINE = (turbines.c.turbine_id, turbines.c.site, turbines.c.farm, turbines.c.service_state)
_RANKED = select(
    *COLUMNS, *_MACHINE, park_changes.c.kind, park_changes.c.from_level, park_changes.c.cause
).select_from(scores.join(turbines, turbines.c.id == scores.c.turbine).outerjoin(park_changes, _CHANGED))
_SCORE = len(COLUMNS)
_CHANGE = _SCORE + len(_MACHINE)
_worked = and_(
    interventions.c.turbine == scores.c.turbine,
    interventions.c.state.in_(sorted(state.value for state in LIVING)),
)


@dataclass(frozen=True)
class ScoreFilter:
    """Which scores to keep; an empty field keeps all.

    Args:
        levels: risk levels.
        data_status: status of the measurement behind the score.
        max_days: keep where the interval of days left begins at this or less [days]; the estimate counts
            where there is no interval.
        queues: keep turbines in at least one of them.
        driver: feature that is the main driver, which only the top of the ranking has.
        site: exact name.
        farm: exact name.
        service_state: present state of the turbine, not that of the run's day.
        text: words that must all occur in identifier, site, farm, level or main driver; case and accents do
            not count.
        only: keys of the turbines to keep; None keeps all.
        without: keys of turbines to leave out.
    """

    levels: tuple[RiskLevel, ...] = ()
    data_status: tuple[DataStatus, ...] = ()
    max_days: float | None = None
    queues: tuple[Queue, ...] = ()
    driver: str | None = None
    site: str | None = None
    farm: str | None = None
    service_state: str | None = None
    text: str = ""
    only: frozenset[int] | None = None
    without: frozenset[int] = frozenset()

    def about_scores(self) -> list[ColumnElement[bool]]:
        """Return the conditions on scores in SQL, without those of ``text``."""
        clauses: list[ColumnElement[bool]] = []
        if self.levels:
            clauses.append(scores.c.level.in_([level.value for level in self.levels]))
        if self.data_status:
            clauses.append(scores.c.data_status.in_([status.value for status in self.data_status]))
        if self.max_days is not None:
            clauses.append(func.coalesce(scores.c.days_low, scores.c.days_left) <= self.max_days)
        if self.queues:
            clauses.append(in_queues(self.queues))
        if self.driver is not None:
            clauses.append(scores.c.main_driver["feature"].as_string() == self.driver)
        return clauses

    def about_turbines(self) -> list[ColumnElement[bool]]:
        """Return the conditions on turbines in SQL."""
        table = turbines.c
        exact = ((table.site, self.site), (table.farm, self.farm), (table.service_state, self.service_state))
        return [column == value for column, value in exact if value is not None]


def _placed(column: ColumnElement[Any], words: type[StrEnum]) -> ColumnElement[int]:
    """Return the place of a stored word in its vocabulary, as SQL."""
    return case({word.value: place for place, word in enumerate(words)}, value=column)


@dataclass(frozen=True)
class _Order:
    """The order of a ranking; rank breaks ties, and unknown values come last in both directions.

    Args:
        by: columns, in order of importance.
        beside: another table that the columns need, and its join condition.
        key: Python's sort key of the only column, where SQL does not sort as people do.
        against: the columns fall where the shown value rises.
    """

    by: tuple[ColumnElement[Any], ...]
    beside: tuple[Table, ColumnElement[bool]] | None = None
    key: Callable[[Any], Any] | None = None
    against: bool = False

    def clauses(self, *, falling: bool) -> list[ColumnElement[Any]]:
        down = falling != self.against
        columns = [(column.desc() if down else column.asc()).nulls_last() for column in self.by]
        return [*columns, scores.c.rank]


_DUE = func.coalesce(interventions.c.planned_on, scores.c.planned_visit_on)
_WORK = (_placed(interventions.c.state, InterventionState), interventions.c.assignee)
_DRIVER = scores.c.main_driver["label"].as_string()
_ORDERS = {
    "rank": _Order((scores.c.rank,)),
    "turbine": _Order((turbines.c.turbine_id,), key=natural_key),
    "level": _Order((_placed(scores.c.level, RiskLevel),)),
    "situation": _Order((scores.c.rank,)),  # of a former day; else by the places that the caller gives
    "probability": _Order((scores.c.probability,)),
    "days": _Order((scores.c.days_left,)),
    "interval": _Order((scores.c.days_low, scores.c.days_high)),
    "driver": _Order((_DRIVER,), key=lru_cache(folded)),
    # The cost of waiting is probability × cost of a failure, which is the same for all turbines of a run.
    "cost": _Order((scores.c.probability,)),
    "change": _Order((_placed(park_changes.c.kind, ChangeKind),), (park_changes, _CHANGED)),
    # The oldest measurement has the greatest age.
    "age": _Order((scores.c.measured_on,), against=True),
    "due": _Order((_DUE,), (interventions, _worked)),
    "intervention": _Order(_WORK, (interventions, _worked)),
    "quality": _Order((_placed(scores.c.data_status, DataStatus),)),
    "farm": _Order((turbines.c.farm,), key=lru_cache(folded)),
}
_PAST = {"due": _Order((scores.c.planned_visit_on,)), "intervention": _ORDERS["rank"]}
SORTS = tuple(_ORDERS)
_WORDS = (turbines.c.turbine_id, turbines.c.site, turbines.c.farm, scores.c.level, _DRIVER)
ALL = ScoreFilter()


def page_of_scores(
    connection: Connection,
    run_id: int,
    keep: ScoreFilter = ALL,
    sort: str = "rank",
    limit: int | None = None,
    offset: int = 0,
    *,
    past: bool = False,
    placed: Callable[[int], int] | None = None,
) -> tuple[int, list[RankedTurbine]]:
    """Return how many scores match, and one page of them.

    Scores off the page are read only where SQL cannot sort or search as people do, and then as narrow rows.

    Args:
        connection: to read with.
        run_id: the run.
        keep: filter of the scores.
        sort: one of :data:`SORTS`, with ``-`` before it to reverse.
        limit: size of the page; None for all.
        offset: number of scores before the page.
        past: rank a former day, to which today's interventions do not apply.
        placed: gives the place of a turbine's situation by its key, for the order by situation.
    """
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    order = (_PAST.get(name) if past else None) or _ORDERS[name]
    if name == "situation" and placed is not None:
        order = _Order((scores.c.turbine,), key=placed)
    matching = _matching(connection, run_id, keep, order)
    end = None if limit is None else offset + limit
    if order.key is None and not keep.text:
        total = connection.scalar(matching.with_only_columns(func.count(), maintain_column_froms=True)) or 0
        page = matching.order_by(*order.clauses(falling=falling)).limit(limit).offset(offset)
        return total, _whole(connection, run_id, list(connection.scalars(page)))
    ranks = _worded(connection, matching, keep.text, order, falling=falling)
    return len(ranks), _whole(connection, run_id, ranks[offset:end])


def _matching(connection: Connection, run_id: int, keep: ScoreFilter, order: _Order) -> Select[tuple[int]]:
    """Return the query for the ranks that match all but ``text``, with the tables of filter and order."""
    about = keep.about_turbines()
    source: Any = scores
    if about or order.key is not None or keep.text:
        source = source.join(turbines, turbines.c.id == scores.c.turbine)
    if order.beside is not None:
        source = source.outerjoin(*order.beside)
    query = select(scores.c.rank).select_from(source)
    if keep.only is not None:
        query = query.where(scores.c.turbine.in_(keys_query(connection, keep.only)))
    elif keep.without:
        query = query.where(scores.c.turbine.not_in(keys_query(connection, keep.without)))
    return query.where(scores.c.run == run_id, *keep.about_scores(), *about)


def _worded(
    connection: Connection, matching: Select[tuple[int]], text: str, order: _Order, *, falling: bool
) -> list[int]:
    """Return, in order, the ranks of the scores that contain every word of ``text``."""
    words = folded(text).split()
    key = order.key
    by = [order.by[0]] if key is not None else []
    clauses = [scores.c.rank] if key is not None else order.clauses(falling=falling)
    result = connection.execute(matching.add_columns(*by, *(_WORDS if words else ())).order_by(*clauses))
    rows: Sequence[Sequence[Any]] = result.all()
    if words:
        rows = [row for row in rows if _holds(words, *row[-len(_WORDS) :])]
    if key is None:
        return [row[0] for row in rows]
    known = [(key(row[1]), row[0]) for row in rows if row[1] is not None]
    known.sort(key=itemgetter(0), reverse=falling)  # by key alone: equal keys keep the order of their ranks
    return [rank for _, rank in known] + [row[0] for row in rows if row[1] is None]


def _holds(words: Sequence[str], name: str, *others: str | None) -> bool:
    searched = f"turbine {name.casefold() if name.isascii() else folded(name)} {_joined(*others)}"
    return all(word in searched for word in words)


@lru_cache(maxsize=4_096)  # few combinations of sites, farms, levels and drivers exist
def _joined(*parts: str | None) -> str:
    return folded(" ".join(part for part in parts if part))


def _whole(connection: Connection, run_id: int, ranks: Sequence[int]) -> list[RankedTurbine]:
    """Return the turbines of these ranks, in this order."""
    if not ranks:
        return []
    query = _RANKED.where(scores.c.run == run_id)
    if len(ranks) <= MANY:
        query = query.where(scores.c.rank.in_(ranks))
    by_rank = {turbine.score.rank: turbine for turbine in _ranked(connection, query)}
    return [by_rank[rank] for rank in ranks]


def place_of(connection: Connection, run_id: int, turbine: int) -> RankedTurbine | None:
    """Return a turbine's place in a run; None where it has none."""
    places = _ranked(connection, _RANKED.where(scores.c.run == run_id, scores.c.turbine == turbine))
    return places[0] if places else None


def pages_of(database: Database, run_id: int) -> Iterator[list[RankedTurbine]]:
    """Yield the whole ranking of a run, :data:`PAGE` turbines for each short read."""
    query = _RANKED.where(scores.c.run == run_id).order_by(scores.c.rank).limit(PAGE)
    rank = 0
    while True:
        with database.read() as connection:
            page = _ranked(connection, query.where(scores.c.rank > rank))
        if not page:
            return
        rank = page[-1].score.rank
        yield page


def _ranked(connection: Connection, query: Select[Any]) -> list[RankedTurbine]:
    rows = connection.execute(query).all()
    if not rows:
        return []
    columns = list(zip(*rows, strict=True))
    machines, changes = columns[_SCORE:_CHANGE], map(_change, *columns[_CHANGE:])
    return list(map(RankedTurbine, of_rows(rows), *machines, changes))


def _change(kind: str | None, previous_level: str | None, cause: Mapping[str, Any] | None) -> Change | None:
    if kind is None or previous_level is None or cause is None:
        return None
    return Change(ChangeKind(kind), RiskLevel(previous_level), Cause.of_stored(cause))
