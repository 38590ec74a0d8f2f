"""Reads a file that nobody trusts yet, in a process of its own: ``python -m`` this module.

A job in JSON comes on the standard input. The outcome, in JSON too, goes to the file that the argument names,
and the checks, as they begin, to the file beside it.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from api.domain.shared.exceptions import InvalidInput, ModelRefused, ModelUnavailable
from api.inference.importing.child.confinement import shut_in
from api.inference.importing.child.pickles.scan import scan
from api.inference.importing.not_models import refuse_other_kinds
from api.inference.importing.request import DraftJob, EvaluationJob, Job
from api.inference.importing.steps import STEPS, ReportStep, Step, ignore_step
from api.inference.serving.artefact import is_onnx, read_artefact
from api.schemas import french

AnyJob = Annotated[Job | EvaluationJob | DraftJob, Field(discriminator="kind")]

# Limits of address space, of files written and of processor time; the parent limits the wall clock.
MEMORY_BYTES = 4 * 1024**3
FILE_BYTES = 1024**3
CPU_SECONDS = 300


_TOO_LARGE = (
    "Le contrôle de ce modèle demande plus de mémoire que permis "
    f"({french.quantity(MEMORY_BYTES // 1024**3, 'Go')}) : réduisez-le (moins d’arbres, moins profonds)."
)
_UNEXPECTED = (
    "Le contrôle a rencontré une erreur que rien ne prévoyait ({kind}) : le fichier est refusé. "
    "Réexportez-le ; si cela recommence, transmettez-le à qui maintient le cockpit, dont le journal porte le "
    "détail."
)
_TRACE = 2_000  # characters


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


def outcome_of(job: AnyJob, report_step: ReportStep = ignore_step) -> dict[str, Any]:
    """Do the job; return its result or the refusal, as the parent reads them."""
    try:
        if isinstance(job, EvaluationJob):
            return {"evaluation": _evaluation(job)}
        report_step(Step.CONTENU)
        # Before scikit-learn is imported: a file that is refused costs nothing more.
        data = read_artefact(job.file if isinstance(job, DraftJob) else job.folder / job.artefact)
        refuse_other_kinds(data)
        if not is_onnx(data):
            scan(data)
        return (
            {"draft": _draft(job)} if isinstance(job, DraftJob) else {"manifest": _manifest(job, report_step)}
        )
    except InvalidInput as error:
        return {"invalid": [[e.field, e.message, e.value] for e in error.errors]}
    except (ModelRefused, ModelUnavailable) as error:
        return {"refused": error.detail}
    except MemoryError:
        return {"refused": _TOO_LARGE}
    except Exception as error:  # noqa: BLE001 - whatever the file provoked, its own reason is told
        # The trace is for the log of the service: a person could do nothing with it.
        return {
            "refused": _UNEXPECTED.format(kind=type(error).__name__),
            "trace": traceback.format_exc()[-_TRACE:],
        }


def _manifest(job: Job, report_step: ReportStep) -> dict[str, Any]:
    from api.inference.importing.child.build import build_version  # noqa: PLC0415

    return build_version(job, report_step).model_dump(mode="json")


def _draft(job: DraftJob) -> dict[str, Any]:
    from api.inference.importing.child.drafting import draft_of  # noqa: PLC0415

    return draft_of(job)


def _evaluation(job: EvaluationJob) -> dict[str, Any]:
    from api.inference.importing.child.measuring.remeasuring import measure_again  # noqa: PLC0415

    return measure_again(job)


def main() -> None:
    """Run the job on the standard input."""
    job: AnyJob = TypeAdapter(AnyJob).validate_json(sys.stdin.buffer.read())
    limit_resources()
    outcome = Path(sys.argv[1])
    shut_in(job, outcome)

    def report_step(step: Step) -> None:
        with outcome.with_suffix(STEPS).open("a", encoding="ascii") as steps:
            steps.write(f"{step}\n")

    outcome.write_text(json.dumps(outcome_of(job, report_step)), encoding="utf-8")


if __name__ == "__main__":
    main()
