"""Compares two stored versions of a task on the park's labelled rows that neither has seen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import Row

from api.domain.models.calibration import cross_fitted
from api.domain.models.evaluation import Unseen
from api.domain.models.paired import PairedFigure, compare_classifiers, compare_regressors
from api.domain.models.statistics import Floats
from api.domain.shared.exceptions import Conflict, InvalidInput
from api.inference.serving.catalogue import TARGETS
from api.inference.serving.loaded import LoadedModel
from api.inference.serving.manifest import Manifest, Task
from api.inference.serving.store import ModelStore
from api.schemas import french
from api.schemas.candidates import ModelComparison, QualityPair
from api.schemas.common import Figure, ModelRef
from api.storage import policy as policies
from api.storage.measurements import exports
from api.storage.models import activations
from api.storage.shared.database import Database

_REFERENCE = re.compile(r"^(?P<name>[a-z0-9_-]+):v?(?P<version>[1-9]\d{0,8})$")


@dataclass(frozen=True)
class _Rows:
    """Labelled rows on which both versions may be measured."""

    rows: list[Row[Any]]
    truth: Floats
    left_out: int


@dataclass(frozen=True)
class ModelComparisonService:
    """Measures two versions side by side."""

    database: Database
    store: ModelStore

    def compare(self, task: Task, left: str, right: str) -> ModelComparison:
        """Compute both versions' quality on the same rows, and the interval of their difference.

        Args:
            task: of both versions.
            left: first version, as ``name:version``.
            right: second version, as ``name:version``.

        Raises:
            InvalidInput: a malformed reference, another task, or twice the same version.
            NotFound: no such version.
            Conflict: the unseen rows of a version are not known, or too few are unseen by both.
            ModelUnavailable: its files are missing or altered.
        """
        names = {"left": left, "right": right}
        manifests = [self._manifest(field, text, task) for field, text in names.items()]
        if manifests[0] == manifests[1]:
            raise InvalidInput.single("right", "deux versions différentes sont attendues.", right)
        usable = self._rows(task, manifests)
        sides = [self._side(manifest, usable) for manifest in manifests]
        with self.database.read() as connection:
            number, policy = policies.current(connection)
            reasons = activations.admitted_for(connection)
        try:
            if task == "classification":
                quality = compare_classifiers(sides[0], sides[1], policy)
            else:
                quality = compare_regressors(sides[0], sides[1])
        except ValueError as error:
            raise _too_few(len(usable.rows)) from error
        return ModelComparison(
            task=task,
            left=_reference(manifests[0], reasons),
            right=_reference(manifests[1], reasons),
            rows=quality.rows,
            turbines=quality.turbines,
            failures=quality.failures,
            failure_events=quality.failure_events,
            left_out=usable.left_out,
            policy_version=number,
            threshold=policy.threshold,
            figures=[_quality_pair(figure) for figure in quality.figures],
        )

    def _manifest(self, field: str, text: str, task: Task) -> Manifest:
        match = _REFERENCE.match(text)
        if match is None:
            raise InvalidInput.single(field, "une version s’écrit NOM:VERSION, par exemple risque:2.", text)
        manifest = self.store.manifest(match["name"], int(match["version"]))
        if manifest.task != task:
            other = f"cette version répond à une autre tâche ({manifest.task})."
            raise InvalidInput.single(field, other, text)
        if manifest.target != TARGETS[task]:
            which = f"{manifest.name} v{manifest.version}"
            raise Conflict(f"{which} prédit « {manifest.target} », que la base n’observe pas.")
        return manifest

    def _rows(self, task: Task, manifests: Sequence[Manifest]) -> _Rows:
        """Read the rows with a label and every feature that, by their manifests, neither version has seen."""
        names = {name for manifest in manifests for name in manifest.feature_names}
        unseen_by = [(m.data.last_day, self._unseen(m)) for m in manifests]
        kept, left_out = [], 0
        for page in exports.labelled(self.database, None, None):
            for row in page:
                if row._mapping[TARGETS[task]] is None:
                    continue
                values = row._mapping["values"]
                new = all(row.measured_on > day or row.identity in rows for day, rows in unseen_by)
                if new and names <= {name for name, value in values.items() if value is not None}:
                    kept.append(row)
                else:
                    left_out += 1
        if not kept:
            raise _too_few(0)
        truth = np.array([float(row._mapping[TARGETS[task]]) for row in kept])
        return _Rows(kept, truth, left_out)

    def _unseen(self, manifest: Manifest) -> frozenset[str]:
        known = self.store.unseen_identities(manifest.name, manifest.version)
        if known is None or manifest.data.last_day is None:
            raise Conflict(
                f"Personne ne sait quelles lignes {manifest.name} v{manifest.version} n’a pas vues : "
                "sa qualité ne peut pas être comparée. Réimportez-le avec --labelled et --split."
            )
        return known

    def _side(self, manifest: Manifest, usable: _Rows) -> Unseen:
        model = self.store.load(manifest.name, manifest.version)
        turbines = np.array([row.turbine_id for row in usable.rows], dtype=np.str_)
        days = np.array([row.measured_on for row in usable.rows], dtype="datetime64[D]")
        values = [row._mapping["values"] for row in usable.rows]
        matrix = np.array([[v[name] for name in manifest.feature_names] for v in values], dtype=np.float64)
        return Unseen(turbines, days, usable.truth, _outputs(model, matrix, usable.truth, turbines))


def _outputs(model: LoadedModel, matrix: Floats, truth: Floats, turbines: np.ndarray) -> Floats:
    """Return the outputs as people see them; a calibration is refitted without each row's own turbine."""
    raw = model.raw(matrix)
    table = model.manifest.calibration.table
    return model.calibrated(raw) if table is None else cross_fitted(table.method, raw, truth, turbines)


def _quality_pair(figure: PairedFigure) -> QualityPair:
    return QualityPair(
        key=figure.key,
        left=Figure(**asdict(figure.left)),
        right=Figure(**asdict(figure.right)),
        difference=Figure(**asdict(figure.difference)),
        better=figure.better,
    )


def _reference(manifest: Manifest, reasons: Mapping[tuple[str, int], str]) -> ModelRef:
    return ModelRef(
        name=manifest.name,
        version=manifest.version,
        sha256=manifest.sha256,
        admitted_for=reasons.get((manifest.name, manifest.version)),
    )


def _too_few(rows: int) -> Conflict:
    return Conflict(
        f"{french.counted(rows, 'mesure')} {french.plural(rows, 'étiquetée')} que ni l’une ni l’autre "
        "version n’a vues : il faut des pannes et des non-pannes, ou au moins deux délais connus. Faites "
        "entrer des mesures étiquetées plus récentes."
    )
