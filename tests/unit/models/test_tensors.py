"""Tensors of the Open Inference Protocol: declared types, shapes and possible values, each enforced."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.shared.exceptions import InvalidInput
from api.inference.serving.catalogue import CATALOGUE
from api.schemas.open_inference import RequestTensor
from api.services.models.protocol.tensors import matrix_of
from tests.support.words import plain

SPECS = [CATALOGUE["wind_speed"], CATALOGUE["maintenance_done"]]
NAMES = [spec.name for spec in SPECS]


def tensor(
    data: list[Any], datatype: str = "FP64", name: str = "wind_speed", shape: Any = None
) -> RequestTensor:
    return RequestTensor(name=name, datatype=datatype, shape=shape or [len(data)], data=data)


def refusal(*tensors: RequestTensor) -> str:
    with pytest.raises(InvalidInput) as caught:
        matrix_of(SPECS, tensors)
    return plain(caught.value.errors[0].message)


def beside(other: RequestTensor) -> RequestTensor:
    """The tensor of the second feature, with as many rows."""
    return tensor([0] * other.shape[0], "INT64", "maintenance_done")


@pytest.mark.parametrize(
    ("datatype", "value", "said"),
    [
        ("BOOL", 7, "true, false, 0 ou 1"),
        ("BOOL", 0.5, "true, false, 0 ou 1"),
        ("FP16", 70000.0, "FP16"),
        ("FP32", 1e39, "FP32"),
        ("FP64", True, "des nombres"),
        ("FP64", "3", "des nombres"),
        ("FP64", 10**400, "trop grand"),
        ("INT64", 2.7, "nombre entier"),
        ("INT8", -129, "-128 à 127"),
        ("UINT16", -1, "0 à 65535"),
        ("UINT8", 300, "0 à 255"),
    ],
)
def test_type__is_enforced_as_it_is_declared(datatype: str, value: Any, said: str) -> None:
    sent = tensor([value], datatype)
    assert said in refusal(sent, beside(sent))


@given(st.integers(0, 75), st.sampled_from(["UINT8", "INT8", "UINT32", "INT64", "FP16", "FP32", "FP64"]))
def test_type__a_number_that_the_type_has_is_read_as_it_is(value: int, datatype: str) -> None:
    sent = tensor([value], datatype)
    assert matrix_of(SPECS, [sent, beside(sent)]).tolist() == [[value, 0]]


def test_table__flat_or_nested_gives_the_same_rows_as_a_tensor_per_feature() -> None:
    rows = [[3.5, 1.0], [7.25, 0.0], [0.0, 1.0]]
    flat = tensor([value for row in rows for value in row], name="X", shape=[3, 2])
    nested = tensor(rows, name="X", shape=[3, 2])
    apart = [tensor([row[0] for row in rows]), tensor([row[1] for row in rows], name="maintenance_done")]
    for sent in ([flat], [nested], apart, apart[::-1]):
        assert np.array_equal(matrix_of(SPECS, sent), np.array(rows))


@pytest.mark.parametrize(
    ("data", "shape", "said"),
    [
        ([1.0, 0.0, 2.0], [3, 1], "[n, 2]"),
        ([1.0, 0.0], [2], "[n, 2]"),
        ([[1.0, 0.0], [2.0]], [2, 2], "chaque ligne doit avoir 2 valeurs"),
        ([1.0, 0.0, 2.0], [2, 2], "4 valeurs annoncées, 3 reçues"),
        ([1.0, 0.0], [-1, 2], "[n, 2]"),
    ],
)
def test_table__of_another_shape_is_refused(data: list[Any], shape: list[int], said: str) -> None:
    assert said in refusal(tensor(data, name="X", shape=shape))


@pytest.mark.parametrize(
    ("row", "said"),
    [([-3.0, 0.0], "ligne 1, valeur impossible"), ([900.0, 0.0], "m/s"), ([3.0, 2.0], "0 ou 1 est attendu")],
)
def test_value__that_the_sensor_cannot_measure_is_refused(row: list[float], said: str) -> None:
    assert said in refusal(tensor(row, name="X", shape=[1, 2]))


def test_value__beyond_a_bound_by_rounding_alone_is_the_bound() -> None:
    assert matrix_of(SPECS, [tensor([-1e-9, 1.0], name="X", shape=[1, 2])]).tolist() == [[0.0, 1.0]]
