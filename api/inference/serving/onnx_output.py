"""Raw outputs of a compiled model, through ONNX Runtime. Neither scikit-learn nor pandas is imported."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

from api.inference.serving.loaded import Floats

_ERRORS_ONLY = 3
_DTYPES: dict[str, type[np.float32 | np.float64]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
}
_PROBABILITY = "prob"
# Errors of a graph that does not load or run: the runtime's own share no base class.
RUNTIME_ERRORS: tuple[type[Exception], ...] = (
    LookupError,
    MemoryError,
    RuntimeError,
    ValueError,
    state.Fail,
    state.InvalidArgument,
    state.InvalidGraph,
    state.InvalidProtobuf,
    state.NotImplemented,
    state.RuntimeException,
)


class OnnxOutput:
    """A compiled model, ready to answer. Safe to share between threads.

    Args:
        data: the ONNX file.
        features: names of the columns of the rows to answer.
        positive: column of the failure class, None for a regressor.

    Attributes:
        is_classifier: whether its outputs are those of a classifier: labels, or named probabilities.

    Raises:
        ValueError: an input has a type that is not read.
        LookupError: several outputs of numbers, none of which is named as the probabilities.
    """

    def __init__(self, data: bytes, features: tuple[str, ...], positive: int | None) -> None:
        options = onnxruntime.SessionOptions()
        # One thread: concurrent requests share the cores better than a pool for each of them.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        inputs, outputs = session.get_inputs(), session.get_outputs()
        if others := [tensor.type for tensor in inputs if tensor.type not in _DTYPES]:
            raise ValueError(f"unexpected input type {others[0]}")
        self._run = session.run
        self._wanted = [_answer_of(outputs)]
        self.is_classifier = len(outputs) > 1 or _PROBABILITY in self._wanted[0].casefold()
        self._whole = inputs[0].name if len(inputs) == 1 else None
        self._dtype = _DTYPES[inputs[0].type]
        self._columns = [
            (tensor.name, features.index(tensor.name), _DTYPES[tensor.type])
            for tensor in inputs
            if len(inputs) > 1
        ]
        self._positive = positive

    def of_class(self, positive: int) -> Self:
        """Return the same model, answering for that column of its probabilities."""
        other = copy.copy(self)
        other._positive = positive
        return other

    def table(self, features: Floats) -> Any:
        """Return the answer to (n, k) features in order as the graph gives it: one or two columns."""
        feeds: dict[str, Any] = (
            {name: features[:, at : at + 1].astype(dtype) for name, at, dtype in self._columns}
            if self._whole is None
            else {self._whole: features.astype(self._dtype)}
        )
        return self._run(self._wanted, feeds)[0]

    def unbounded(self, features: Floats) -> Floats:
        """Return the (n,) answers as they are: a probability may lie outside 0–1."""
        answer = self.table(features)
        if answer.ndim == 2:
            answer = answer[:, 0 if answer.shape[1] == 1 else self._positive]
        output: Floats = answer.astype(np.float64, copy=False)
        return output

    def __call__(self, features: Floats) -> Floats:
        """Return the (n,) probabilities of failure, or days, of (n, k) features in order."""
        output = self.unbounded(features)
        # A sum over trees may exceed 1 by a rounding error, and then would not be a probability.
        return output if self._positive is None else output.clip(0.0, 1.0)


def _answer_of(outputs: Sequence[Any]) -> str:
    """Return the name of the output to read: the only one of numbers, else the one named as probabilities."""
    numbers: list[str] = [tensor.name for tensor in outputs if tensor.type in _DTYPES]
    named = [name for name in numbers if _PROBABILITY in name.casefold()]
    chosen = numbers if len(numbers) == 1 else named
    if len(chosen) != 1:
        raise LookupError(", ".join(numbers))
    return chosen[0]
