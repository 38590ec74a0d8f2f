"""The importer's work in the test's own process: what its child does, without the price of starting one.

The child itself (its limits, its confinement, what the parent does not load) has tests of its own.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from api.inference.importing import draft, evaluate, importer, isolation
from api.inference.importing.child.child import AnyJob, outcome_of
from api.inference.importing.steps import ReportStep, ignore_step

CALLERS = (draft, evaluate, importer)
"""The modules that start the child, each under the name ``run_in_child``."""


@contextmanager
def importing_here() -> Iterator[None]:
    """Have models imported, measured again and drafted in this process until the block ends."""
    with pytest.MonkeyPatch.context() as patch:
        for caller in CALLERS:
            patch.setattr(caller, "run_in_child", _run_here)
        yield


def _run_here(
    job: BaseModel, _outcome: Path, _wall_seconds: float, report_step: ReportStep = ignore_step
) -> dict[str, Any]:
    """Do the job as the child does it: what goes in and what comes out passes through JSON."""
    asked: AnyJob = TypeAdapter(AnyJob).validate_json(job.model_dump_json())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in the child, where a warning is no error
        outcome = json.dumps(outcome_of(asked, report_step))
    return isolation._without_refusal(json.loads(outcome))
