"""The manifest of a stored version, ``manifest.json``: the single source of all that is known of it.

A version is immutable: the importer writes its manifest once and nobody edits it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from api.domain.models.calibration import Calibration
from api.domain.models.conformal import IntervalTable
from api.domain.models.gate import Gate
from api.domain.models.quality import ClassificationQuality, RegressionQuality
from api.inference.explaining.explanation import MAX_FEATURES

MANIFEST_FILE = "manifest.json"
ONNX_ENDING = ".onnx"
NAME_PATTERN = r"^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$"
FEATURE_PATTERN = r"^[A-Za-z][A-Za-z0-9_]{0,62}$"
_SHA256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# A file of the version's own folder: never a path, so that nothing outside it can be named.
_FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]

Task = Literal["classification", "regression"]
Label = bool | int | float | str


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FeatureSpec(_Frozen):
    """One feature that the model reads.

    Args:
        label: French name shown to people.
        training_range: smallest and largest value among the training rows, None where they are unknown.
        physical_range: outside it a value cannot be true; None on a side without bound.
        role: ``marker``: it accompanies failures without causing them, so acting on it changes nothing.
        note: French sentence to read before interpreting the feature.
    """

    name: str = Field(pattern=FEATURE_PATTERN)
    dtype: Literal["float", "int", "binary"]
    unit: str
    label: str = Field(min_length=1)
    training_range: tuple[float, float] | None = None
    physical_range: tuple[float | None, float | None] = (None, None)
    role: Literal["cause", "marker"] = "cause"
    note: str = ""

    @model_validator(mode="after")
    def _ordered_ranges(self) -> Self:
        for low, high in filter(None, (self.training_range, self.physical_range)):
            if low is not None and high is not None and low > high:
                raise ValueError(f"{self.name} : la borne basse dépasse la borne haute.")
        return self


class StoredFile(_Frozen):
    """A file beside the manifest, with its checksum."""

    file: _FileName
    sha256: _SHA256
    rows: int | None = Field(default=None, ge=0)


class Runtime(_Frozen):
    """The runtime of the raw output, and how far it is from scikit-learn on the same artefact.

    Args:
        engine: answers one row.
        reason: French sentence for the card.
        largest_difference: between the two, over the rows compared, in the output's unit.
        compiled: the ONNX file, where it reproduces the original.
        scikit_learn_from: rows from which scikit-learn was measured to be clearly faster; None where it
            never is, or where it serves everything.
    """

    engine: Literal["onnx", "joblib"] = "joblib"
    reason: str
    largest_difference: float = Field(ge=0)
    rows_compared: int = Field(ge=0)
    compiled: StoredFile | None = None
    scikit_learn_from: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _compiled_or_not(self) -> Self:
        if (self.engine == "onnx") != (self.compiled is not None):
            raise ValueError("le moteur annoncé n’est pas celui du fichier compilé.")
        return self


class GoldenProof(_Frozen):
    """Why a file of another scikit-learn was accepted: it reproduces the outputs recorded there."""

    written_by: str
    rows: int = Field(ge=1)
    largest_difference: float = Field(ge=0)


class TrainingData(_Frozen):
    """The rows that the model was fitted on, and those that it has not seen.

    Args:
        source: file name of the labelled rows, None without such a file.
        split: how training and unseen rows were separated, in French words.
        split_spec: the same split as the importer received it.
        left_out: rows that are in neither part: gap of days, missing label or feature.
        first_day: of the labelled rows.
        last_day: of the labelled rows; the model cannot have seen a later row.
    """

    source: str | None = None
    sha256: _SHA256 | None = None
    rows: int | None = None
    training_rows: int | None = None
    unseen_rows: int | None = None
    left_out: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    split: str
    split_spec: str | None = None


class Confusion(_Frozen):
    """Counts of a confusion matrix."""

    true_negatives: int = Field(ge=0)
    false_positives: int = Field(ge=0)
    false_negatives: int = Field(ge=0)
    true_positives: int = Field(ge=0)


class Reported(_Frozen):
    """Figures that somebody else announces; never mixed with the measured ones."""

    source: str = Field(min_length=1, description="Qui l’annonce, dans quel document")
    comment: str = ""
    rows: int | None = None
    metrics: dict[str, float]
    confusion: Confusion | None = None


class Manifest(_Frozen):
    """One immutable version of a model.

    ``own_threshold`` is the threshold that its author set in it: shown, never applied.
    """

    schema_version: Literal[1] = 1
    name: str = Field(pattern=NAME_PATTERN)
    version: int = Field(ge=1)
    task: Task
    target: str
    estimator: str
    features: tuple[FeatureSpec, ...] = Field(min_length=1)
    classes: tuple[Label, ...] | None = None
    positive_class: Label | None = None
    artefact: _FileName
    sha256: _SHA256
    size_bytes: int = Field(gt=0)
    libraries: dict[str, str]
    runtime: Runtime
    created_at: AwareDatetime
    imported_by: str = Field(min_length=1)
    data: TrainingData
    measured: Annotated[ClassificationQuality | RegressionQuality, Field(discriminator="task")] | None = None
    reported: Reported | None = None
    gate: Gate
    calibration: Calibration
    interval: IntervalTable | None = None
    golden: GoldenProof | None = None
    own_threshold: float | None = Field(default=None, ge=0, le=1)
    authorised_use: tuple[str, ...]
    limits: tuple[str, ...]
    prohibited_use: tuple[str, ...] = ()
    background: StoredFile | None = None
    unseen: StoredFile | None = None
    leaves: StoredFile | None = None
    scores: StoredFile | None = None

    @model_validator(mode="after")
    def _measured_on_unseen_rows(self) -> Self:
        # No card can show figures of training rows, whoever writes the manifest.
        if self.measured is not None and (self.unseen is None or self.measured.rows != self.data.unseen_rows):
            raise ValueError("des mesures ne valent que sur des lignes connues pour non vues.")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = self.feature_names
        if len(set(names)) != len(names):
            raise ValueError("une variable est déclarée deux fois.")
        if self.measured is not None and self.measured.task != self.task:
            raise ValueError("les mesures ne sont pas celles de cette tâche.")
        if self.task == "classification":
            if self.classes is None or len(self.classes) != 2 or self.positive_class not in self.classes:
                raise ValueError("deux classes sont attendues, dont celle de la panne.")
        elif self.classes is not None or self.positive_class is not None:
            raise ValueError("un modèle de régression n’a pas de classes.")
        return self

    @model_validator(mode="after")
    def _onnx_served_as_it_came(self) -> Self:
        compiled = self.runtime.compiled
        if self.served_as_it_came and (compiled is None or compiled.sha256 != self.sha256):
            raise ValueError("un fichier ONNX n’est servi que tel qu’il a été contrôlé.")
        return self

    @property
    def served_as_it_came(self) -> bool:
        """Whether the artefact is an ONNX file: there is no scikit-learn estimator behind it."""
        return self.artefact.endswith(ONNX_ENDING)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features, in the order that the model reads."""
        return tuple(feature.name for feature in self.features)

    @property
    def positive_index(self) -> int:
        """Column of the failure class in ``predict_proba``.

        Raises:
            ValueError: the model has no classes.
        """
        if self.classes is None:
            raise ValueError("a regressor has no failure class")
        return self.classes.index(self.positive_class)

    @property
    def explainable(self) -> bool:
        """Whether the version has background rows to explain against."""
        return self.background is not None

    @property
    def explained_exactly(self) -> bool:
        """Whether every coalition is enumerated; with more features, orders are sampled."""
        return self.explainable and len(self.features) <= MAX_FEATURES

    def to_json(self) -> str:
        """Return the manifest as it is stored: indented, accents kept."""
        return self.model_dump_json(indent=2) + "\n"
