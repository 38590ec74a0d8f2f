"""Whether a model may have learnt from a row: realised quality leaves such rows out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Exposure(StrEnum):
    """Whether a model had seen a measurement when it was fitted."""

    UNSEEN = "non_vue"
    UNPROVEN = "non_prouvee"
    SEEN = "vue"


@dataclass(frozen=True)
class Provenance:
    """What is known of the rows that a model version was fitted on; all None where nothing is known.

    Args:
        unseen: identities of the rows that it has not seen.
        last_day: of the labelled rows; the version has seen no later row.
        fitted_sha256: of the labelled file.
        imported_on: day on which the version was stored; it has seen no measurement of a later day.
    """

    unseen: frozenset[str] | None = None
    last_day: date | None = None
    fitted_sha256: str | None = None
    imported_on: date | None = None

    def exposure(self, identity: str, measured_on: date, file_sha256: str | None) -> Exposure:
        """Tell whether the version has seen a measurement.

        Args:
            identity: of the measurement.
            measured_on: its day.
            file_sha256: of the file that brought it.
        """
        if self.imported_on is not None and measured_on > self.imported_on:
            return Exposure.UNSEEN
        if self.unseen is None:
            return Exposure.UNPROVEN
        if identity in self.unseen or (self.last_day is not None and measured_on > self.last_day):
            return Exposure.UNSEEN
        fitted = self.fitted_sha256 is not None and file_sha256 == self.fitted_sha256
        return Exposure.SEEN if fitted else Exposure.UNPROVEN


def worst_exposure(exposures: Iterable[Exposure]) -> Exposure:
    """Return the exposure of a score: that of its most exposed model; unproven without a model."""
    order = list(Exposure)
    return max(exposures, key=order.index, default=Exposure.UNPROVEN)
