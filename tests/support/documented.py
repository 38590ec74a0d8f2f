"""An installation whose OpenAPI document has an example for each operation, and who may try them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from api.commands.score import run_now
from api.core import Core
from tests.support.client import demonstration_core
from tests.support.park.shadow_tools import second_version

HEADER = "turbine_id,date_measure,wind_speed,vibration_level,temperature,power_output,maintenance_done\n"
ROWS = (
    "1,2024-06-30,12.0,2.5,44.0,715.0,0\n"
    "2,2024-06-30,14.0,6.5,75.0,840.0,1\n"
    "3,2024-06-30,11.0,2.0,41.0,612.0,0\n"
)


def documented_core(home: Path) -> Core:
    """Three turbines, scored by the reference models; a second version of each is in store."""
    made = demonstration_core(home, HEADER + ROWS)
    for task in ("classification", "regression"):
        second_version(made, task)
    run_now(made, None, kind="manuel", by="essai")
    return made


def signed_in(login: Callable[[str], dict[str, str]]) -> list[dict[str, str]]:
    """Headers of people who may do everything, together."""
    return [login(role) for role in ("manager", "ingenieur", "admin")]


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document with its examples of now."""
    app.openapi_schema = None
    return app.openapi()
