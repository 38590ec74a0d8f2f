"""Versions change under load: no request fails, and each answer replays against the version it names."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import joblib
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

from api.core import Core
from api.schemas.vocabulary import Role
from tests.support.client import new_core
from tests.support.importing_here import importing_here
from tests.support.loops import in_a_loop
from tests.support.park.importer_tools import SENSORS, SPLIT, bring, fill_bench
from tests.support.serving import serving

CONNECTIONS = 64
PASSWORD = "un mot de passe assez long"
NAME = "risque"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with two versions of one classifier, the first in service."""
    folder = tmp_path_factory.mktemp("swap")
    bench = fill_bench(tmp_path_factory.mktemp("bench"))
    core = new_core(folder)
    with importing_here():
        _import_twice(core, bench)
    core.model_service.activate(NAME, 1, by="essai", reason="départ")
    core.accounts.create("inge", "Ingénieur", Role.INGENIEUR, PASSWORD)
    (folder / "key").write_text(core.keys.create("essai", ["predict"]).secret, encoding="utf-8")
    core.close()
    yield folder
    shutil.rmtree(folder)


def _import_twice(core: Core, bench: Path) -> None:
    labelled = {"labelled": bench / "rows.csv", "split": SPLIT}
    bring(core.store, bench / "classifier.joblib", name=NAME, **labelled)
    table = pd.read_csv(bench / "rows.csv", parse_dates=["date_measure"])
    seen = table[table.date_measure < pd.Timestamp("2024-08-25")]
    other = RandomForestClassifier(30, max_depth=4, random_state=1)
    joblib.dump(other.fit(seen[SENSORS], seen.failure_within_7d), bench / "other.joblib")
    bring(core.store, bench / "other.joblib", name=NAME, **labelled)


def _measurement(chance: random.Random) -> dict[str, Any]:
    return {
        "turbine_id": str(chance.randint(1, 30)),
        "measured_at": "2024-06-30",
        "wind_speed": round(chance.uniform(4, 24), 2),
        "vibration_level": round(chance.uniform(1, 6), 2),
        "temperature": round(chance.uniform(30, 60), 1),
        "power_output": round(chance.uniform(100, 1400), 1),
        "maintenance_done": chance.randint(0, 1),
    }


async def _ask(
    client: httpx.AsyncClient, until: asyncio.Event, seen: list[dict[str, Any]], seed: int
) -> None:
    chance = random.Random(seed)
    while not until.is_set():
        answer = await client.post("/api/v1/predictions?explain=false", json=_measurement(chance))
        assert answer.status_code == 200, answer.text
        seen.append(answer.json())


async def _swap(url: str, swaps: int, until: asyncio.Event) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        answer = await client.post("/api/v1/auth/token", data={"username": "inge", "password": PASSWORD})
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        for turn in range(swaps):
            for call in (f"{NAME}/2/activate", f"{NAME}/rollback"):
                body = {"reason": f"tour {turn}"}
                told = await client.post(f"/api/v1/models/{call}", json=body, headers=headers)
                assert told.status_code == 200, told.text
                await asyncio.sleep(1.2)  # the set in force is looked at once a second
    until.set()


async def _load(url: str, key: str, swaps: int) -> list[dict[str, Any]]:
    until, seen = asyncio.Event(), list[dict[str, Any]]()
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with (
        httpx.AsyncClient(
            base_url=url, headers={"X-API-Key": key}, timeout=60, limits=limits, trust_env=False
        ) as client,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(_swap(url, swaps, until))
        for seed in range(CONNECTIONS):
            group.create_task(_ask(client, until, seen, seed))
    return seen


@pytest.mark.parametrize(("swaps", "replayed"), [(1, 40), pytest.param(10, 150, marks=pytest.mark.long)])
def test_activate_and_roll_back_under_load__no_failure_and_each_answer_replays(
    home: Path, swaps: int, replayed: int
) -> None:
    key = (home / "key").read_text(encoding="utf-8")
    with serving(home) as (_, url):
        seen = in_a_loop(_load, url, key, swaps)
        told = Counter(answer["models"][0]["version"] for answer in seen)
        assert set(told) == {1, 2}
        assert min(told.values()) > len(seen) / 10, "both versions had their share of the load"
        versions = [answer["models"][0]["version"] for answer in seen]
        changes = sum(before != after for before, after in pairwise(versions))
        assert changes >= 2 * swaps - 1
        with httpx.Client(base_url=url, headers={"X-API-Key": key}, trust_env=False, timeout=60) as client:
            for answer in random.Random(1).sample(seen, replayed):
                again = client.post(f"/api/v1/predictions/{answer['request_id']}/replay").json()
                assert again["agrees"] is True
                then = [(m["version"], m["sha256"], m["raw_output"]) for m in answer["models"]]
                assert [(o["version"], o["sha256"], o["recorded"]) for o in again["outputs"]] == then
                assert again["largest_difference"] <= 1e-6
    assert len({answer["request_id"] for answer in seen}) == len(seen)


def _versions(clients: Sequence[httpx.Client]) -> set[int]:
    body = _measurement(random.Random(0))
    answers = [client.post("/api/v1/predictions", json=body).json() for client in clients]
    return {answer["models"][0]["version"] for answer in answers}


def test_two_processes__both_follow_an_activation_within_seconds(home: Path) -> None:
    key = (home / "key").read_text(encoding="utf-8")
    with ExitStack() as stack:
        urls = [stack.enter_context(serving(home))[1] for _ in range(2)]
        clients = [
            stack.enter_context(httpx.Client(base_url=url, headers={"X-API-Key": key}, trust_env=False))
            for url in urls
        ]
        assert _versions(clients) == {1}
        with httpx.Client(base_url=urls[0], trust_env=False) as client:
            token = client.post("/api/v1/auth/token", data={"username": "inge", "password": PASSWORD}).json()
            headers = {"Authorization": f"Bearer {token['access_token']}"}
            told = client.post(f"/api/v1/models/{NAME}/2/activate", json={"reason": "essai"}, headers=headers)
            assert told.status_code == 200
        deadline = time.monotonic() + 5
        while _versions(clients) != {2}:
            assert time.monotonic() < deadline
            time.sleep(0.2)
