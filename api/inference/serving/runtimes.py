"""The runtime that computes a stored version's raw outputs, and when scikit-learn is loaded."""

from __future__ import annotations

import hashlib
import importlib.util
import threading
import warnings
from pathlib import Path

from api.domain.shared.exceptions import ModelUnavailable
from api.inference.serving.artefact import load_artefact, read_artefact, sha256_of
from api.inference.serving.loaded import Floats, RawOutput
from api.inference.serving.manifest import Manifest


def output_of(folder: Path, manifest: Manifest) -> RawOutput:
    """Return the runtime of a version whose files have been checked.

    Args:
        folder: of the version.
        manifest: names the runtime of small batches and that of large ones.

    Raises:
        ModelUnavailable: its compiled form has been altered since.
    """
    runtime, original = manifest.runtime, OriginalOutput(folder, manifest)
    if manifest.served_as_it_came and importlib.util.find_spec("onnxruntime") is None:
        raise ModelUnavailable(
            f"Modèle {manifest.name} version {manifest.version} : un fichier ONNX est servi par onnxruntime, "
            "qui n’existe pas pour ce système. Activez une version de scikit-learn."
        )
    # The compiled runtime has no wheel for some systems: scikit-learn then serves alone.
    if runtime.compiled is None or importlib.util.find_spec("onnxruntime") is None:
        original.load()
        return original
    # Imported here: a version that only scikit-learn serves must load without it.
    from api.inference.serving.onnx_output import OnnxOutput  # noqa: PLC0415

    data = (folder / runtime.compiled.file).read_bytes()
    if hashlib.sha256(data).hexdigest() != runtime.compiled.sha256:
        raise _altered(manifest, runtime.compiled.file)
    positive = None if manifest.classes is None else manifest.positive_index
    compiled = OnnxOutput(data, manifest.feature_names, positive)
    if runtime.scikit_learn_from is None:
        return compiled
    return BySize(compiled, original, runtime.scikit_learn_from)


class OriginalOutput:
    """scikit-learn's own answer; the estimator is loaded at the first call, once.

    Importing scikit-learn takes a second and some sixty megabytes, which a service that answers through the
    compiled runtime never pays.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder, self._manifest = folder, manifest
        self._lock = threading.Lock()
        self._output: RawOutput | None = None

    def load(self) -> RawOutput:
        """Return the estimator's output; its file is checked again, for it may have changed since.

        Raises:
            ModelUnavailable: the file was altered.
        """
        with self._lock:
            if self._output is None:
                self._output = self._loaded()
            return self._output

    def __call__(self, features: Floats) -> Floats:
        """Return the (n,) outputs of (n, k) features."""
        return (self._output or self.load())(features)

    def _loaded(self) -> RawOutput:
        from sklearn.exceptions import InconsistentVersionWarning  # noqa: PLC0415

        from api.inference.serving.sklearn_output import SklearnOutput  # noqa: PLC0415
        from api.inference.serving.soundness import check_soundness  # noqa: PLC0415

        manifest = self._manifest
        path = self._folder / manifest.artefact
        if sha256_of(path) != manifest.sha256:
            raise _altered(manifest, manifest.artefact)
        with warnings.catch_warnings():
            # A file of another version is only here because its recorded outputs were reproduced.
            warnings.simplefilter(
                "error" if manifest.golden is None else "ignore", InconsistentVersionWarning
            )
            estimator = load_artefact(read_artefact(path))
        # Again here: a version may have been imported before a check existed.
        check_soundness(estimator)
        positive = None if manifest.classes is None else manifest.positive_index
        return SklearnOutput(estimator, manifest.feature_names, positive)


class BySize:
    """The compiled runtime for small batches, scikit-learn for large ones.

    Args:
        small: answers below ``large_from`` rows.
        large: answers from ``large_from`` rows on.
    """

    def __init__(self, small: RawOutput, large: RawOutput, large_from: int) -> None:
        self._small, self._large, self._large_from = small, large, large_from

    def __call__(self, features: Floats) -> Floats:
        """Return the (n,) outputs of (n, k) features."""
        return (self._small if len(features) < self._large_from else self._large)(features)


def _altered(manifest: Manifest, file: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"Modèle {manifest.name} version {manifest.version} : le fichier {file} a été modifié (empreinte "
        "SHA-256 différente). Réimportez le modèle."
    )
