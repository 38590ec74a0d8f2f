"""What a person gives to the importer, and what a manifest drafted by hand may say."""

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
        file: pickle or joblib file of a fitted scikit-learn estimator.
        name: under which it is stored; a new version where the name exists.
        labelled: CSV of labelled rows, to measure it on those that it has not seen.
        split: which of them it has not seen (see :mod:`api.inference.importing.splits`).
        reported: JSON of figures announced by somebody else.
        positive: the failure class, where the classes are not 0 and 1.
        features: names of the columns in order, where the estimator does not know them.
        manifest: JSON that describes features, use and limits (:class:`Draft`).
        golden: JSON of outputs recorded where the model was fitted (``Golden``),
            for a file written by another scikit-learn.
        imported_by: who asks, kept in the manifest.
    """

    file: Path
    name: str
    task: Task
    imported_by: str
    labelled: Path | None = None
    split: str | None = None
    reported: Path | None = None
    positive: str | None = None
    features: tuple[str, ...] | None = None
    manifest: Path | None = None
    golden: Path | None = None

    def absolute(self) -> ImportRequest:
        """The same with absolute paths: the child's folder today is the caller's, but need not be."""
        names = ("file", "labelled", "reported", "manifest", "golden")
        paths = {name: getattr(self, name) for name in names}
        return self.model_copy(update={n: p.resolve() for n, p in paths.items() if p is not None})


@dataclass(frozen=True)
class ImportResult:
    """What became of a request.

    Args:
        manifest: of the new version, or of the one that already held this file.
        created: False where nothing was added.
        message: French sentence.
    """

    manifest: Manifest
    created: bool
    message: str


class Job(_Frozen):
    """What the child process works on.

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
        split: which of them are unseen, None to go by what the manifest knows.
    """

    kind: Literal["evaluate"] = "evaluate"
    folder: Path
    labelled: Path
    split: str | None


class DraftJob(_Frozen):
    """Draft the manifest of a file not imported yet; see ``draft_manifest``."""

    kind: Literal["draft"] = "draft"
    file: Path
    task: Task | None
    labelled: Path | None
    features: tuple[str, ...] | None
    target: str | None


class FeatureDraft(_Frozen):
    """What a drafted manifest says of one feature; what it leaves out comes from the catalogue.

    ``training_range`` only counts where no split tells which rows the model was fitted on; an empty label or
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
    """A manifest drafted by hand: only what no file can tell; ``aide`` is for whoever completes it."""

    aide: tuple[str, ...] = Field(default=(), alias=HELP_KEY)
    target: str | None = None
    features: tuple[FeatureDraft, ...] = ()
    authorised_use: tuple[str, ...] = Field(default=())
    limits: tuple[str, ...] = Field(default=())
    prohibited_use: tuple[str, ...] = Field(default=())

    def describe(self, name: str) -> FeatureSpec:
        """The description of one feature, over the catalogue's."""
        known = CATALOGUE.get(name) or unknown_sensor(name)
        said = next((feature for feature in self.features if feature.name == name), None)
        if said is None:
            return known
        changes = said.model_dump(exclude_none=True)
        changes = {field: value for field, value in changes.items() if value != ""}
        if "label" in changes and "note" not in changes and name not in CATALOGUE:
            changes["note"] = ""
        return FeatureSpec.model_validate({**known.model_dump(), **changes})


def check_request(request: ImportRequest) -> None:
    """Refuse what can be seen to be wrong before any file is read.

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
    """The drafted manifest, or an empty one.

    Raises:
        InvalidInput: unreadable, or not what :class:`Draft` describes.
    """
    return Draft() if path is None else read_json(path, Draft, "manifest")


def read_reported(path: Path | None) -> Reported | None:
    """The figures that somebody else announces, where they are given.

    Raises:
        InvalidInput: unreadable, or not what :class:`~api.inference.serving.manifest.Reported` describes.
    """
    return None if path is None else read_json(path, Reported, "reported")


def read_json(path: Path, model: type[_Model], field: str) -> _Model:
    """A JSON file as a checked object.

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
    """Column of the label: the draft's, else EnergiTech's for that task."""
    return draft.target or TARGETS[request.task]
