"""ONNX files: which come in, what they answer, and why the others are refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.graphs.candidate import GraphCandidate
from api.inference.importing.child.graphs.ensembles import leads_to_an_end
from api.inference.importing.child.graphs.opening import open_graph, prove_graph
from api.inference.importing.not_models import refuse_other_kinds
from api.inference.serving.artefact import is_onnx
from tests.support.models.onnx_files import (
    column_by_name,
    converted,
    hand_made,
    logistic,
    table,
    two_columns,
)
from tests.support.park.importer_tools import SENSORS, labelled
from tests.support.words import plain

pytestmark = pytest.mark.slow  # loads ONNX

ROOT = Path(__file__).resolve().parents[3]
TABLE = labelled(300)
ROWS = TABLE[SENSORS].to_numpy(float)
FAILS = TABLE.failure_within_7d.to_numpy()
DAYS = TABLE.time_to_failure_days.to_numpy()
FOREST = RandomForestClassifier(4, max_depth=4, random_state=0).fit(ROWS, FAILS)
WORDS = RandomForestClassifier(4, max_depth=4, random_state=0).fit(ROWS, np.where(FAILS, "panne", "ok"))
NETWORK = MLPClassifier((6,), tol=0.5, n_iter_no_change=2, random_state=0).fit(ROWS / 100, FAILS)
TREES = GradientBoostingRegressor(n_estimators=8, random_state=0).fit(ROWS, DAYS)


def opened(model: Any, task: Any = "classification", positive: str | None = None) -> GraphCandidate:
    names = SENSORS if len(model.graph.input) == 1 else None
    candidate, _ = open_graph(model.SerializeToString(), task, positive, names)
    prove_graph(candidate, ROWS, np.tile(ROWS, (4, 1)))
    return candidate


def refused(model: Any, **options: Any) -> str:
    with pytest.raises(ModelRefused) as caught:
        opened(model, **options)
    return plain(caught.value.detail)


ANSWERS: dict[str, tuple[Callable[[], Any], dict[str, Any], Callable[[], np.ndarray]]] = {
    "a column by name": (column_by_name, {}, lambda: logistic(ROWS)),
    "by hand": (hand_made, {}, lambda: logistic(ROWS)),
    "classes in words": (
        lambda: converted(WORDS),
        {"positive": "panne"},
        lambda: WORDS.predict_proba(ROWS)[:, 1],
    ),
    "days": (lambda: converted(TREES), {"task": "regression"}, lambda: TREES.predict(ROWS)),
    "forest": (lambda: converted(FOREST), {}, lambda: FOREST.predict_proba(ROWS)[:, 1]),
    "other class": (lambda: converted(FOREST), {"positive": "0"}, lambda: FOREST.predict_proba(ROWS)[:, 0]),
    "network": (
        lambda: converted(NETWORK),
        {},
        lambda: NETWORK.predict_proba(ROWS)[:, 1],
    ),
    "two columns": (two_columns, {}, lambda: logistic(ROWS)),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_onnx__answers_like_its_original(kind: str) -> None:
    make, options, original = ANSWERS[kind]
    candidate = opened(make(), **options)
    expected = original()
    scale = max(1.0, float(np.abs(expected).max()))  # days in single precision
    assert np.abs(candidate.output(ROWS) - expected).max() <= 1e-6 * scale
    assert candidate.features == tuple(SENSORS)


def with_external_data() -> Any:
    model = hand_made()
    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secrets/key")
    return model


def with_a_loop() -> Any:
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["again"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("again", TensorProto.BOOL, [])],
    )
    return hand_made([helper.make_node("Loop", ["n", "c"], ["Y"], body=body)])


def with_a_function() -> Any:
    model = hand_made()
    model.functions.append(helper.make_function("own", "Twice", ["x"], ["y"], [], model.opset_import))
    return model


def altered_trees(name: str, value: int) -> Any:
    model = converted(FOREST)
    node = next(node for node in model.graph.node if node.op_type == "TreeEnsembleClassifier")
    next(item for item in node.attribute if item.name == name).ints[0] = value
    return model


def linear(coefficients: int) -> Any:
    node = helper.make_node(
        "LinearRegressor", ["X"], ["Y"], domain="ai.onnx.ml", coefficients=[1.0] * coefficients,
        intercepts=[0.0],
    )  # fmt: skip
    one = TensorProto.FLOAT
    return hand_made([node], inputs=[table("X", 5, one)], outputs=[table("Y", 1, one)])


def after(operator: str, *more: Any, **attributes: Any) -> Any:
    """The hand-made regression whose sum goes through another operator last."""
    nodes = list(hand_made().graph.node)[:2]
    return hand_made([*nodes, helper.make_node(operator, ["S", *more], ["Y"], **attributes)])


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a batch's mean": (lambda: hand_made(
        [helper.make_node("ReduceMean", ["X"], ["A"], axes=[0], keepdims=1),
         helper.make_node("Sub", ["X", "A"], ["C"]),
         helper.make_node("MatMul", ["C", "W"], ["M"]),
         helper.make_node("Sigmoid", ["M"], ["Y"])]), "dépend des autres lignes"),
    "a class beyond": (lambda: altered_trees("class_ids", 9), "arbres du fichier ONNX sont incohérents"),
    "a dictionary": (lambda: converted(FOREST, options=None), "zipmap"),
    "a feature beyond": (lambda: altered_trees("nodes_featureids", 5), "ne lit pas autant de colonnes"),
    "a feature below": (lambda: altered_trees("nodes_featureids", -1), "arbres du fichier ONNX"),
    "a fixed number of rows": (lambda: hand_made(inputs=[table("X", 5, rows=1)]), "que 1 ligne à la fois"),
    "a function of its own": (with_a_function, "des fonctions ou un entraînement à lui"),
    "a loop": (with_a_loop, "l’opérateur « Loop »"),
    "a node beyond": (lambda: altered_trees("nodes_truenodeids", 10**6), "arbres du fichier ONNX"),
    "a path in a circle": (lambda: altered_trees("nodes_truenodeids", 0), "arbres du fichier ONNX"),
    "another library": (lambda: hand_made(domain="com.microsoft"), "l’extension « com.microsoft »"),
    "another file": (with_external_data, "dans un autre fichier"),
    "chance": (lambda: hand_made([helper.make_node("RandomNormal", [], ["Y"], shape=[3, 1])]), "RandomNorm"),
    "more weights": (lambda: linear(6), "ne lit pas autant de colonnes"),
    "fewer weights": (lambda: linear(4), "ne lit pas autant de colonnes"),
    "no calculation": (lambda: hand_made([]), "ne contient aucun calcul"),
    "no probability": (lambda: after("Identity"), "hors de 0–1"),
    "not everywhere": (lambda: after("Log"), "n’est pas définie partout"),
    "text": (lambda: hand_made(inputs=[table("X", 5, TensorProto.STRING)]), "attend du texte"),
    "three columns": (
        lambda: after("Concat", "S", "S", axis=1), "répond 3 nombres par ligne"),
    "whole numbers": (lambda: hand_made(inputs=[table("X", 5, TensorProto.INT64)]), "le type int64"),
    "wrong structure": (
        lambda: hand_made([helper.make_node("Sigmoid", ["absent"], ["Y"])]), "ne suit pas le format"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_onnx__is_refused_for_its_true_reason(kind: str) -> None:
    make, reason = REFUSED[kind]
    said = refused(
        make(), task="regression" if kind in {"more weights", "fewer weights"} else "classification"
    )
    assert reason in said
    assert not any(word in said.casefold() for word in ("onnxruntimeerror", "invalid", "error", "mémoire ou"))


def test_onnx__the_right_number_of_weights_comes_in() -> None:
    candidate = opened(linear(5), task="regression")
    assert candidate.output(ROWS) == pytest.approx(ROWS.sum(axis=1), rel=1e-6)


def test_onnx__names_and_task_are_asked_for() -> None:
    data = hand_made().SerializeToString()
    with pytest.raises(ModelRefused, match=r"--features .il en faut 5"):
        open_graph(data, "classification", None, None)
    with pytest.raises(ModelRefused, match="est un classifieur"):
        open_graph(converted(FOREST).SerializeToString(), "regression", None, SENSORS)
    with pytest.raises(ModelRefused, match="Quelle classe est la panne"):
        open_graph(converted(WORDS).SerializeToString(), "classification", None, SENSORS)
    with pytest.raises(ModelRefused, match="exportez les deux colonnes"):
        open_graph(data, "classification", "0", SENSORS)
    assert open_graph(data, None, None, SENSORS)[1] == "regression"
    assert open_graph(converted(FOREST).SerializeToString(), None, None, SENSORS)[1] == "classification"


def test_onnx__truncated_anywhere_is_refused_in_french() -> None:
    data = converted(FOREST).SerializeToString()
    assert is_onnx(data)
    for share in (0.01, 0.3, 0.9, 0.999):
        with pytest.raises(ModelRefused):
            open_graph(data[: int(len(data) * share)], "classification", None, SENSORS)


def test_onnx__without_the_runtime_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ModelRefused, match="n’existe pas pour ce système"):
        open_graph(hand_made().SerializeToString(), "classification", None, SENSORS)


def test_onnx__a_weight_that_lies_about_its_size_is_refused() -> None:
    model = hand_made()
    tensor = numpy_helper.from_array(np.zeros((5, 1)), "W")
    tensor.dims[0] = 10**9
    model.graph.initializer[0].CopyFrom(tensor)
    assert "mal décrit" in refused(model)


def test_paths__shared_nodes_end_and_circles_do_not() -> None:
    assert leads_to_an_end([[1, 2], [3, 3], [3], []])
    assert not leads_to_an_end([[1, 2], [0], []])
    assert not leads_to_an_end([[0, 0]])


OTHERS = {
    b"<!DOCTYPE html><html><body>Sign in": "page HTML",
    b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'": "un tableau NumPy",
    b"\x89HDF\r\n\x1a\n": "HDF5",
    b"PK\x03\x04\x14\x00": "une archive",
    b"tree\nversion=v4\n": "LightGBM",
    b'{"learner":{"attributes":{}': "XGBoost",
    b"<?xml version='1.0'?><PMML version='4.4'>": "PMML",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n": "pointeur Git LFS",
}


@pytest.mark.parametrize("content", OTHERS, ids=list(OTHERS.values()))
def test_other_kinds__are_named_with_what_to_send_instead(content: bytes) -> None:
    with pytest.raises(ModelRefused) as caught:
        refuse_other_kinds(content)
    assert OTHERS[content] in plain(caught.value.detail)


def test_linear_classifier__of_a_converter_comes_in() -> None:
    fitted = LogisticRegression(max_iter=2000).fit(ROWS / 100, FAILS)
    candidate = opened(converted(fitted))
    assert candidate.output(ROWS) == pytest.approx(fitted.predict_proba(ROWS)[:, 1], abs=1e-5)


def test_other_systems__check_pickles_without_any_library_of_onnx() -> None:
    script = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('onnx', 'onnxruntime', 'skl2onnx'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "import api.inference.importing.child.build, api.inference.importing.child.drafting\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)
