"""Hostile and broken model files are refused by reading alone: nothing in them runs or is imported."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib.numpy_pickle import NumpyArrayWrapper
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.pickles.scan import scan
from api.inference.serving.artefact import read_artefact

pytestmark = pytest.mark.slow  # loads scikit-learn

FEATURES = np.random.default_rng(0).normal(size=(40, 3))
LABELS = (FEATURES[:, 0] > 0).astype(int)


class Call:
    """Pickles as a call of ``function(*arguments)``."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, self.arguments


def dumped(value: object, **options: Any) -> bytes:
    stream = io.BytesIO()
    joblib.dump(value, stream, **options)
    return stream.getvalue()


def forest(extra: object = None) -> RandomForestClassifier:
    """A fitted forest; ``extra`` rides along as its last attribute, after all its arrays."""
    model = RandomForestClassifier(3, random_state=0).fit(FEATURES, LABELS)
    if extra is not None:
        model.zz_extra = extra
    return model


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "executed"


def touch(marker: Path) -> Call:
    return Call(os.mkdir, str(marker))


def refused(data: bytes) -> str:
    with pytest.raises(ModelRefused) as caught:
        scan(data)
    return caught.value.detail


def test_scan__control_the_hostile_file_does_run_when_loaded(marker: Path) -> None:
    joblib.load(io.BytesIO(dumped(forest(touch(marker)))))
    assert marker.exists()


@pytest.mark.parametrize("dump", [dumped, pickle.dumps], ids=["joblib", "pickle"])
def test_scan__call_hidden_after_the_arrays_is_found(dump: Callable[[object], bytes], marker: Path) -> None:
    assert f"{os.mkdir.__module__}.mkdir" in refused(dump(forest(touch(marker))))
    assert not marker.exists()


def test_scan__call_inside_an_object_array_is_found(marker: Path) -> None:
    array = np.array([1, touch(marker)], dtype=object)
    assert "mkdir" in refused(dumped(forest(array)))
    assert not marker.exists()


def test_scan__joblib_array_inside_an_object_array_is_refused() -> None:
    # joblib would not skip bytes there: following it would hide what the loader reads.
    wrapper = NumpyArrayWrapper(np.ndarray, (3,), "C", np.dtype("f8"))
    assert "emboîte" in refused(dumped(forest(np.array([wrapper, 1], dtype=object))))


def test_scan__call_after_an_object_array_is_found(marker: Path) -> None:
    harmless = np.array(["a", None], dtype=object)
    assert "mkdir" in refused(dumped(forest([harmless, touch(marker)])))
    assert not marker.exists()


@pytest.mark.parametrize("method", ["zlib", "gzip", "bz2", "lzma", "xz"])
def test_scan__compressed_file_is_read_too(method: str, marker: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    joblib.dump(forest(touch(marker)), path, compress=(method, 3))
    assert "mkdir" in refused(read_artefact(path))
    joblib.dump(forest(), path, compress=(method, 3))
    assert scan(read_artefact(path)).root == "sklearn.ensemble._forest.RandomForestClassifier"
    assert not marker.exists()


def joblib_load_call(path: str) -> Call:
    return Call(joblib.load, path)


@pytest.mark.parametrize(
    "call",
    [
        Call(np.load, "x.npy", None, True),
        Call(np.fromfile, "x"),
        Call(np.testing.assert_allclose, 1, 1),
        joblib_load_call("x"),
        Call(eval, "1"),
        Call(getattr, 1, "real"),
        Call(__import__, "os"),
        Call(open, "x"),
        Call(__import__("sklearn.utils", fromlist=["_testing"]).get_tags, LogisticRegression()),
        Call(__import__("sklearn.datasets", fromlist=["x"]).load_svmlight_file, "x"),
        Call(__import__("sklearn.externals.array_api_compat", fromlist=["x"]).is_numpy_array, 1),
        Call(__import__("pandas").read_pickle, "x"),
        Call(__import__("functools").reduce, max, [1, 2]),
        Call(__import__("operator").attrgetter, "x"),
    ],
    ids=lambda call: f"{call.function.__module__}.{call.function.__qualname__}",
)
def test_scan__callables_of_known_libraries_off_the_list_are_refused(call: Call) -> None:
    detail = refused(dumped(forest(call)))
    assert call.function.__qualname__ in detail
    assert "rien n’a été exécuté" in detail


def short(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "os.system"),
        (b"(S'true'\nios\nsystem\n.", "opération de pickle"),
        (b"(cos\nsystem\nS'true'\no.", "os.system"),
        (b"Pidentifier\n.", "opération de pickle"),
        (b"\x80\x02K\x01Q.", "opération de pickle"),
        (b"\x80\x02\x82\x01.", "opération de pickle"),
        (b"\x80\x02\x83\x01\x00.", "opération de pickle"),
        (b"\x80\x05\x97.", "opération de pickle"),
        # An attribute reached through a listed class is not a listed name.
        (
            b"\x80\x04" + short("sklearn.pipeline") + short("Pipeline.__init__.__globals__") + b"\x93.",
            "__globals__",
        ),
        (b"\x80\x04" + short("functools") + short("partial.func") + b"\x93.", "partial.func"),
        # Python 2 spellings are not translated into something else after the check.
        (b"c__builtin__\neval\n(S'1'\ntR.", "__builtin__.eval"),
        # A class itself may not be modified.
        (b"csklearn.pipeline\nPipeline\n}b.", "modifie autre chose"),
        # Nor may the result of a call be called.
        (b"cfunctools\npartial\ncsklearn.utils.validation\ncheck_array\n\x85R)R.", "appelle autre chose"),
        (b"csklearn.pipeline\nPipeline\n)\x81K\x01a.", "liste"),
        (b"csklearn.pipeline\nPipeline\n)\x81K\x01K\x02s.", "dictionnaire"),
    ],
)
def test_scan__hand_made_streams_are_refused(stream: bytes, said: str) -> None:
    assert said in refused(stream)


def test_scan__imports_nothing_that_the_file_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "trap_module.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "trap_module.anything" in refused(b"ctrap_module\nanything\n.")
    assert "trap_module" not in sys.modules


def test_scan__listed_names_are_not_imported_either() -> None:
    name = "sklearn.neural_network._multilayer_perceptron"
    before = {key: sys.modules.pop(key) for key in [*sys.modules] if key.startswith("sklearn.neural_network")}
    try:
        found = scan(b"\x80\x04c" + name.encode() + b"\nMLPClassifier\n)\x81.")
        assert found.root.endswith("MLPClassifier")
        assert name not in sys.modules
    finally:
        sys.modules.update(before)


def test_scan__something_after_the_end_is_refused(tmp_path: Path) -> None:
    plain = dumped(forest())
    assert "suivent la fin" in refused(plain + b"\x00")
    assert "suivent la fin" in refused(plain + pickle.dumps(1))
    for squeeze in (zlib.compress, gzip.compress, bz2.compress, lzma.compress):
        path = tmp_path / "model"
        path.write_bytes(squeeze(plain) + b"tail")
        with pytest.raises(ModelRefused, match=r"suivent la fin|illisible"):
            read_artefact(path)


def test_scan__frame_longer_than_its_pickle_is_refused() -> None:
    body = b"csklearn.pipeline\nPipeline\n)\x81."
    framed = b"\x80\x04\x95" + (len(body) + 3).to_bytes(8, "little") + body + b"abc"
    assert "suivent la fin" in refused(framed)


@pytest.mark.parametrize(
    "value", [{"model": 1}, [1, 2], "text", 3, None, (1,), RandomForestClassifier], ids=repr
)
def test_scan__not_an_estimator_says_what_it_is(value: object) -> None:
    name = "RandomForestClassifier" if isinstance(value, type) else type(value).__name__
    assert name in refused(dumped(value))


def test_scan__tells_the_version_that_wrote_the_file() -> None:
    current = dumped(forest())
    older = current.replace(b"1.7.2", b"1.6.1")
    assert scan(current).sklearn_versions == {"1.7.2"}
    assert scan(older).sklearn_versions == {"1.6.1"}


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(st.integers(min_value=0))
def test_scan__every_truncation_is_refused(cut: int) -> None:
    whole = dumped(forest())
    with pytest.raises(ModelRefused):
        scan(whole[: cut % len(whole)])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_scan__any_bytes_are_refused_or_inert(data: bytes) -> None:
    with pytest.raises(ModelRefused):
        scan(data)


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=0), st.integers(0, 255))
def test_scan__one_changed_byte_never_escapes_the_refusal(position: int, value: int) -> None:
    data = bytearray(WHOLE)
    data[position % len(data)] = value
    try:
        found = scan(bytes(data))
    except ModelRefused:
        return
    assert found.root.startswith("sklearn.")


WHOLE = dumped(LogisticRegression().fit(FEATURES, LABELS))

DTYPES = st.sampled_from(
    ["f8", "f4", "f2", "i8", "i1", "u2", "?", "c16", "S7", "U5", "M8[s]", "m8[D]", ">f8", "O"]
)
STRUCTURED = np.dtype([("left", "<i8"), ("threshold", "<f8"), ("leaf", "u1")])


@settings(max_examples=60, deadline=None)
@given(
    DTYPES.map(np.dtype) | st.just(STRUCTURED),
    st.lists(st.integers(0, 4), max_size=3),
    st.sampled_from("CF"),
    st.sampled_from([0, 3]),
)
def test_scan__what_follows_any_array_is_read(
    dtype: np.dtype, shape: list[int], order: Literal["C", "F"], level: int
) -> None:
    array = np.zeros(shape, dtype=dtype, order=order)
    honest, hostile = FunctionTransformer(kw_args={"a": array}), FunctionTransformer(kw_args={"a": array})
    hostile.zz_extra = Call(os.getpid)
    stream = io.BytesIO()
    joblib.dump(honest, stream, compress=level)
    data = stream.getvalue()
    assert scan(zlib.decompress(data) if level else data).root.endswith("FunctionTransformer")
    assert "getpid" in refused(dumped(hostile))


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_scan__plain_pickles_of_every_protocol_are_accepted(protocol: int) -> None:
    assert scan(pickle.dumps(forest(), protocol)).root.endswith("RandomForestClassifier")


def test_scan__array_that_lies_about_its_size_is_refused() -> None:
    data = dumped(FunctionTransformer(kw_args={"a": np.zeros(3, dtype="S7")}))
    # The size in the dtype's state, which a loader believes, no longer is the one in its name.
    lied = data.replace(b"NNNK\x07K\x01", b"NNNK\x09K\x01")
    assert lied != data
    assert "mal décrit" in refused(lied)
