"""A turbine's usual values, compared with the park's, and its events."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection

from api.domain import turbines
from api.domain.measurements.measurements import canonical_turbine_id
from api.domain.plausibility.limits import POWER, WIND
from api.domain.shared.exceptions import Conflict, NotFound
from api.inference.serving.manifest import FeatureSpec
from api.schemas.turbine_story import PowerAtWind, PowerLink, TurbineEvent, UsualRange
from api.schemas.vocabulary import InterventionState
from api.storage import interventions
from api.storage.measurements import measurements
from api.storage.measurements.measurements import TurbineMeasurement
from api.storage.shared.database import Database

LOOKED_BACK = 200  # measurements from which usual values are computed


@dataclass
class ParkRanges:
    """The park's usual ranges on the day of a run; read once per run, for a published run never changes."""

    _run: int | None = None
    _known: dict[str, turbines.UsualRange | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(
        self, connection: Connection, run: int, as_of: date, names: Sequence[str]
    ) -> Mapping[str, turbines.UsualRange | None]:
        """Return the usual range of each feature over the turbines' last days up to ``as_of``."""
        with self._lock:
            if self._run != run or not self._known.keys() >= set(names):
                rows = measurements.latest_values(connection, as_of)
                self._known = {
                    name: turbines.usual_range([r.values.get(name) for r in rows]) for name in names
                }
                self._run = run
            return self._known


def usual_ranges(
    rows: Sequence[TurbineMeasurement],
    park: Mapping[str, turbines.UsualRange | None],
    features: Mapping[str, FeatureSpec],
) -> list[UsualRange]:
    """Return the usual range of each quantity, for the turbine and the park."""
    ranges = []
    for name, spec in features.items():
        if spec.dtype == "binary":
            continue
        values = [row.values.get(name) for row in rows]
        own, whole = turbines.usual_range(values), park.get(name)
        ranges.append(
            UsualRange(
                feature=name,
                low=own and own.low,
                high=own and own.high,
                values=sum(value is not None for value in values),
                park_low=whole and whole.low,
                park_high=whole and whole.high,
            )
        )
    return ranges


def power_link(rows: Sequence[TurbineMeasurement], features: Mapping[str, FeatureSpec]) -> PowerLink | None:
    """Return the link of power to wind on this turbine; None if none shows, or no model reads both."""
    if WIND not in features or POWER not in features:
        return None
    known = turbines.power_link([row.values for row in rows])
    return None if known is None else PowerLink(wind=WIND, power=POWER, rows=known.rows)


@dataclass(frozen=True)
class TurbineStoryService:
    """Answers about one turbine's own past."""

    database: Database

    def power_at(
        self, turbine_id: str, wind: float, from_wind: float | None, from_power: float | None
    ) -> PowerAtWind:
        """Estimate the power at a wind speed on this turbine.

        Raises:
            NotFound: the park has no such turbine.
            Conflict: its measurements are too few to show a power curve.
        """
        with self.database.read() as connection:
            key = _key(connection, turbine_id)
            rows = measurements.turbine_measurements(connection, key, limit=LOOKED_BACK)
        link = turbines.power_link([row.values for row in rows])
        if link is None:
            raise Conflict("Cette turbine a trop peu de mesures en marche pour lier sa puissance au vent.")
        power = link.power_at(wind, from_wind, from_power)
        return PowerAtWind(wind_speed=wind, power_output=round(power, 1), rows=link.rows)

    def events(self, turbine_id: str, first: date | None, last: date | None) -> list[TurbineEvent]:
        """List planned visits, interventions and failures between two days, oldest first.

        Raises:
            NotFound: the park has no such turbine.
        """
        with self.database.read() as connection:
            key = _key(connection, turbine_id)
            visits = measurements.planned_visit_days(connection, key)
            failures = measurements.failure_measurements(connection, key)
            ended = interventions.ended(connection, [key])
        done = [row.done_on for row in ended if row.state == InterventionState.TERMINEE]
        days = [(day, "visite") for day in visits]
        days += [(day, "intervention") for day in done if day is not None]
        days += [(day, "panne") for day in turbines.failure_days(failures)]
        return [
            TurbineEvent.model_validate({"on": day, "kind": kind})
            for day, kind in sorted(days)
            if (first is None or day >= first) and (last is None or day <= last)
        ]


def _key(connection: Connection, turbine_id: str) -> int:
    row = measurements.living_turbine(connection, canonical_turbine_id(turbine_id))
    if row is None:
        raise NotFound("Turbine", turbine_id, "Vérifiez l’identifiant dans la liste du parc.")
    return row.id
