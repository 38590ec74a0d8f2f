"""pydantic's findings in French: complete, placed on the right field, silent about credentials."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core.core_schema import ErrorType

from api.services.shared import french_errors as module
from api.services.shared.french_errors import french_errors, short_text

# Findings that no JSON body or query string can cause: they concern Python objects and class definitions.
PYTHON_ONLY = {
    "no_such_attribute", "needs_python_object", "frozen_field", "frozen_instance", "get_attribute_error",
    "dataclass_exact_type", "named_tuple_type", "default_factory_not_called", "iteration_error",
    "frozen_dict_type", "ordered_dict_type", "counter_type", "deque_type", "set_item_not_hashable",
    "missing_sentinel_error", "ellipsis_error", "is_instance_of", "is_subclass_of", "callable_type",
    "arguments_type", "unexpected_positional_argument", "multiple_argument_values", "complex_type",
    "complex_str_parsing",
}  # fmt: skip
SPOKEN_ELSEWHERE = {"value_error", "assertion_error", "json_invalid"}


class Level(Enum):
    LOW = "faible"
    HIGH = "eleve"


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    vent: Annotated[float, Field(ge=0, le=25.5)] = 1
    nombre: int = 1
    mesure: datetime | date = date(2024, 1, 1)
    niveau: Level = Level.LOW
    sorte: Literal["a", "b"] = "a"
    liste: list[int] = []
    texte: str = Field("", min_length=0, max_length=3)
    api_key: str = ""
    valide: int = 0
    autre: float | str = 0.0

    @field_validator("valide")
    @classmethod
    def _refuse_seven(cls, value: int) -> int:
        if value == 7:
            raise ValueError("sept est refusé.")
        return value


def told(sent: Any) -> dict[str, tuple[str, str | None]]:
    with pytest.raises(ValidationError) as refused:
        Sent.model_validate(sent)
    return {e.field: (e.message, e.value) for e in french_errors(refused.value.errors())}


def test_every_finding_that_a_request_can_cause_has_a_sentence() -> None:
    spoken = set(module._SENTENCES) | SPOKEN_ELSEWHERE

    assert set(get_args(ErrorType)) - PYTHON_ONLY <= spoken
    assert spoken <= set(get_args(ErrorType)), "pydantic knows no such finding"


@pytest.mark.parametrize("sentence", [*module._SENTENCES.values(), module._UNKNOWN])
def test_sentences__are_lower_case_and_end(sentence: str) -> None:
    assert sentence[0] == sentence[0].lower()
    assert sentence.endswith((".", "{pattern}"))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"vent": -0.5}, {"vent": ("doit être supérieur ou égal à 0.", "-0.5")}),
        ({"vent": 26}, {"vent": ("doit être inférieur ou égal à 25,5.", "26")}),
        (
            {"vent": "12,5"},
            {"vent": ("un nombre est attendu, avec un point décimal, par exemple 12.5.", "12,5")},
        ),
        ({"niveau": "moyen"}, {"niveau": ("valeurs possibles : faible, eleve.", "moyen")}),
        ({"sorte": "c"}, {"sorte": ("valeurs possibles : a, b.", "c")}),
        ({"liste": [1, "x"]}, {"liste[1]": ("un nombre entier est attendu.", "x")}),
        ({"liste": "x"}, {"liste": ("une liste JSON est attendue.", "x")}),
        ({"texte": "long"}, {"texte": ("au plus 3\u00a0caractères.", "long")}),
        ({"valide": 7}, {"valide": ("sept est refusé.", "7")}),
        ({"api_key": 5}, {"api_key": ("un texte est attendu.", None)}),
        ({"secret_token": 5}, {"secret_token": ("champ inconnu : retirez-le ou corrigez son nom.", None)}),
        ({"vent": {"a": 1}}, {"vent": (module._NUMBER, "objet de 1\u00a0champ")}),
        ([], {"corps": ("un objet JSON est attendu.", None)}),
    ],
    ids=str,
)
def test_finding__field_sentence_and_value(sent: Any, expected: dict[str, tuple[str, str | None]]) -> None:
    assert told(sent) == expected


def test_union__one_finding_on_the_field_itself() -> None:
    assert list(told({"mesure": "hier"})) == ["mesure"]
    assert list(told({"autre": []})) == ["autre"]


def test_two_fields_wrong_in_the_same_way__stay_two() -> None:
    assert set(told({"vent": "x", "nombre": "x"})) == {"vent", "nombre"}


def test_values_hidden__where_the_request_carries_credentials() -> None:
    with pytest.raises(ValidationError) as refused:
        Sent.model_validate({"vent": "mon mot de passe"})

    [error] = french_errors(refused.value.errors(), show_values=False)

    assert error.value is None


def test_place__indexes_in_brackets() -> None:
    assert module.field_name(("measurements", 3, "wind_speed")) == "measurements[3].wind_speed"
    assert module.field_name(()) == "corps"


def test_place__source_left_out_of_a_requests_findings_only() -> None:
    finding = {"type": "missing", "loc": ("body", "limit"), "msg": "", "input": {}}

    assert [e.field for e in french_errors([finding], from_request=True)] == ["limit"]
    assert [e.field for e in french_errors([finding])] == ["body.limit"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"vent": 1,', "JSON illisible (ligne 1, colonne 11)"),
        ('{"vent":\n 1 "nombre": 2}', "JSON illisible (ligne 2, colonne 4)"),
        ('{"vent": ' + "9" * 5000 + "}", "nombre trop grand"),
    ],
)
def test_unreadable_json__says_where(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Sent.model_validate_json(text)

    [error] = french_errors(refused.value.errors())

    assert error.field == "corps"
    assert error.message.startswith(message)


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines under load
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@UNHURRIED
@given(st.dictionaries(st.sampled_from([*Sent.model_fields, "x", "body", "int"]), JSON, max_size=5))
def test_whatever_is_sent__each_error_is_short_french_and_about_a_sent_field(sent: dict[str, Any]) -> None:
    try:
        Sent.model_validate(sent)
    except ValidationError as refused:
        errors = french_errors(refused.errors())
        assert errors
        for error in errors:
            assert error.field.split("[")[0].split(".")[0] in sent
            assert error.message != module._UNKNOWN
            assert "nput" not in error.message
            assert error.value is None or len(error.value) <= module.SHOWN


@UNHURRIED
@given(JSON | st.integers(min_value=10**300) | st.binary())
def test_short_text__is_always_short_text(value: Any) -> None:
    assert len(short_text(value)) <= module.SHOWN


def test_short_text__a_number_of_any_size() -> None:
    assert short_text(10**5000) == "nombre entier d’environ 5\u202f001\u00a0chiffres"
    assert short_text(-(10**5000)) == "nombre entier d’environ 5\u202f001\u00a0chiffres"
