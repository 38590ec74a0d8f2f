"""An ONNX file that may be served as it is. Imports no library of ONNX: some systems have none."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.identity import Identity

_NO_RUNTIME = (
    "Un fichier ONNX est servi par onnxruntime, qui n’existe pas pour ce système (macOS sur Intel) : il est "
    "refusé. Importez-le sur une autre machine, ou apportez le modèle scikit-learn par joblib.dump."
)


@dataclass(frozen=True)
class GraphCandidate(Identity):
    """An ONNX model that may be served as it is.

    Args:
        data: the file.
        output: the same, ready to answer.
    """

    data: bytes
    output: Any

    @property
    def estimator_name(self) -> str:
        """Return the words of the card for what computes."""
        return f"ONNX ({self.written_by})"


def require_runtime() -> None:
    """Refuse ONNX files where nothing can serve them.

    Raises:
        ModelRefused: this system has no ONNX Runtime.
    """
    if importlib.util.find_spec("onnxruntime") is None:
        raise ModelRefused(_NO_RUNTIME)
