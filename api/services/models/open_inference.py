"""Raw outputs of any stored version, for clients of the Open Inference Protocol V2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pydantic import ValidationError

from api.domain.shared.exceptions import FieldError, InvalidInput, ModelUnavailable, NotFound
from api.inference.serving.loaded import LoadedModel
from api.inference.serving.manifest import Manifest
from api.inference.serving.store import ModelStore
from api.schemas import french
from api.schemas.open_inference import (
    InferRequest,
    InferResponse,
    ModelMetadata,
    RequestTensor,
    ResponseTensor,
    TensorMetadata,
)
from api.services.models.active_models import ActiveModelsSource
from api.services.shared.french_errors import french_errors

OUTPUTS = {"classification": "proba_panne_7j", "regression": "jours_avant_panne"}
PLATFORMS = {"onnx": "onnxruntime", "joblib": "scikit-learn_joblib"}
_KEPT_LOADED = 8


@dataclass(frozen=True)
class OpenInferenceService:
    """Answers requests of the protocol: tensors in, tensors out."""

    models: ActiveModelsSource
    store: ModelStore

    def __post_init__(self) -> None:
        # Versions are immutable: a loaded one stays valid.
        object.__setattr__(self, "_loaded", lru_cache(maxsize=_KEPT_LOADED)(self.store.load))

    def metadata(self, name: str, version: str | None) -> ModelMetadata:
        """Describe the inputs and outputs of a model.

        Raises:
            NotFound: no such model or version.
        """
        manifest = self._manifest(name, version)
        versions = [str(m.version) for m in self.store.manifests() if m.name == name]
        inputs = [TensorMetadata(name=n, datatype="FP64", shape=[-1]) for n in manifest.feature_names]
        output = TensorMetadata(name=OUTPUTS[manifest.task], datatype="FP64", shape=[-1])
        return ModelMetadata(
            name=name,
            versions=versions,
            platform=PLATFORMS[manifest.runtime.engine],
            inputs=inputs,
            outputs=[output],
        )

    def require(self, name: str, version: str | None) -> None:
        """Check that a version can answer: clients read the HTTP status alone.

        Raises:
            NotFound: no such model or version.
            ModelUnavailable: it cannot answer, with the reason.
        """
        manifest = self._manifest(name, version)
        problem = self.store.problem(manifest.name, manifest.version)
        if problem is not None:
            raise ModelUnavailable(problem)

    def infer(self, name: str, version: str | None, body: bytes) -> InferResponse:
        """Compute the raw outputs, one per row.

        Args:
            name: of the model.
            version: None for the active one, or else the newest.
            body: the protocol's request as JSON.

        Raises:
            NotFound: no such model or version.
            ModelUnavailable: its artefact is missing or altered.
            InvalidInput: tensors that are missing, unknown, of differing lengths, or not finite.
        """
        model = self._model(name, version)
        request = _read(body)
        manifest = model.manifest
        output = OUTPUTS[manifest.task]
        unknown = [o.name for o in request.outputs or () if o.name != output]
        if unknown:
            raise InvalidInput.single("outputs", f"sortie inconnue ; ce modèle donne {output}.", unknown[0])
        raw = model.raw(_matrix(manifest.feature_names, request.inputs))
        tensor = ResponseTensor(name=output, shape=[len(raw)], data=raw.tolist())
        return InferResponse(
            model_name=name, model_version=str(manifest.version), id=request.id, outputs=[tensor]
        )

    def _manifest(self, name: str, version: str | None) -> Manifest:
        if version is not None:
            if not (version.isascii() and version.isdecimal() and len(version) <= len("999999999")):
                raise NotFound("Version de modèle", version)
            return self.store.manifest(name, int(version))
        for served in self.models.current().served:
            if served.model.manifest.name == name:
                return served.model.manifest
        newest = [m for m in self.store.manifests() if m.name == name]
        if not newest:
            raise NotFound("Modèle", name)
        return newest[-1]

    def _model(self, name: str, version: str | None) -> LoadedModel:
        manifest = self._manifest(name, version)
        for served in self.models.current().served:
            active = served.model.manifest
            if (active.name, active.version) == (manifest.name, manifest.version):
                return served.model
        try:
            loaded: LoadedModel = self._loaded(manifest.name, manifest.version)  # type: ignore[attr-defined]
        except NotFound as error:
            raise ModelUnavailable(error.detail) from error
        return loaded


def _read(body: bytes) -> InferRequest:
    try:
        return InferRequest.model_validate_json(body)
    except ValidationError as error:
        raise InvalidInput(french_errors(error.errors(include_url=False))) from error


def _matrix(names: Sequence[str], tensors: Sequence[RequestTensor]) -> np.ndarray:
    """Build the (n, k) matrix, features in the order of ``names``."""
    by_name = {tensor.name: tensor for tensor in tensors}
    expected = f"ce modèle lit {', '.join(names)}."
    wrong = [FieldError(n, "tenseur d’entrée manquant.") for n in names if n not in by_name]
    wrong += [FieldError(n, f"tenseur inconnu ; {expected}") for n in by_name if n not in names]
    if len(by_name) < len(tensors):
        wrong.append(FieldError("inputs", "un tenseur y est deux fois."))
    if wrong:
        raise InvalidInput(wrong)
    columns = [_column(by_name[name]) for name in names]
    if len({len(column) for column in columns}) > 1:
        raise InvalidInput.single("inputs", "les tenseurs n’ont pas tous le même nombre de lignes.")
    return np.column_stack(columns)


def _column(tensor: RequestTensor) -> np.ndarray:
    rows = tensor.shape[0]
    if rows < 0 or tensor.shape[1:] not in ([], [1]):
        raise InvalidInput.single(tensor.name, "forme attendue : [n] ou [n, 1].", tensor.shape)
    flat = [v[0] if isinstance(v, list) and len(v) == 1 else v for v in tensor.data]
    if not all(isinstance(v, int | float) for v in flat):
        raise InvalidInput.single(tensor.name, "des nombres sont attendus.")
    try:
        column = np.array(flat, dtype=np.float64)
    except OverflowError as error:
        raise InvalidInput.single(tensor.name, "nombre trop grand.") from error
    if len(column) != rows:
        raise InvalidInput.single(
            tensor.name, f"{french.counted(rows, 'valeur annoncée')}, {french.counted(len(column), 'reçue')}."
        )
    if not np.isfinite(column).all():
        raise InvalidInput.single(tensor.name, "des nombres finis sont attendus.")
    return column
