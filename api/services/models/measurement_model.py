"""The pydantic model of a measurement, built from the features of the active models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    create_model,
)

from api.domain.measurements.measurements import canonical_turbine_id
from api.domain.measurements.sensors import within
from api.domain.shared.exceptions import InvalidInput
from api.inference.serving.manifest import FeatureSpec
from api.schemas import french


def _turbine_id(raw: object) -> str:
    try:
        return canonical_turbine_id(raw)
    except InvalidInput as error:
        raise ValueError(error.errors[0].message) from error


def _flag(raw: object) -> object:
    """Read ``true`` and ``false`` as 1 and 0; the type checks everything else."""
    return int(raw) if isinstance(raw, bool) else raw


def _without_rounding(spec: FeatureSpec) -> Callable[[object], object]:
    """Return the reader of a number that gives the physical bound where rounding alone passed it."""
    bounds = spec.physical_range

    def read(raw: object) -> object:
        if type(raw) is not float:
            return raw
        possible = within(raw, bounds)
        return raw if possible is None else possible

    return read


def _zero_or_one(value: float) -> float:
    if value not in (0, 1):
        raise ValueError("0 ou 1 est attendu.")
    return value


def _moment(raw: object) -> datetime | date:
    """Read a day or an instant; a day stays a day, without a made-up midnight."""
    if not isinstance(raw, str):
        raise ValueError(
            "une date ISO 8601 est attendue, par exemple 2024-12-30 ou 2024-12-30T08:00:00+01:00."
        )
    text = raw.strip()
    try:
        if len(text) == len("2024-12-30"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=french.PARIS)
        moment.astimezone(french.PARIS)  # at the ends of the calendar an offset may lead out of it
        return moment
    except (ValueError, OverflowError) as error:
        raise ValueError("date illisible : écrivez 2024-12-30 ou 2024-12-30T08:00:00+01:00.") from error


TurbineId = Annotated[
    str,
    BeforeValidator(_turbine_id, json_schema_input_type=str | int),
    Field(description="Identifiant de la turbine ; 5, « 5 » et 5.0 désignent la même"),
]
MeasuredAt = Annotated[
    datetime | date,
    PlainValidator(_moment, json_schema_input_type=str),
    Field(
        description="Jour (AAAA-MM-JJ) ou instant ISO 8601 ; sans fuseau, l’heure de Paris est entendue",
        examples=["2024-12-30"],
    ),
]


def build_measurement_model(features: Mapping[str, FeatureSpec], required: frozenset[str]) -> type[BaseModel]:
    """Build a pydantic model with one field per feature.

    Args:
        features: name to specification; type, unit, label and physical bounds become those of the field.
        required: features that may not be missing; without another one, only its models give no output.
    """
    fields: dict[str, Any] = {"turbine_id": (TurbineId, ...), "measured_at": (MeasuredAt, ...)}
    for name, spec in features.items():
        kind = _type_of(spec)
        fields[name] = (kind, ...) if name in required else (kind | None, None)
    return create_model(
        "Measurement",
        __config__=ConfigDict(extra="allow", protected_namespaces=(), allow_inf_nan=False),
        __doc__="Une mesure : la turbine, son moment, puis les champs que lisent les modèles actifs.",
        **fields,
    )


def _type_of(spec: FeatureSpec) -> Any:
    unit = f" [{spec.unit}]" if spec.unit else ""
    low, high = spec.physical_range
    words = f"{spec.label}{unit}"
    if spec.dtype == "binary":
        published = WithJsonSchema({"type": "integer", "enum": [0, 1], "description": words})
        kind = Field(strict=True, description=words)
        return Annotated[float, BeforeValidator(_flag), kind, AfterValidator(_zero_or_one), published]
    about = Field(strict=True, ge=low, le=high, description=words)
    return Annotated[float, about, BeforeValidator(_without_rounding(spec))]


class Reading(NamedTuple):
    """One measurement to score, from any source.

    Args:
        turbine_id: canonical identifier.
        moment: the day or instant of the measurement; None where it is not known.
        values: feature name to number in the catalogue's unit, None for missing.
        unknown: names of sent fields that no model reads.
    """

    turbine_id: str
    moment: datetime | date | None
    values: Mapping[str, float | None]
    unknown: tuple[str, ...] = ()

    @property
    def day(self) -> date | None:
        """The calendar day in Europe/Paris."""
        return french.paris_day(self.moment) if isinstance(self.moment, datetime) else self.moment


def reading_of(measurement: BaseModel, features: Mapping[str, FeatureSpec]) -> Reading:
    """Turn a validated measurement into a reading."""
    sent = measurement.__dict__
    return Reading(
        turbine_id=sent["turbine_id"],
        moment=sent["measured_at"],
        values={name: sent[name] for name in features},
        unknown=tuple(measurement.model_extra or ()),
    )
