"""Drafts a manifest from a model file. Only the child process imports this."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import is_regressor

from api.domain.measurements.readings import UnreadableCell, read_number
from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.child.checks import open_estimator
from api.inference.importing.child.graphs.candidate import require_runtime
from api.inference.importing.request import DraftJob, FeatureDraft
from api.inference.serving.artefact import is_onnx, read_artefact
from api.inference.serving.catalogue import CATALOGUE, TARGETS
from api.inference.serving.loaded import Floats
from api.inference.serving.manifest import FeatureSpec, Task

_FIELD = "labelled"


def draft_of(job: DraftJob) -> dict[str, Any]:
    """Return the draft as JSON.

    Raises:
        ModelRefused: the file may not become a model.
        InvalidInput: the labelled rows lack a column, or hold a cell that is not a number.
    """
    names, task = _opened(job)
    columns = {} if job.labelled is None else _columns(job, names)
    known = {**CATALOGUE, **{spec.name: spec for spec in job.declared}}
    features = [_feature(name, known.get(name), columns.get(name)) for name in names]
    return {
        "target": job.target or TARGETS[task],
        "features": [feature.model_dump(mode="json") for feature in features],
        "authorised_use": [],
        "limits": [],
        "prohibited_use": [],
    }


def _opened(job: DraftJob) -> tuple[tuple[str, ...], Task]:
    data = read_artefact(job.file)
    if is_onnx(data):
        require_runtime()
        from api.inference.importing.child.graphs.opening import open_graph  # noqa: PLC0415 - no wheel everywhere

        graph, shown = open_graph(data, job.task, None, job.features, any_class=True)
        return graph.features, shown
    estimator, names = open_estimator(data, job.features)
    return names, job.task or ("regression" if is_regressor(estimator) else "classification")


def _feature(name: str, known: FeatureSpec | None, values: Floats | None) -> FeatureDraft:
    """Describe a feature as the declared sensor, else by its values; its words are then left empty."""
    value_range = None if values is None or not len(values) else (float(values.min()), float(values.max()))
    if known is not None:
        fields = known.model_dump(include={"dtype", "unit", "label", "physical_range", "role", "note"})
        return FeatureDraft(name=name, training_range=value_range, **fields)
    return FeatureDraft(
        name=name,
        training_range=value_range,
        dtype=_kind(values),
        unit="",
        label="",
        physical_range=(None, None),
        role="cause",
        note="",
    )


def _kind(values: Floats | None) -> Literal["float", "int", "binary"]:
    if values is None or not len(values):
        return "float"
    if np.isin(values, (0.0, 1.0)).all():
        return "binary"
    return "int" if (values == np.rint(values)).all() else "float"


def _columns(job: DraftJob, names: tuple[str, ...]) -> dict[str, Floats]:
    """Read the known values of each feature."""
    assert job.labelled is not None  # noqa: S101 - the caller has checked
    try:
        table = pd.read_csv(
            job.labelled, dtype=str, keep_default_na=False, encoding="utf-8-sig", compression=None
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        raise InvalidInput.single(
            _FIELD, f"{job.labelled.name} n’est pas un CSV lisible (virgules, UTF-8, une ligne d’en-tête)."
        ) from error
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise InvalidInput.single(_FIELD, f"colonnes absentes de {job.labelled.name} : {', '.join(missing)}.")
    return {name: _numbers(table[name], name) for name in names}


def _numbers(cells: pd.Series[str], name: str) -> Floats:
    try:
        read = [read_number(cell) for cell in cells]
    except UnreadableCell as error:
        raise InvalidInput.single(name, error.reason) from error
    return np.array([value for value in read if value is not None], dtype=float)
