"""The data page: measurements by turbine and day, late turbines, and what the next run lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import chain

import numpy as np
from sqlalchemy import Connection

from api.domain.measurements.measurements import natural_key, turbines_named
from api.domain.measurements.rhythm import WINDOW_ROWS, age_days, freshness, park_gap, usual_gap
from api.domain.plausibility.finding_counts import turbines_by_code
from api.domain.plausibility.trust import IN_SERVICE, Finding
from api.domain.shared.exceptions import InvalidInput
from api.inference.serving.manifest import FeatureSpec
from api.schemas import french
from api.schemas.common import Notice
from api.schemas.measurements import Coverage, FindingCount, TurbineCoverage
from api.schemas.vocabulary import INDICATIVE, Freshness
from api.services.measurements.import_history import newest_imports
from api.services.measurements.inbox import FOLDER, waiting
from api.services.measurements.intake import KIND
from api.services.measurements.refusals import refusal_notices
from api.services.models.active_models import ActiveModels, ActiveModelsSource
from api.services.models.in_force import BORROWED
from api.services.park.calendar import ParkCalendar
from api.settings import Settings
from api.storage import policy as policies
from api.storage.measurements import measurements
from api.storage.measurements.measurements import LivingTurbine
from api.storage.park.scores import findings_of
from api.storage.shared import jobs, published
from api.storage.shared.database import Database
from api.storage.turbines import coverage
from api.storage.turbines.coverage import SentDays

DEFAULT_DAYS = 30
_BEFORE = timedelta(days=DEFAULT_DAYS - 1)
MAX_DAYS = 366
MAX_CELLS = 1_000_000  # turbines × days in one answer
LAST_IMPORTS = 5


@dataclass(frozen=True)
class CoverageService:
    """Reads the content of the data page."""

    settings: Settings
    database: Database
    models: ActiveModelsSource
    calendar: ParkCalendar

    def coverage(self, first: date | None, last: date | None) -> Coverage:
        """Count measurements per turbine and day; by default over 30 days up to the park's day.

        Raises:
            InvalidInput: the days are in the wrong order, or too many for one answer.
        """
        models = self.models.current()
        with self.database.read() as connection:
            as_of = self.calendar.day(connection)
            end = last or max(as_of, first or as_of)
            begin = first or max(end, date.min + _BEFORE) - _BEFORE
            span = _span(begin, end)
            park = measurements.living_turbines(connection)
            if span * len(park) > MAX_CELLS:
                most, turbines = MAX_CELLS // len(park), french.counted(len(park), "turbine")
                raise InvalidInput.single(
                    "from", f"période trop longue pour {turbines} : {french.days(most)}."
                )
            sent = coverage.sent_days(connection, begin, end, until=as_of, rows=WINDOW_ROWS)
            run = published.published_run(connection)
            findings = {} if run is None else findings_of(connection, run.id)
            _, policy = policies.current(connection)
            missing = self._missing(connection, models, len(park), as_of)
            imports = newest_imports(connection, LAST_IMPORTS).items
            next_run = self.calendar.next_run(connection, as_of)
        days = [begin + timedelta(days=n) for n in range(span)]
        rows = _turbines(park, sent, findings, as_of, days, policy.max_age_days)
        return Coverage(
            first=begin,
            last=end,
            as_of=as_of,
            measured_per_day=_measured_per_day(rows, span),
            max_age_days=policy.max_age_days,
            late=sum(row.late for row in rows),
            turbines=rows,
            findings=_counted(findings.values()),
            run_as_of=None if run is None else run.as_of,
            imports=imports,
            missing=[*missing, *_freshness_notices(rows, policy.max_age_days)],
            next_run_at=next_run.at,
            next_run=next_run.words,
        )

    def _missing(self, connection: Connection, models: ActiveModels, park: int, as_of: date) -> list[Notice]:
        lacking = coverage.lacking(connection, as_of, list(models.features))
        lying, importing = len(waiting(self.settings.home / FOLDER)), len(jobs.under_way(connection, KIND))
        return [
            *_models_notice(models),
            *_park_notices(park),
            *_sensor_notices(lacking, models.features),
            *refusal_notices(connection, self.calendar.now()),
            *_files_notices(lying, importing),
        ]


def _span(begin: date, end: date) -> int:
    span = (end - begin).days + 1
    if span < 1:
        raise InvalidInput.single("to", "le dernier jour précède le premier.", end)
    if span > MAX_DAYS:
        raise InvalidInput.single("from", f"{french.days(MAX_DAYS)} au plus.", begin)
    return span


@dataclass(frozen=True)
class _Rhythm:
    """A turbine's rhythm: the last measured day, and the gap that it seldom exceeds [d]."""

    last: date | None
    gap: float | None


@cache
def _day(text: str) -> date:
    return date.fromisoformat(text)


def _rhythm(lately: str) -> _Rhythm:
    if not lately:
        return _Rhythm(None, None)
    counts = Counter(map(_day, lately.split(",")))
    return _Rhythm(max(counts), usual_gap(counts))


def _turbines(
    park: Sequence[LivingTurbine],
    sent: Mapping[int, SentDays],
    findings: Mapping[int, Sequence[Finding]],
    as_of: date,
    days: Sequence[date],
    limit: int,
) -> list[TurbineCoverage]:
    rhythms = {text: _rhythm(text) for text in {days_sent.lately for days_sent in sent.values()}}
    places = {day.isoformat(): place for place, day in enumerate(days)}
    counts = {text: _counts(text, places) for text in {days_sent.period for days_sent in sent.values()}}
    usual = park_gap(rhythms[days_sent.lately].gap for days_sent in sent.values())
    rows = []
    for row in sorted(park, key=lambda row: natural_key(row.turbine_id)):
        own = sent[row.id]
        rhythm = rhythms[own.lately]
        age = None if rhythm.last is None else age_days(rhythm.last, as_of)
        gap = usual if rhythm.gap is None else rhythm.gap
        serving = row.service_state == IN_SERVICE
        state = freshness(age, usual_gap=gap, limit=limit, in_service=serving)
        rows.append(
            TurbineCoverage(
                turbine_id=row.turbine_id,
                site=row.site,
                farm=row.farm,
                service_state=row.service_state,
                last_measured_on=rhythm.last,
                age_days=age,
                usual_gap_days=gap,
                freshness=state,
                late=state.overdue,
                counts=counts[own.period],
                findings=[f.code for f in findings.get(row.id, ()) if f.code != INDICATIVE],
            )
        )
    return rows


def _counts(text: str, places: Mapping[str, int]) -> list[int]:
    counts = [0] * len(places)
    for day in text.split(",") if text else ():
        counts[places[day]] += 1
    return counts


def _measured_per_day(rows: Sequence[TurbineCoverage], span: int) -> list[int]:
    if not rows:
        return [0] * span
    measured: list[int] = (np.array([row.counts for row in rows]) > 0).sum(axis=0).tolist()
    return measured


def _counted(findings: Iterable[Sequence[Finding]]) -> list[FindingCount]:
    """Count the turbines that have each code."""
    of_turbines = list(findings)
    examples: dict[str, str] = {}
    for finding in chain.from_iterable(of_turbines):
        examples.setdefault(finding.code, finding.message)
    counts = turbines_by_code(of_turbines).most_common()
    return [FindingCount(code=code, turbines=number, example=examples[code]) for code, number in counts]


def _freshness_notices(rows: Sequence[TurbineCoverage], limit: int) -> list[Notice]:
    """Name the turbines whose measurements do not come, each in one sentence."""
    cases = (
        (Freshness.JAMAIS_MESUREE, "jamais_mesuree", "aucune mesure, donc pas d’évaluation possible."),
        (
            Freshness.TROP_ANCIENNE,
            "mesures_perimees",
            f"mesure trop ancienne, de plus de {french.days(limit)}.",
        ),
        (
            Freshness.EN_RETARD,
            "mesures_en_retard",
            "mesure en retard sur le rythme habituel ; vérifiez la liaison.",
        ),
    )
    return [
        Notice(code=code, field=None, message=f"{turbines_named(names)} : {words}")
        for state, code, words in cases
        if (names := [row.turbine_id for row in rows if row.freshness is state])
    ]


def _models_notice(models: ActiveModels) -> list[Notice]:
    if models.borrowed:
        return [Notice(code="modeles_simules", field=None, message=BORROWED)]
    if models.classifier is not None and not models.problems:
        return []
    reason = " ".join(models.problems) or "Aucun modèle de classification n’est actif."
    return [Notice(code="modele_absent", field=None, message=reason)]


def _park_notices(park: int) -> list[Notice]:
    if park:
        return []
    return [Notice(code="parc_vide", field=None, message="Le parc est vide : importez des mesures.")]


def _sensor_notices(
    lacking: Mapping[str, Sequence[str]], features: Mapping[str, FeatureSpec]
) -> list[Notice]:
    """List sensors that the active models read and that turbines lack on their last day."""
    notices = []
    for name, spec in features.items():
        if turbines := lacking.get(name):
            text = f"{spec.label} : absent de la dernière mesure pour {turbines_named(turbines)}."
            notices.append(Notice(code="capteur_absent", field=name, message=text))
    return notices


def _files_notices(lying: int, importing: int) -> list[Notice]:
    notices = []
    if lying:
        text = f"{french.counted(lying, 'fichier')} en attente dans le dossier de dépôt."
        notices.append(Notice(code="fichiers_en_attente", field=None, message=text))
    if importing:
        text = f"{french.counted(importing, 'import')} de fichier long en cours."
        notices.append(Notice(code="imports_en_cours", field=None, message=text))
    return notices
