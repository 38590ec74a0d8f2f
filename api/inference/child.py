"""The process in which a file that nobody trusts yet is read: ``python -m api.inference.child``.

A job in JSON comes on the standard input; the outcome, in JSON too, goes to the file named by the argument.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from api.domain.exceptions import InvalidInput, ModelRefused
from api.inference.build import build_version
from api.inference.request import Job

# Address space and files written; the wall clock is the parent's.
MEMORY_BYTES = 4 * 1024**3
FILE_BYTES = 1024**3
CPU_SECONDS = 300


def limit_resources() -> None:
    """Bound this process where the system can (not on Windows, where only the wall clock holds)."""
    try:
        resource = importlib.import_module("resource")
    except ModuleNotFoundError:
        return
    for name, wanted in (
        ("RLIMIT_AS", MEMORY_BYTES),
        ("RLIMIT_CPU", CPU_SECONDS),
        ("RLIMIT_FSIZE", FILE_BYTES),
        ("RLIMIT_CORE", 0),
    ):
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (bound, bound))


def outcome_of(job: Job) -> dict[str, Any]:
    """What the parent needs to know: the manifest, or the refusal."""
    try:
        return {"manifest": build_version(job).model_dump(mode="json")}
    except InvalidInput as error:
        return {"invalid": [[e.field, e.message, e.value] for e in error.errors]}
    except ModelRefused as error:
        return {"refused": error.detail}


def main() -> None:
    """Run the job on the standard input."""
    job = Job.model_validate_json(sys.stdin.buffer.read())
    limit_resources()
    Path(sys.argv[1]).write_text(json.dumps(outcome_of(job)), encoding="utf-8")


if __name__ == "__main__":
    main()
