"""Why an estimator fails to answer, in French: never a library's own words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

from api.inference.importing.child.identity import Identity
from api.inference.serving.loaded import Floats
from api.inference.serving.parts import parts_of
from api.schemas import french

_TRIED = 64  # rows asked one by one
_SHOWN_CATEGORIES = 3
_ANY = (Exception,)  # the reason is known already; only whether each row fails is asked


def text_categories(estimator: object) -> str:
    """Return a few of the text categories that an estimator reads, quoted; empty where it reads none."""
    texts = [
        str(category)
        for part in parts_of(estimator)
        if isinstance(part, OneHotEncoder | OrdinalEncoder)
        for categories in getattr(part, "categories_", ())
        for category in categories
        if isinstance(category, str)
    ]
    return ", ".join(f"« {text[:40]} »" for text in texts[:_SHOWN_CATEGORIES])


def failing_words(candidate: Identity, rows: Floats, error: Exception) -> str:
    """Say on which rows an estimator fails.

    Args:
        candidate: to try again, row by row.
        rows: (n, k) rows of the call that failed.
        error: that the call raised.
    """
    tried = rows[:_TRIED]
    failing = [row for row in tried if not _answers(candidate, row)]
    if failing and len(failing) < len(tried):
        return undefined_words(candidate, failing[0])
    if isinstance(error, MemoryError):
        return (
            "Le modèle demande plus de mémoire que permis pour répondre à "
            f"{french.counted(len(rows), 'ligne')}."
        )
    return (
        f"Le modèle échoue à prédire, quelle que soit la ligne ({type(error).__name__}) : une de ses étapes "
        "n’accepte pas un tableau de nombres. Essayez-le sur un tableau de nombres réels, puis réexportez-le."
    )


def undefined_words(candidate: Identity, row: Floats) -> str:
    """Say that an estimator has no answer to a row that the sensors can measure."""
    values = ", ".join(
        f"{name} = {french.exact(float(value), 4)}"
        for name, value in zip(candidate.features, row, strict=True)
    )
    functions = _functions(candidate)
    blamed = (
        f"sa fonction {functions} n’y est pas définie"
        if functions
        else "une de ses étapes n’y est pas définie"
    )
    return (
        f"Le modèle échoue sur certaines valeurs possibles, par exemple {values} : {blamed}. Bornez ses "
        "entrées (np.clip, log1p…) ou donnez les bornes physiques par --manifest."
    )


def _answers(candidate: Identity, row: Floats) -> bool:
    estimator = getattr(candidate, "estimator", None)
    named = hasattr(estimator, "feature_names_in_")
    table = pd.DataFrame(row[None], columns=list(candidate.features)) if named else row[None]
    call = getattr(estimator, "predict" if candidate.classes is None else "predict_proba", None)
    if call is None:
        return False
    try:
        with np.errstate(all="ignore"):
            return bool(np.isfinite(np.asarray(call(table), dtype=np.float64)).all())
    except _ANY:
        return False


def _functions(candidate: Identity) -> str:
    """Return the names of the functions that an estimator applies, quoted."""
    names = [
        part.func.__name__
        for part in parts_of(getattr(candidate, "estimator", None))
        if isinstance(part, FunctionTransformer) and part.func is not None
    ]
    return ", ".join(f"« {name} »" for name in dict.fromkeys(names))
