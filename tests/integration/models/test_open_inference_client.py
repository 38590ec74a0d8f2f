"""The Open Inference Protocol V2 as an unmodified client of another maker speaks it, to a real server."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import requests
import tritonclient.http as triton
from sklearn.tree import DecisionTreeClassifier
from tritonclient.utils import InferenceServerException

from api.core import Core
from tests.support.client import new_core
from tests.support.importing_here import importing_here
from tests.support.park.importer_tools import SENSORS, bring, fill_bench, labelled
from tests.support.servers import Server, environment, free_port
from tests.support.words import plain

ROWS = labelled(400)[SENSORS].clip(lower=0).to_numpy(float)
OUTPUTS = {"classification": "proba_panne_7j", "regression": "jours_avant_panne"}
Change = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Service:
    """A running API: its address, a key's header, and the names of the models in service by task."""

    port: int
    key: dict[str, str]
    names: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def with_reference_models(core: Core, _request: pytest.FixtureRequest) -> None:
    for summary in core.model_service.all():
        core.model_service.activate(summary.name, summary.version, by="essai", reason="essai")


def with_client_models(core: Core, request: pytest.FixtureRequest) -> None:
    client: Core = request.getfixturevalue("client_core")
    folder = Path("model_store")
    shutil.copytree(client.settings.home / folder, core.settings.home / folder)
    for name in ("classification", "regression"):
        core.model_service.activate(name, 1, by="essai", reason="essai")


def second_classifier(folder: Path) -> Path:
    table = labelled()
    path = folder / "second.joblib"
    joblib.dump(DecisionTreeClassifier(max_depth=4).fit(table[SENSORS], table.failure_within_7d), path)
    return path


@pytest.fixture(
    scope="module",
    params=[with_reference_models, pytest.param(with_client_models, marks=pytest.mark.client)],
    ids=["reference", "client"],
)
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Uvicorn on a free port: two models in service; stored beside them, one of two versions, one altered."""
    home = tmp_path_factory.mktemp("v2")
    core = new_core(home)
    request.param(core, request)
    bench = fill_bench(tmp_path_factory.mktemp("bench"))
    with importing_here():
        bring(core.store, bench / "classifier.joblib")
        bring(core.store, second_classifier(bench))
        bring(core.store, bench / "classifier.joblib", name="abime")
    altered = core.store.folder("abime", 1) / "model.joblib"
    altered.write_bytes(altered.read_bytes()[:-1])
    key = {"X-API-Key": core.keys.create("essai", ["read", "predict"]).secret}
    names: dict[str, str] = {s.task: s.name for s in core.model_service.all() if s.active}
    core.close()
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.main:create_app_from_env"]
    command += ["--port", str(port), "--no-access-log", "--timeout-graceful-shutdown", "2"]
    env = environment(home, COCKPIT_ENV="test", COCKPIT_SECRET_KEY="k" * 48)
    server = Server(command, env, f"http://127.0.0.1:{port}/health", home / "api.log").start()
    yield Service(port, key, names)
    server.stop()


@pytest.fixture
def client(service: Service) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(f"127.0.0.1:{service.port}") as opened:
        yield opened


def columns(rows: np.ndarray = ROWS) -> dict[str, np.ndarray]:
    return dict(zip(SENSORS, rows.T, strict=True))


def tensors(values: dict[str, np.ndarray], binary: bool = False) -> list[triton.InferInput]:
    kinds = {"float64": "FP64", "float32": "FP32", "int64": "INT64"}
    made = []
    for name, column in values.items():
        tensor = triton.InferInput(name, list(column.shape), kinds[str(column.dtype)])
        made.append(tensor.set_data_from_numpy(np.ascontiguousarray(column), binary_data=binary))
    return made


def raw_outputs(service: Service, rows: np.ndarray) -> dict[str, np.ndarray]:
    """What ``/api/v1`` says of the same rows, by model."""
    fields = [dict(zip(SENSORS, row, strict=True)) for row in rows.tolist()]
    sent = [{"turbine_id": "1", "measured_at": "2024-06-30", **values} for values in fields]
    answer = requests.post(
        f"{service.url}/api/v1/predictions/batch",
        json={"measurements": sent},
        headers=service.key,
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    uses = [item["prediction"]["models"] for item in answer.json()["items"]]
    return {
        name: np.array([next(u["raw_output"] for u in row if u["name"] == name) for row in uses])
        for name in service.names.values()
    }


def test_client__sees_a_living_and_ready_server(
    client: triton.InferenceServerClient, service: Service
) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.get_server_metadata()["name"] == "cockpit"
    for name in service.names.values():
        assert client.is_model_ready(name, headers=service.key)
        assert client.is_model_ready(name, "1", headers=service.key)
    assert client.is_model_ready("essai", "2", headers=service.key)
    assert not client.is_model_ready("essai", "3", headers=service.key)
    assert not client.is_model_ready("absent", headers=service.key)


def test_client__reads_what_each_model_takes_and_gives(
    client: triton.InferenceServerClient, service: Service
) -> None:
    for task, name in service.names.items():
        told = client.get_model_metadata(name, headers=service.key)
        assert told == client.get_model_metadata(name, "1", headers=service.key)
        assert (told["name"], told["versions"]) == (name, ["1"])
        assert told["inputs"] == [{"name": n, "datatype": "FP64", "shape": [-1]} for n in SENSORS]
        assert told["outputs"] == [{"name": OUTPUTS[task], "datatype": "FP64", "shape": [-1]}]
        assert told["platform"] in {"onnxruntime", "scikit-learn_joblib"}
    assert client.get_model_metadata("essai", headers=service.key)["versions"] == ["1", "2"]


@pytest.mark.parametrize("rows", [1, 7, len(ROWS)])
@pytest.mark.parametrize("wide", [False, True], ids=["[n]", "[n,1]"])
def test_client__outputs_are_the_raw_outputs_of_the_predictions(
    client: triton.InferenceServerClient, service: Service, rows: int, wide: bool
) -> None:
    expected = raw_outputs(service, ROWS[:rows])
    given = {n: c.reshape(-1, 1) if wide else c for n, c in columns(ROWS[:rows]).items()}
    for task, name in service.names.items():
        result = client.infer(name, tensors(given), request_id="42", headers=service.key)
        found = result.as_numpy(OUTPUTS[task])
        assert (found.dtype, found.shape) == (np.float64, (rows,))
        assert np.abs(found - expected[name]).max() <= 1e-12
        answer = result.get_response()
        assert (answer["model_name"], answer["model_version"], answer["id"]) == (name, "1", "42")
        assert [output["name"] for output in answer["outputs"]] == [OUTPUTS[task]]


def test_client__order_of_tensors_number_types_and_requested_output_change_nothing(
    client: triton.InferenceServerClient, service: Service
) -> None:
    name, output = service.names["classification"], OUTPUTS["classification"]
    expected = raw_outputs(service, np.rint(ROWS[:50]))[name]
    whole = {n: c.astype(np.int64) for n, c in reversed(columns(np.rint(ROWS[:50])).items())}
    wanted = [triton.InferRequestedOutput(output, binary_data=True)]
    result = client.infer(name, tensors(whole), outputs=wanted, headers=service.key)
    assert np.abs(result.as_numpy(output) - expected).max() <= 1e-12
    assert "id" not in result.get_response()
    single = {n: c.astype(np.float32) for n, c in whole.items()}
    assert (
        client.infer(name, tensors(single), headers=service.key).as_numpy(output) == result.as_numpy(output)
    ).all()


def test_client__one_table_in_the_order_of_the_metadata_is_served_alike(
    client: triton.InferenceServerClient, service: Service
) -> None:
    name, output = service.names["classification"], OUTPUTS["classification"]
    expected = client.infer(name, tensors(columns(ROWS[:9])), headers=service.key).as_numpy(output)
    found = client.infer(name, tensors({"input": ROWS[:9]}), headers=service.key)
    assert (found.as_numpy(output) == expected).all()
    with pytest.raises(InferenceServerException, match=r"\[n, 5\]") as caught:
        client.infer(name, tensors({"input": ROWS[:9, :4]}), headers=service.key)
    assert caught.value.status() == "400"


def test_client__a_version_that_is_not_in_service_answers_for_itself(
    client: triton.InferenceServerClient, service: Service
) -> None:
    first, second = (
        client.infer("essai", tensors(columns()), version, headers=service.key) for version in ("1", "2")
    )
    newest = client.infer("essai", tensors(columns()), headers=service.key)
    output = OUTPUTS["classification"]
    assert newest.get_response()["model_version"] == "2"
    assert (newest.as_numpy(output) == second.as_numpy(output)).all()
    assert np.abs(first.as_numpy(output) - second.as_numpy(output)).max() > 0.01


def renamed(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {("Wind_Speed" if n == "wind_speed" else n): c for n, c in values.items()}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (renamed, ["wind_speed : tenseur d’entrée manquant", "Wind_Speed : tenseur inconnu"]),
        (lambda v: {n: v[n] for n in SENSORS[1:]}, ["wind_speed : tenseur d’entrée manquant"]),
        (lambda v: {**v, "humidity": v["temperature"]}, ["humidity : tenseur inconnu ; ce modèle lit wind"]),
        (lambda v: {**v, "temperature": v["temperature"].reshape(-1, 2)}, ["forme attendue : [n] ou [n, 1]"]),
        (
            lambda v: {**v, "temperature": v["temperature"].reshape(1, -1, 1)},
            ["inputs[2].shape", "2 éléments"],
        ),
        (lambda v: {**v, "temperature": v["temperature"][1:]}, ["même nombre de lignes"]),
        (lambda v: {**v, "temperature": v["temperature"] * np.nan}, ["temperature : des nombres finis"]),
        (lambda v: {**v, "temperature": v["temperature"] + np.inf}, ["temperature : des nombres finis"]),
        (lambda v: {**v, "wind_speed": v["wind_speed"] - 900}, ["wind_speed : ligne 1, valeur impossible"]),
    ],
    ids=["wrong name", "missing", "extra", "wide", "deep", "short", "nan", "infinite", "impossible"],
)
def test_client__wrong_tensors_are_told_in_french(
    client: triton.InferenceServerClient, service: Service, change: Change, said: list[str]
) -> None:
    inputs = tensors(change(columns(ROWS[:8])))
    with pytest.raises(InferenceServerException) as caught:
        client.infer(service.names["regression"], inputs, headers=service.key)
    assert caught.value.status() == "400"
    for words in said:
        assert words in plain(caught.value.message())


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ({"model_name": "absent"}, "404", "Modèle « absent » : introuvable."),
        ({"model_version": "9"}, "404", "introuvable"),
        ({"model_version": "newest"}, "404", "Version de modèle"),
        ({"headers": None}, "401", "Authentification requise"),
        ({"headers": {"X-API-Key": "fausse"}}, "401", "Authentification requise"),
        ({"outputs": [triton.InferRequestedOutput("panne")]}, "400", "sortie inconnue ; ce modèle donne"),
        ({"request_compression_algorithm": "gzip"}, "400", "Content-Encoding"),
    ],
    ids=["model", "version", "odd version", "no key", "wrong key", "output", "compressed"],
)
def test_client__refused_calls_are_told_in_french(
    client: triton.InferenceServerClient, service: Service, options: dict[str, Any], status: str, said: str
) -> None:
    call = {"model_name": service.names["classification"], "headers": dict(service.key), **options}
    with pytest.raises(InferenceServerException) as caught:
        client.infer(inputs=tensors(columns(ROWS[:2])), **call)
    assert caught.value.status() == status
    assert said in caught.value.message()


def test_client__binary_tensors_are_refused_with_the_remedy(
    client: triton.InferenceServerClient, service: Service
) -> None:
    inputs = tensors(columns(ROWS[:2]), binary=True)
    with pytest.raises(InferenceServerException, match=r"tenseurs binaires.*binary_data=False") as caught:
        client.infer(service.names["classification"], inputs, headers=dict(service.key))
    assert caught.value.status() == "400"


def test_client__metadata_of_what_is_absent_is_an_error_of_the_protocol(
    client: triton.InferenceServerClient, service: Service
) -> None:
    with pytest.raises(InferenceServerException, match="introuvable"):
        client.get_model_metadata("absent", headers=service.key)
    with pytest.raises(InferenceServerException, match="Authentification"):
        client.get_model_metadata(service.names["regression"])


def test_client__altered_file_is_not_ready_and_says_why(
    client: triton.InferenceServerClient, service: Service
) -> None:
    assert not client.is_model_ready("abime", headers=service.key)
    with pytest.raises(InferenceServerException, match=r"model\.joblib a été modifié") as caught:
        client.infer("abime", tensors(columns()), headers=service.key)
    assert caught.value.status() == "503"
