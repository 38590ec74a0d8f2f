"""Describes features for forms and cards."""

from __future__ import annotations

from api.inference.serving.manifest import FeatureSpec
from api.schemas.predictions import FeatureInfo
from api.services.models.active_models import ActiveModels


def feature_infos(models: ActiveModels) -> list[FeatureInfo]:
    """Describe the features that the active models read."""
    readers: dict[str, list[str]] = {}
    for served in models.served:
        for spec in served.model.manifest.features:
            readers.setdefault(spec.name, []).append(served.model.manifest.name)
    return [feature_info(spec, readers[name]) for name, spec in models.features.items()]


def feature_info(spec: FeatureSpec, readers: list[str]) -> FeatureInfo:
    """Describe a feature; ``readers`` are the models that require it."""
    low, high = spec.training_range or (None, None)
    return FeatureInfo(
        name=spec.name,
        label=spec.label,
        unit=spec.unit,
        dtype=spec.dtype,
        minimum=spec.physical_range[0],
        maximum=spec.physical_range[1],
        training_minimum=low,
        training_maximum=high,
        marker=spec.role == "marker",
        note=spec.note,
        required_by=readers,
    )
