"""From a checked request to the folder of a version: runtime, measured quality, background, manifest."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import joblib
import numpy as np
import sklearn

from api.domain.models.gate import judge
from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.child.checks import Candidate, open_candidate, probe_rows, prove_output
from api.inference.importing.child.golden import prove_golden, read_golden
from api.inference.importing.child.graphs.candidate import GraphCandidate, require_runtime
from api.inference.importing.child.identity import Identity
from api.inference.importing.child.limits import authorised_use, known_limits, prohibited_use
from api.inference.importing.child.measuring.companions import (
    write_background,
    write_leaves,
    write_runtime,
    write_scores,
    write_unseen,
)
from api.inference.importing.child.measuring.evidence import Evidence, read_evidence, training_data
from api.inference.importing.child.measuring.measuring import measure
from api.inference.importing.child.parity import Compiled, compile_and_prove, rows_to_compare
from api.inference.importing.request import Draft, Job, read_draft, read_reported, target_of
from api.inference.importing.steps import ReportStep, Step, ignore_step
from api.inference.serving.artefact import is_onnx, read_artefact
from api.inference.serving.loaded import Floats, RawOutput
from api.inference.serving.manifest import FeatureSpec, GoldenProof, Manifest, Runtime, StoredFile

AS_IT_CAME = "Fichier ONNX servi tel quel : une ligne répond de même seule et parmi d’autres."


@dataclass(frozen=True)
class _Checked:
    """A candidate whose answers were checked, with what is known of it.

    Args:
        output: the artefact's own answer.
        difference: between the service's way of asking it and the plainest way.
        rows_tried: rows compared for that.
        compiled: outcome of the compilation, None where there is nothing to compile, or no compiler.
    """

    candidate: Identity
    draft: Draft
    target: str
    features: tuple[FeatureSpec, ...]
    evidence: Evidence | None
    output: RawOutput
    difference: float
    rows_tried: int
    compiled: Compiled | None
    golden: GoldenProof | None

    @property
    def served(self) -> RawOutput:
        """The runtime that will answer most requests, and so the one that is measured."""
        if self.compiled is None or self.compiled.output is None:
            return self.output
        return self.compiled.output


def build_version(job: Job, report_step: ReportStep = ignore_step) -> Manifest:
    """Check the artefact in ``job.folder``, measure it, and write its companions beside it.

    Args:
        job: the version to build.
        report_step: called as each check begins.

    Raises:
        ModelRefused: the file may not become a model.
        InvalidInput: an option or a companion file must be corrected.
    """
    checked = _check(job, report_step)
    request, draft, candidate, evidence = job.request, checked.draft, checked.candidate, checked.evidence
    report_step(Step.QUALITE)
    measures = measure(evidence, checked.served, request.task == "classification")
    return Manifest(
        name=request.name,
        version=job.version,
        task=request.task,
        target=checked.target,
        estimator=candidate.estimator_name,
        features=checked.features,
        classes=candidate.classes,
        positive_class=candidate.positive,
        artefact=job.artefact,
        sha256=job.sha256,
        size_bytes=(job.folder / job.artefact).stat().st_size,
        libraries=_libraries(candidate),
        runtime=_runtime(job, checked),
        own_threshold=candidate.own_threshold,
        created_at=job.created_at,
        imported_by=request.imported_by.strip(),
        data=training_data(evidence, request.split),
        measured=measures.quality,
        reported=read_reported(request.reported),
        gate=judge(measures.quality),
        calibration=measures.calibration,
        interval=measures.interval,
        golden=checked.golden,
        authorised_use=draft.authorised_use or authorised_use(request.task),
        limits=(*draft.limits, *known_limits(measures)),
        prohibited_use=draft.prohibited_use or prohibited_use(request.task),
        scores=write_scores(job.folder, measures.scores),
        background=write_background(job.folder, candidate.features, checked.output, evidence),
        unseen=write_unseen(job.folder, evidence),
        leaves=(
            write_leaves(job.folder, candidate.estimator, candidate.positive_index)
            if evidence is not None and isinstance(candidate, Candidate)
            else None
        ),
    )


def _check(job: Job, report_step: ReportStep) -> _Checked:
    report_step(Step.ESTIMATEUR)
    request, draft = job.request, read_draft(job.request.manifest)
    golden = read_golden(request.golden)
    candidate = _open(job, other_versions=golden is not None)
    _check_draft(draft, candidate.features)
    report_step(Step.MESURES)
    target = target_of(request, draft)
    evidence = read_evidence(request.labelled, request.split, candidate, target, request.labelled_sha256)
    features = _describe(candidate.features, draft, evidence)
    sample = (
        np.zeros((0, len(features))) if evidence is None else evidence.rows.features[evidence.rows.usable]
    )
    tried = np.vstack([probe_rows(features), sample])
    report_step(Step.SORTIES)
    output, difference = _prove(candidate, features, tried)
    proof = None if golden is None else prove_golden(golden, candidate, output)
    report_step(Step.RAPIDE)
    compiled = (
        compile_and_prove(candidate, output, features, sample) if isinstance(candidate, Candidate) else None
    )
    return _Checked(
        candidate, draft, target, features, evidence, output, difference, len(tried), compiled, proof
    )


def _open(job: Job, *, other_versions: bool) -> Candidate | GraphCandidate:
    request, data = job.request, read_artefact(job.folder / job.artefact)
    if is_onnx(data):
        require_runtime()
        from api.inference.importing.child.graphs.opening import open_graph  # noqa: PLC0415 - no wheel everywhere

        return open_graph(data, request.task, request.positive, request.features)[0]
    return open_candidate(data, request.task, request.positive, request.features, other_versions)


def _prove(
    candidate: Candidate | GraphCandidate, features: Sequence[FeatureSpec], tried: Floats
) -> tuple[RawOutput, float]:
    if isinstance(candidate, Candidate):
        return prove_output(candidate, tried)
    from api.inference.importing.child.graphs.opening import prove_graph  # noqa: PLC0415

    return candidate.output, prove_graph(candidate, tried, rows_to_compare(features, None))


def _runtime(job: Job, checked: _Checked) -> Runtime:
    """Return what the manifest says of the runtime: an ONNX file is served as it came."""
    if isinstance(checked.candidate, Candidate):
        return write_runtime(job.folder, checked.compiled, checked.difference, checked.rows_tried)
    return Runtime(
        engine="onnx",
        reason=AS_IT_CAME,
        largest_difference=checked.difference,
        rows_compared=checked.rows_tried,
        compiled=StoredFile(file=job.artefact, sha256=job.sha256),
    )


def _check_draft(draft: Draft, features: Sequence[str]) -> None:
    unknown = [feature.name for feature in draft.features if feature.name not in features]
    if unknown:
        raise InvalidInput.single(
            "manifest", f"décrit des variables que le modèle ne lit pas : {', '.join(unknown)}."
        )


def _describe(names: Sequence[str], draft: Draft, evidence: Evidence | None) -> tuple[FeatureSpec, ...]:
    """Describe each feature, with the range of the training rows where they are known."""
    specs = tuple(draft.describe(name) for name in names)
    if evidence is None or evidence.training is None:
        return specs
    training_rows = evidence.rows.features[evidence.training]
    if not len(training_rows):
        return specs
    return tuple(
        spec.model_copy(update={"training_range": (float(column.min()), float(column.max()))})
        for spec, column in zip(specs, training_rows.T, strict=True)
    )


def _libraries(candidate: Identity) -> dict[str, str]:
    common = {"python": platform.python_version(), "numpy": np.__version__}
    if isinstance(candidate, Candidate):
        return {**common, "scikit-learn": sklearn.__version__, "joblib": joblib.__version__}
    return {**common, "onnxruntime": version("onnxruntime")}
