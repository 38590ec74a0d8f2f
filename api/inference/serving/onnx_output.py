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
        features: names of the columns of what it will be given.
        positive: column of the failure class, None for a regressor.

    Raises:
        ValueError: an input of a type that no compilation makes.
    """

    def __init__(self, data: bytes, features: tuple[str, ...], positive: int | None) -> None:
        options = onnxruntime.SessionOptions()
        # One thread: concurrent requests share the cores better than the pools of each of them would.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        given = session.get_inputs()
        if given[0].type not in _DTYPES:
            raise ValueError(f"unexpected input type {given[0].type}")
        self._run = session.run
        self._dtype = _DTYPES[given[0].type]
        # A classifier's label comes first, its probabilities last.
        self._wanted = [session.get_outputs()[-1].name]
        self._whole = given[0].name if len(given) == 1 else None
        self._columns = [(tensor.name, features.index(tensor.name)) for tensor in given if len(given) > 1]
        self._positive = positive

    def __call__(self, features: Floats) -> Floats:
        """(n, k) features, in order, to (n,) probabilities of failure or days."""
        rows = features.astype(self._dtype)
        feeds: dict[str, Any] = (
            {name: rows[:, at : at + 1] for name, at in self._columns}
            if self._whole is None
            else {self._whole: rows}
        )
        found = self._run(self._wanted, feeds)[0]
        if found.ndim == 2:
            found = found[:, 0 if found.shape[1] == 1 else self._positive]
        output: Floats = found.astype(np.float64, copy=False)
        # A sum over trees may exceed 1 by a rounding error, and then would not be a probability.
        return output if self._positive is None else output.clip(0.0, 1.0)
