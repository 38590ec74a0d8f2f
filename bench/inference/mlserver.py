"""MLServer with the same classifier, where it is installed.

It needs its own environment, because its requirements differ from ours::

    python -m venv FOLDER
    FOLDER/bin/pip install mlserver mlserver-sklearn scikit-learn==<version of the model>
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from api.domain.shared.exceptions import Conflict
from bench.ports import free_port

MODEL = "classification"
ADAPTIVE = {"max_batch_size": 64, "max_batch_time": 0.005}  # rows; seconds that a request waits for others
START_S = 120


@contextlib.contextmanager
def serving(python: Path, artefact: Path, *, adaptive: bool) -> Iterator[str]:
    """Run MLServer and yield the address that takes rows; in process, which is faster than its workers.

    Args:
        python: interpreter of the environment where MLServer is installed.
        artefact: the classifier's joblib file.
        adaptive: answer simultaneous requests together.

    Raises:
        Conflict: MLServer does not start.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="cockpit-mlserver-") as name:
        folder = Path(name)
        shutil.copyfile(artefact, folder / "model.joblib")
        settings = {
            "name": MODEL,
            "implementation": "mlserver_sklearn.SKLearnModel",
            "parameters": {"uri": "./model.joblib"},
        }
        (folder / "model-settings.json").write_text(json.dumps(settings | (ADAPTIVE if adaptive else {})))
        server = {"host": "127.0.0.1", "http_port": port, "grpc_port": free_port()}
        server |= {"metrics_port": free_port(), "parallel_workers": 0}
        (folder / "settings.json").write_text(json.dumps(server))
        process = subprocess.Popen(  # noqa: S603 - an interpreter that the caller names
            [python, "-c", "from mlserver.cli import main; main()", "start", "."],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/v2/models/{MODEL}/ready", process)
            yield f"http://127.0.0.1:{port}/v2/models/{MODEL}/infer"
        finally:
            process.terminate()
            process.wait(timeout=30)


def request_of(rows: Sequence[Sequence[float]]) -> bytes:
    """Return rows as one tensor of the Open Inference Protocol, in a request for probabilities."""
    tensor = {
        "name": "features",
        "shape": [len(rows), len(rows[0])],
        "datatype": "FP64",
        "data": [value for row in rows for value in row],
    }
    return json.dumps({"inputs": [tensor], "outputs": [{"name": "predict_proba"}]}).encode()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError):
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own address
            return
        time.sleep(0.2)
    raise Conflict("MLServer ne démarre pas : lancez-le seul pour voir pourquoi.")
