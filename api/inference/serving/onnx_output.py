"""Raw outputs of a compiled model, through ONNX Runtime. Neither scikit-learn nor pandas is imported."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime

from api.inference.serving.loaded import Floats

_ERRORS_ONLY = 3
_DTYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64}


class OnnxOutput:
    """A compiled model, ready to answer. Safe to share between threads.

    Args:
        data: the ONNX file.
        features: names of the columns of the rows to answer.
        positive: column of the failure class, None for a regressor.

    Raises:
        ValueError: the input has a type that no compilation makes.
    """

    def __init__(self, data: bytes, features: tuple[str, ...], positive: int | None) -> None:
        options = onnxruntime.SessionOptions()
        # One thread: concurrent requests share the cores better than a pool for each of them.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        inputs = session.get_inputs()
        if inputs[0].type not in _DTYPES:
            raise ValueError(f"unexpected input type {inputs[0].type}")
        self._run = session.run
        self._dtype = _DTYPES[inputs[0].type]
        # A classifier's label comes first, its probabilities last.
        self._wanted = [session.get_outputs()[-1].name]
        self._whole = inputs[0].name if len(inputs) == 1 else None
        self._columns = [(tensor.name, features.index(tensor.name)) for tensor in inputs if len(inputs) > 1]
        self._positive = positive

    def __call__(self, features: Floats) -> Floats:
        """Return the (n,) probabilities of failure, or days, of (n, k) features in order."""
        rows = features.astype(self._dtype)
        feeds: dict[str, Any] = (
            {name: rows[:, at : at + 1] for name, at in self._columns}
            if self._whole is None
            else {self._whole: rows}
        )
        answer = self._run(self._wanted, feeds)[0]
        if answer.ndim == 2:
            answer = answer[:, 0 if answer.shape[1] == 1 else self._positive]
        output: Floats = answer.astype(np.float64, copy=False)
        # A sum over trees may exceed 1 by a rounding error, and then would not be a probability.
        return output if self._positive is None else output.clip(0.0, 1.0)
