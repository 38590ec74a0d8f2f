"""Turns pydantic's errors into French sentences that name the field and the remedy."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.domain.shared.exceptions import FieldError
from api.schemas import french

SHOWN = 80  # characters of a received value that an error repeats
BODY = "corps"
_CREDENTIAL = re.compile(r"password|passwd|secret|token|authorization|cookie|api[_-]?key", re.IGNORECASE)
_POSITION = re.compile(r"line (\d+) column (\d+)")
_BRANCH = re.compile(r"date|datetime|time|timedelta|int|float|str|bool|bytes|none|list|dict|[a-z-]+\[.*\]")
_UNKNOWN = "valeur refusée : vérifiez le type et le format attendus dans la documentation (/docs)."
_DATE = "une date est attendue, par exemple 2024-12-30."
_INSTANT = "un instant ISO 8601 est attendu, par exemple 2024-12-30T08:00:00+01:00."
_TIME = "une heure est attendue, par exemple 08:00:00."
_DELAY = "une durée ISO 8601 est attendue, par exemple P7D."
_NUMBER = "un nombre est attendu, avec un point décimal, par exemple 12.5."
_WHOLE = "un nombre entier est attendu."
_OBJECT = "un objet JSON est attendu."
_LIST = "une liste JSON est attendue."
_TEXT = "un texte est attendu."
_BOOLEAN = "true ou false est attendu."
_ADDRESS = "une adresse https://… est attendue."
_UUID = "un identifiant UUID est attendu."

_SENTENCES = {
    "missing": "champ obligatoire, absent : ajoutez-le.",
    "missing_argument": "champ obligatoire, absent : ajoutez-le.",
    "missing_keyword_only_argument": "champ obligatoire, absent : ajoutez-le.",
    "missing_positional_only_argument": "champ obligatoire, absent : ajoutez-le.",
    "extra_forbidden": "champ inconnu : retirez-le ou corrigez son nom.",
    "unexpected_keyword_argument": "champ inconnu : retirez-le ou corrigez son nom.",
    "none_required": "ce champ doit rester vide (null).",
    "greater_than": "doit être supérieur à {gt}.",
    "greater_than_equal": "doit être supérieur ou égal à {ge}.",
    "less_than": "doit être inférieur à {lt}.",
    "less_than_equal": "doit être inférieur ou égal à {le}.",
    "multiple_of": "doit être un multiple de {multiple_of}.",
    "finite_number": "un nombre fini est attendu : NaN et infini sont refusés.",
    "too_short": "au moins {min_length:élément}, et non {actual_length}.",
    "too_long": "au plus {max_length:élément}, et non {actual_length}.",
    "string_too_short": "au moins {min_length:caractère}.",
    "string_too_long": "au plus {max_length:caractère}.",
    "string_pattern_mismatch": "ne suit pas la forme attendue : {pattern}",
    "string_not_ascii": "seuls les caractères sans accent sont acceptés.",
    "string_unicode": "ce texte n’est pas de l’UTF-8 valide.",
    "bytes_too_short": "au moins {min_length:octet}.",
    "bytes_too_long": "au plus {max_length:octet}.",
    "bytes_invalid_encoding": "codage illisible.",
    "int_from_float": "un nombre entier est attendu, sans décimales.",
    "int_parsing_size": "nombre trop grand.",
    "enum": "valeurs possibles : {expected}.",
    "literal_error": "valeurs possibles : {expected}.",
    "union_tag_invalid": "valeurs possibles de {discriminator} : {expected_tags}.",
    "union_tag_not_found": "il manque {discriminator}.",
    "date_past": "une date passée est attendue.",
    "date_future": "une date future est attendue.",
    "datetime_past": "un instant passé est attendu.",
    "datetime_future": "un instant futur est attendu.",
    "date_from_datetime_inexact": "une date sans heure est attendue, par exemple 2024-12-30.",
    "timezone_naive": "un instant sans fuseau horaire est attendu.",
    "timezone_aware": "le fuseau horaire est attendu, par exemple 2024-12-30T08:00:00+01:00.",
    "timezone_offset": "un autre fuseau horaire est attendu.",
    "url_too_long": "adresse trop longue (au plus {max_length:caractère}).",
    "decimal_max_digits": "au plus {max_digits:chiffre}.",
    "decimal_max_places": "au plus {decimal_places:décimale}.",
    "decimal_whole_digits": "au plus {whole_digits:chiffre} avant la virgule.",
    "recursion_loop": "trop d’objets imbriqués.",
    "recursion_depth_exceeded": "trop d’objets imbriqués.",
    "invalid_key": "les noms de champs doivent être des textes.",
    **dict.fromkeys(("string_type", "json_type", "bytes_type"), _TEXT),
    **dict.fromkeys(("int_type", "int_parsing"), _WHOLE),
    **dict.fromkeys(
        (
            "float_type",
            "float_parsing",
            "decimal_type",
            "decimal_parsing",
            "fraction_type",
            "fraction_parsing",
        ),
        _NUMBER,
    ),
    **dict.fromkeys(("bool_type", "bool_parsing"), _BOOLEAN),
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dataclass_type", "dict_type", "mapping_type"), _OBJECT
    ),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"), _LIST),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), _DATE),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_object_invalid", "datetime_from_date_parsing"),
        _INSTANT,
    ),
    **dict.fromkeys(("time_type", "time_parsing"), _TIME),
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), _DELAY),
    **dict.fromkeys(("url_type", "url_parsing", "url_syntax_violation", "url_scheme"), _ADDRESS),
    **dict.fromkeys(("uuid_type", "uuid_parsing", "uuid_version"), _UUID),
}
_VALUE_SAYS_NOTHING = frozenset({"missing", "json_invalid", "model_type", "model_attributes_type"})


def french_errors(
    errors: Iterable[Mapping[str, Any]], *, from_request: bool = False, show_values: bool = True
) -> list[FieldError]:
    """Return one error per wrong field, in the order of pydantic.

    Args:
        errors: what ``ValidationError.errors()`` or ``RequestValidationError.errors()`` returned.
        from_request: whether paths begin with the part of the request: body, query, path…
        show_values: whether received values may be repeated; those of credentials never are.
    """
    entries = list(errors)
    paths = _without_branches(entries)
    field_errors: dict[str, FieldError] = {}
    for error, path in zip(entries, paths, strict=True):
        name = field_name(path[1:] if from_request else path)
        value = _received(error) if show_values and not _CREDENTIAL.search(name) else None
        field_errors.setdefault(name, FieldError(name, _sentence(error), value))
    return list(field_errors.values())


def field_name(path: Sequence[int | str]) -> str:
    """Write ``("measurements", 3, "wind_speed")`` as ``measurements[3].wind_speed``; empty: the body."""
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return name.removeprefix(".") or BODY


def _without_branches(errors: Sequence[Mapping[str, Any]]) -> list[tuple[int | str, ...]]:
    """Return the path of each error, without the union branch that pydantic appends.

    A field that may be a date or an instant is wrong once, not at ``field.date`` and at ``field.datetime``.
    """
    paths = [() if error["type"] == "json_invalid" else tuple(error["loc"]) for error in errors]
    branches = [
        (path[:-1], short_text(error.get("input"))) if path and _BRANCH.fullmatch(str(path[-1])) else None
        for path, error in zip(paths, errors, strict=True)
    ]
    times = Counter(branches)
    return [
        path[:-1] if branch is not None and times[branch] > 1 else path
        for path, branch in zip(paths, branches, strict=True)
    ]


def _sentence(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in {"value_error", "assertion_error"}:
        return str(context.get("error", error["msg"])).removeprefix("Value error, ")
    if kind == "json_invalid":
        return _unreadable(error)
    if isinstance(error.get("input"), bytes):
        return f"{_OBJECT[:-1]}, avec l’en-tête Content-Type : application/json."
    if kind == "float_type" and type(error.get("input")) is int:
        return "nombre trop grand."
    sentence = _SENTENCES.get(kind)
    if sentence is None:
        return _UNKNOWN
    return sentence.format_map(
        {name: _Count(value) if type(value) is int else _french(value) for name, value in context.items()}
    )


def _unreadable(error: Mapping[str, Any]) -> str:
    reason = str(error.get("ctx", {}).get("error", ""))
    where = _POSITION.search(reason)
    last = error["loc"][-1] if error["loc"] else None
    if where:
        place = f"ligne {where[1]}, colonne {where[2]}"
    else:
        place = f"caractère {last + 1}" if isinstance(last, int) else "début"
    if "out of range" in reason:
        return f"nombre trop grand ({place})."
    return f"JSON illisible ({place}) : vérifiez guillemets, virgules et accolades."


class _Count(int):
    """A limit that a sentence writes with what it counts: ``{max_length:caractère}``."""

    def __format__(self, what: str) -> str:
        return french.counted(self, what) if what else french.exact(self)


def _french(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return french.exact(value)
    text = str(value)
    quoted = re.findall(r"'([^']*)'", text)
    return ", ".join(quoted) if quoted else text


def _received(error: Mapping[str, Any]) -> str | None:
    value = error.get("input")
    if error["type"] in _VALUE_SAYS_NOTHING or isinstance(value, bytes):
        return None
    return short_text(value)


def short_text(value: object) -> str:
    """Write a received value as short text."""
    if isinstance(value, str):
        return value[:SHOWN]
    if isinstance(value, list | tuple):
        return f"liste de {french.counted(len(value), 'élément')}"
    if isinstance(value, dict):
        return f"objet de {french.counted(len(value), 'champ')}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**SHOWN:
        figures = int(math.log10(2) * value.bit_length()) + 1
        return f"nombre entier d’environ {french.counted(figures, 'chiffre')}"
    try:
        return json.dumps(value)[:SHOWN]
    except (TypeError, ValueError):
        return str(value)[:SHOWN]
