"""The request of an import, and a manifest drafted by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from api.domain.measurements.known_sensors import NOT_SENSORS
from api.domain.shared.exceptions import FieldError, InvalidInput
from api.inference.serving.catalogue import CATALOGUE, TARGETS, unknown_sensor
from api.inference.serving.manifest import (
    FEATURE_PATTERN,
    NAME_PATTERN,
    FeatureSpec,
    Manifest,
    Reported,
    Task,
)

_Model = TypeVar("_Model", bound=BaseModel)
HELP_KEY = "_aide"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImportRequest(_Frozen):
    """A file that somebody wants to become a model.

    Args:
        file: pickle or joblib file of a fitted scikit-learn estimator, or an ONNX file.
        name: of the model; a known name gets a new version.
        labelled: plain CSV of labelled rows, to measure the model on those that it has not seen.
        labelled_sha256: of the file that the person gave, where ``labelled`` was written from it.
        split: which of them it has not seen (see :mod:`api.inference.importing.splits`).
        reported: JSON of figures announced by somebody else.
        positive: the failure class, where the classes are not 0 and 1.
        features: names of the columns in order, where the estimator does not know them.
        manifest: JSON that describes features, use and limits (:class:`Draft`).
        golden: JSON of outputs recorded where the model was fitted (``Golden``),
            for a file written by another scikit-learn.
        imported_by: name of the person, kept in the manifest.
    """

    file: Path
    name: str
    task: Task
    imported_by: str
    labelled: Path | None = None
    labelled_sha256: str | None = None
    split: str | None = None
    reported: Path | None = None
    positive: str | None = None
    features: tuple[str, ...] | None = None
    manifest: Path | None = None
    golden: Path | None = None

    def absolute(self) -> ImportRequest:
        """Return the request with absolute paths: the child may run in another folder than the caller."""
        names = ("file", "labelled", "reported", "manifest", "golden")
        paths = {name: getattr(self, name) for name in names}
        return self.model_copy(update={n: p.resolve() for n, p in paths.items() if p is not None})


@dataclass(frozen=True)
class ImportResult:
    """The outcome of a request.

    Args:
        manifest: of the new version, or of the version that already held this file.
        created: False where nothing was added.
        message: French sentence.
    """

    manifest: Manifest
    created: bool
    message: str


class Job(_Frozen):
    """The work of the child process on an import.

    Args:
        request: with absolute paths.
        folder: the version's folder under construction, which holds the artefact.
        artefact: its file name.
        sha256: of the artefact.
        version: number to write in the manifest.
        created_at: instant to write in the manifest.
    """

    kind: Literal["import"] = "import"
    request: ImportRequest
    folder: Path
    artefact: str
    sha256: str
    version: int
    created_at: AwareDatetime


class EvaluationJob(_Frozen):
    """Measure a stored version again.

    Args:
        folder: of the version; nothing is written there.
        labelled: rows to measure on, an absolute path.
        split: which of them are unseen; None to follow the manifest.
        labelled_sha256: of the file that the person gave, where ``labelled`` was written from it.
    """

    kind: Literal["evaluate"] = "evaluate"
    folder: Path
    labelled: Path
    split: str | None
    labelled_sha256: str | None = None


class DraftJob(_Frozen):
    """Draft the manifest of a file not imported yet; see ``draft_manifest``.

    ``declared`` describes the sensors that the cockpit knows already.
    """

    kind: Literal["draft"] = "draft"
    file: Path
    task: Task | None
    labelled: Path | None
    features: tuple[str, ...] | None
    target: str | None
    declared: tuple[FeatureSpec, ...] = ()


class FeatureDraft(_Frozen):
    """A feature as a drafted manifest describes it; fields left out come from the catalogue.

    ``training_range`` counts only where no split tells which rows the model was fitted on. An empty label or
    unit is one that nobody has completed yet.
    """

    name: str
    training_range: tuple[float, float] | None = None
    dtype: Literal["float", "int", "binary"] | None = None
    unit: str | None = None
    label: str | None = None
    physical_range: tuple[float | None, float | None] | None = None
    role: Literal["cause", "marker"] | None = None
    note: str | None = None


class Draft(_Frozen):
    """A manifest drafted by hand: only what no file can tell.

    ``aide`` is for the person who completes it.
    """

    aide: tuple[str, ...] = Field(default=(), alias=HELP_KEY)
    target: str | None = None
    features: tuple[FeatureDraft, ...] = ()
    authorised_use: tuple[str, ...] = Field(default=())
    limits: tuple[str, ...] = Field(default=())
    prohibited_use: tuple[str, ...] = Field(default=())

    def describe(self, name: str) -> FeatureSpec:
        """Return the description of a feature: the draft's fields over the catalogue's."""
        known = CATALOGUE.get(name) or unknown_sensor(name)
        drafted = next((feature for feature in self.features if feature.name == name), None)
        if drafted is None:
            return known
        changes = drafted.model_dump(exclude_none=True)
        changes = {field: value for field, value in changes.items() if value != ""}
        if "label" in changes and "note" not in changes and name not in CATALOGUE:
            changes["note"] = ""
        return FeatureSpec.model_validate({**known.model_dump(), **changes})


def check_request(request: ImportRequest) -> None:
    """Refuse options that are wrong, before any file is read.

    Raises:
        InvalidInput: one entry per wrong option.
    """
    names = request.features or ()
    bad = [name for name in names if not re.fullmatch(FEATURE_PATTERN, name) or name in NOT_SENSORS]
    wrong = [
        FieldError(field, message, None if value is None else str(value)[:80])
        for field, holds, message, value in (
            (
                "name",
                re.fullmatch(NAME_PATTERN, request.name),
                "lettres minuscules sans accent, chiffres, - et _ ; 64 caractères au plus.",
                request.name,
            ),
            ("file", request.file.is_file(), "ce fichier est introuvable.", request.file.name),
            ("imported_by", request.imported_by.strip(), "le nom de la personne est attendu.", None),
            (
                "split",
                request.split is None or request.labelled is not None,
                "--split décrit les lignes de --labelled, qui manque.",
                request.split,
            ),
            (
                "positive",
                request.positive is None or request.task == "classification",
                "sans objet ici.",
                None,
            ),
            ("features", not bad, "ces noms ne peuvent pas être des variables.", ", ".join(bad)),
            ("features", len(set(names)) == len(names), "une variable y est deux fois.", ", ".join(names)),
        )
        if not holds
    ]
    if wrong:
        raise InvalidInput(wrong)


def read_draft(path: Path | None) -> Draft:
    """Read the drafted manifest; an empty one without a file.

    Raises:
        InvalidInput: unreadable, or not of the form of :class:`Draft`.
    """
    return Draft() if path is None else read_json(path, Draft, "manifest")


def read_reported(path: Path | None) -> Reported | None:
    """Read the figures that somebody else announces; None without a file.

    Raises:
        InvalidInput: unreadable, or not of the form of :class:`~api.inference.serving.manifest.Reported`.
    """
    return None if path is None else read_json(path, Reported, "reported")


def read_json(path: Path, model: type[_Model], field: str) -> _Model:
    """Read a JSON file into a checked object.

    Raises:
        InvalidInput: the file is absent, not JSON, or does not fit ``model``.
    """
    try:
        content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidInput.single(field, f"{path.name} est introuvable ou n’est pas du JSON.") from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InvalidInput(
            [
                FieldError(".".join([field, *map(str, wrong["loc"])]), f"valeur refusée ({wrong['msg']}).")
                for wrong in error.errors()
            ]
        ) from error


def target_of(request: ImportRequest, draft: Draft) -> str:
    """Return the column of the label: the draft's, else EnergiTech's for that task."""
    return draft.target or TARGETS[request.task]
