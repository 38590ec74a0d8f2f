"""What a model file says of itself, whatever wrote it: the features that it reads, and its classes."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from api.domain.measurements.known_sensors import NOT_SENSORS
from api.domain.shared.exceptions import ModelRefused
from api.inference.importing.child.measuring.labelled import spells
from api.inference.serving.manifest import FEATURE_PATTERN, Label
from api.schemas import french


@dataclass(frozen=True)
class Identity(ABC):
    """A model that may be served.

    Args:
        features: names in the order that it reads.
        classes: its class labels in its own order, None for a regressor.
        positive: the failure class, None for a regressor.
        written_by: version or name of what wrote the file.
    """

    features: tuple[str, ...]
    classes: tuple[Label, ...] | None
    positive: Label | None
    written_by: str

    @property
    def positive_index(self) -> int | None:
        """Column of the failure class among the probabilities."""
        return None if self.classes is None else self.classes.index(self.positive)

    @property
    def own_threshold(self) -> float | None:
        """Threshold that its author set in the model, None where there is none; it is never applied."""
        return None

    @property
    @abstractmethod
    def estimator_name(self) -> str:
        """Return the words of the card for what computes."""


def named_features(known: Sequence[str] | None, count: int, listed: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names in the model's order; a list in another order is put back in order by name.

    Args:
        known: names that the model itself knows, None where it knows none.
        count: number of features that it reads; 0 where it does not say.
        listed: names that the person gives.

    Raises:
        ModelRefused: no name, another number of names, or names that cannot be features.
    """
    if known is None and listed is None:
        how_many = f" (il en faut {count})" if count else ""
        raise ModelRefused(
            f"Le modèle ne connaît pas le nom de ses variables : donnez-les, dans l’ordre, par --features"
            f"{how_many}."
        )
    names = tuple(listed or ()) if known is None else tuple(known)
    if listed is not None and len(listed) != count:
        raise ModelRefused(
            f"Le modèle lit {french.counted(count, 'variable')} ; --features en donne {len(listed)}."
        )
    if len(names) != count:
        raise ModelRefused(f"Le modèle lit {french.counted(count, 'variable')} mais en nomme {len(names)}.")
    if listed is not None and set(listed) != set(names):
        missing = ", ".join(sorted(set(names) - set(listed)))
        raise ModelRefused(f"--features ne nomme pas les variables du modèle ; il manque : {missing}.")
    wrong = [name for name in names if not re.fullmatch(FEATURE_PATTERN, name) or name in NOT_SENSORS]
    if wrong:
        raise ModelRefused(
            f"Ces colonnes ne peuvent pas être des variables : {', '.join(wrong)}. Identifiants, dates et "
            "étiquettes ne sont pas des mesures ; les noms sont en lettres sans accent, chiffres et _."
        )
    return names


def failure_class(classes: tuple[Label, ...], positive: str | None) -> tuple[tuple[Label, ...], Label]:
    """Return the two classes and the one that is the failure.

    Args:
        classes: labels in the model's order.
        positive: text of the failure class, where it is not 1.

    Raises:
        ModelRefused: not two classes, or none of that name.
    """
    class_list = ", ".join(map(str, classes))
    if len(classes) == 1:
        raise ModelRefused(
            f"Le classifieur ne connaît qu’une classe ({class_list}) : il répondrait toujours pareil."
        )
    if len(classes) != 2:
        raise ModelRefused(
            f"Le classifieur connaît {french.counted(len(classes), 'classe')} ({class_list}), et non deux."
        )
    if positive is None and set(classes) != {0, 1}:
        raise ModelRefused(f"Quelle classe est la panne ? Donnez-la par --positive ({class_list}).")
    wanted = "1" if positive is None else positive
    failures = [label for label in classes if spells(label, wanted)]
    if len(failures) != 1:
        raise ModelRefused(f"--positive {wanted} n’est pas une classe du modèle ({class_list}).")
    return classes, failures[0]
