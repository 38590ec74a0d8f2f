"""Raw outputs of any stored version, for clients of the Open Inference Protocol V2."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pydantic import ValidationError

from api.domain.shared.exceptions import InvalidInput, ModelUnavailable, NotFound
from api.inference.serving.loaded import LoadedModel
from api.inference.serving.manifest import Manifest
from api.inference.serving.store import ModelStore
from api.schemas.open_inference import (
    InferRequest,
    InferResponse,
    ModelMetadata,
    ResponseTensor,
    TensorMetadata,
)
from api.services.models.active_models import ActiveModelsSource
from api.services.models.protocol.tensors import matrix_of
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
            InvalidInput: tensors that are missing, unknown or of differing lengths, or values that their type
                or their sensor cannot have.
        """
        model = self._model(name, version)
        request = _read(body)
        manifest = model.manifest
        output = OUTPUTS[manifest.task]
        unknown = [o.name for o in request.outputs or () if o.name != output]
        if unknown:
            raise InvalidInput.single("outputs", f"sortie inconnue ; ce modèle donne {output}.", unknown[0])
        raw = model.raw(matrix_of(manifest.features, request.inputs))
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
