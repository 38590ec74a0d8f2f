"""Examples of the OpenAPI document, with real values of this park: tried as they stand, they answer.

What an example changes for good was made by another example, and bears :data:`MARK`: an account, a key, an
intervention. Where there is nothing such yet, the operation asks for a number, and its example comes with the
next reading of the document.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from api.core import Core
from api.schemas.models import ModelSummary
from api.schemas.park import Park, ParkItem
from api.services.interventions.interventions import Filter
from api.services.operations.calls import CallLogService
from api.services.park.view import ParkQuery

MARK = "essai.documentation"
REASON = "Essai depuis la documentation."
V1 = "/api/v1"
_JSON = "application/json"
_READ_TURBINES, _READ_CALLS, _MOST_ROWS = 50, 500, 5_000


@dataclass
class _Example:
    """What an operation is tried with.

    Args:
        given: its path and query parameters.
        body: its JSON body; None where it takes none.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None


def give_examples(document: dict[str, Any], core: Core) -> None:
    """Add examples to ``document``, in place; without a ranking only the schemas' own remain."""
    park = core.view.park(ParkQuery(limit=_READ_TURBINES))
    if park.run is None or not park.items:
        return
    models = core.model_service.all()
    known = _shared(park, models)
    for parameter in _required(document):
        schema = parameter.get("schema", {})
        schema = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
        if parameter["name"] in known:
            parameter["example"] = known[parameter["name"]]
        elif "enum" in schema:
            parameter["example"] = schema["enum"][0]
    examples = {
        **_of_measurements(core, park),
        **_of_corrections(core, park),
        **_of_policy(core),
        **_of_interventions(core, park),
        **_of_models(core, park, models),
        **_of_people(core),
        **_of_calls(core),
    }
    for (method, path), example in examples.items():
        _give(document["paths"][path][method], example)


def _give(operation: dict[str, Any], example: _Example) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in example.given:
            parameter["example"] = example.given[parameter["name"]]
    if example.body is not None:
        operation["requestBody"]["content"][_JSON]["example"] = example.body


def _required(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        for operation in operations.values():
            yield from (each for each in operation.get("parameters", ()) if each["required"])


def _shared(park: Park, models: list[ModelSummary]) -> dict[str, Any]:
    """Return the examples of parameters that mean the same in every operation."""
    serving = [model for model in models if model.active]
    return {
        "turbine_id": park.items[0].turbine_id,
        "date": str(park.as_of),
        "run_id": None if park.run is None else park.run.run_id,
        "wind_speed": 9,
        "reason": REASON,
        **(
            {"name": serving[0].name, "version": serving[0].version, "task": serving[0].task}
            if serving
            else {}
        ),
    }


def _of_measurements(core: Core, park: Park) -> dict[tuple[str, str], _Example]:
    """Return the examples that send the first turbine's own last measurement, and its present state."""
    measurement = _last_measurement(core, park.items[0])
    turbine = core.turbines.detail(park.items[0].turbine_id).turbine
    imports = core.imports.newest(1).items
    one_import = {"import_id": imports[0].import_id} if imports else {}
    unchanged = {"service_state": turbine.service_state, "version": turbine.version}
    return {
        ("post", f"{V1}/predictions"): _Example(body=measurement),
        ("post", f"{V1}/predictions/batch"): _Example(body={"measurements": [measurement]}),
        ("post", f"{V1}/measurements"): _Example(body={"measurements": [measurement]}),
        ("get", f"{V1}/measurements/imports/{{import_id}}"): _Example(one_import),
        ("get", f"{V1}/measurements/imports/{{import_id}}/report.csv"): _Example(one_import),
        ("post", f"{V1}/park/runs"): _Example(body={"as_of": str(park.as_of)}),
        ("post", f"{V1}/park/runs/{{run_id}}/cancel"): _Example(_waiting_run(core)),
        ("patch", f"{V1}/turbines/{{turbine_id}}"): _Example(body=unchanged),
    }


def _last_measurement(core: Core, item: ParkItem) -> dict[str, Any]:
    rows = core.turbines.measurements(item.turbine_id, 1, None, None)
    if not rows:
        return {"turbine_id": item.turbine_id, "measured_at": str(item.measured_on)}
    moment = rows[0].measured_at or rows[0].measured_on
    return {"turbine_id": item.turbine_id, "measured_at": moment.isoformat(), **rows[0].values}


def _waiting_run(core: Core) -> dict[str, Any]:
    runs = core.view.recent_runs(1)
    return {"run_id": runs[0].run_id} if runs and runs[0].status == "en_attente" else {}


def _of_corrections(core: Core, park: Park) -> dict[tuple[str, str], _Example]:
    """Return the examples that take out the oldest measurement of a calm turbine, and bring it back."""
    turbine, acts = park.items[-1].turbine_id, core.corrections.acts(_READ_CALLS, 0).items
    rows = core.turbines.measurements(turbine, _MOST_ROWS, None, None)
    stored = core.corrections.rows(turbine, rows[-1].measured_on) if rows else []
    taken = {"rows": [row.measurement_id for row in stored if row.withdrawal is None][:1]}
    day = {"day": str((rows[-1].measured_on if rows else None) or park.as_of)}
    mine = next((act for act in acts if act.reason == REASON and act.restored_at is None), None)
    number = {} if mine is None else {"number": mine.withdrawal_id}
    acting = f"{V1}/measurements/withdrawals"
    return {
        ("get", f"{V1}/measurements/rows"): _Example({"turbine_id": turbine, **day}),
        ("post", f"{acting}/preview"): _Example(body=taken if stored else None),
        ("post", acting): _Example(body={**taken, "reason": REASON} if stored else None),
        ("post", f"{acting}/{{number}}/restore"): _Example(number, {"reason": REASON}),
    }


def _of_policy(core: Core) -> dict[tuple[str, str], _Example]:
    """Return the examples that try, save and restore: a needless visit costs one euro more."""
    policy = core.policies.policy(names=False)
    parameters = policy.in_force.parameters.model_dump(mode="json")
    dearer = parameters | {"cost_intervention_eur": parameters["cost_intervention_eur"] + 1}
    base = {"base_version": policy.in_force.version, "reason": REASON}
    others = [each.version for each in policy.versions if each.parameters != policy.in_force.parameters]
    return {
        ("post", f"{V1}/policy/preview"): _Example(body={"parameters": dearer, "limit": 10}),
        ("put", f"{V1}/policy"): _Example(body={**base, "parameters": dearer}),
        ("post", f"{V1}/policy/{{version}}/restore"): _Example(
            {"version": others[0] if others else policy.in_force.version}, base
        ),
    }


def _of_interventions(core: Core, park: Park) -> dict[tuple[str, str], _Example]:
    """Return the examples that plan: each on the first turbine where nothing is planned yet."""
    free = next((item for item in park.items if item.intervention is None), park.items[0])
    mine = core.interventions.page(Filter(assignee=MARK), 1, 0).items
    number = {"number": mine[0].id} if mine else {}
    monday = core.week_plan.inputs().week_start.isoformat()
    crew = {"name": "Équipe A", "skills": [], "hours": [7, 7, 7, 7, 7], "assignee": MARK}
    visit = {"turbine_id": free.turbine_id, "day": monday, "crew": "Équipe A", "assignee": MARK, "hours": 4}
    opened = {"turbine_id": free.turbine_id, "planned_on": monday, "assignee": MARK, "comment": REASON}
    change = {"version": mine[0].version if mine else 1, "comment": REASON}
    one = f"{V1}/interventions/{{number}}"
    return {
        ("post", f"{V1}/interventions"): _Example(body=opened),
        ("get", one): _Example(number),
        ("get", f"{one}.ics"): _Example(number),
        ("patch", one): _Example(number, change),
        ("put", f"{one}/photo"): _Example(number),
        ("get", f"{one}/photo"): _Example(number),
        ("post", f"{V1}/week-plan"): _Example(body={"crews": [crew]}),
        ("post", f"{V1}/week-plan/export"): _Example(body={"crews": [crew]}),
        ("post", f"{V1}/week-plan/accept"): _Example(
            body={"run_id": park.run and park.run.run_id, "visits": [visit]}
        ),
    }


def _of_models(core: Core, park: Park, models: list[ModelSummary]) -> dict[tuple[str, str], _Example]:
    """Return the examples of a model's life, on versions that are not in service."""
    spare = [m for m in models if not m.active and m.admitted and m.retired is None and m.problem is None]
    because = {"reason": REASON}
    one = f"{V1}/models/{{name}}"
    examples = {("post", f"{one}/rollback"): _Example(body=because)}
    for act in ("activate", "retire"):
        chosen = {"name": spare[0].name, "version": spare[0].version} if spare else {}
        examples["post", f"{one}/{{version}}/{act}"] = _Example(chosen, because)
    if spare:
        watched = {"name": spare[-1].name, "version": spare[-1].version}
        task = {"task": spare[-1].task}
        examples["put", f"{V1}/candidates/{{task}}"] = _Example(task, {**watched, **because})
    tried = next((each for each in core.shadow.candidates() if each.ended_at is None), None)
    for method, path in (("get", ""), ("delete", ""), ("get", "/report")):
        given = {} if tried is None else {"task": tried.task}
        examples[method, f"{V1}/candidates/{{task}}{path}"] = _Example(given)
    serving = next((model for model in models if model.active), None)
    if serving is not None:
        rows = core.turbines.measurements(park.items[0].turbine_id, 1, None, None)
        values = rows[0].values if rows else {}
        tensors = [
            {"name": tensor.name, "shape": [1], "datatype": "FP64", "data": [values.get(tensor.name, 0)]}
            for tensor in core.open_inference.metadata(serving.name, None).inputs
        ]
        examples["post", "/v2/models/{name}/infer"] = _Example(body={"inputs": tensors})
    return examples


def _of_people(core: Core) -> dict[tuple[str, str], _Example]:
    """Return the examples that create an account and a key, and those that change what these have made."""
    account = next((each for each in core.accounts.all() if each.username.startswith(MARK)), None)
    keys = core.keys.all()
    key = next((each for each in keys if each.name.startswith(MARK) and each.revoked_at is None), None)
    number = {} if account is None else {"number": account.id}
    change = {} if account is None else {"display_name": account.display_name, "version": account.version}
    names = [each.username for each in core.accounts.all()]
    new = {"username": _free(names), "display_name": "Essai de la documentation", "role": "technicien"}
    one = f"{V1}/accounts/{{number}}"
    secret = {"refresh_token": "celui que rend l’ouverture de session"}
    return {
        ("post", f"{V1}/accounts"): _Example(body=new),
        ("patch", one): _Example(number, change),
        ("post", f"{one}/password"): _Example(number, {}),
        ("delete", f"{one}/sessions"): _Example(number),
        ("post", f"{V1}/keys"): _Example(
            body={"name": _free([each.name for each in keys]), "scopes": ["read"]}
        ),
        ("delete", f"{V1}/keys/{{number}}"): _Example({} if key is None else {"number": key.id}),
        ("post", f"{V1}/auth/refresh"): _Example(body=secret),
        ("post", f"{V1}/auth/logout"): _Example(body=secret),
        ("post", f"{V1}/auth/password"): _Example(
            body={
                "current_password": "le mot de passe actuel",
                "new_password": "le nouveau, bien plus long",
            }
        ),
    }


def _free(taken: Collection[str]) -> str:
    return next(name for n in count(1) if (name := MARK if n == 1 else f"{MARK}-{n}") not in taken)


def _of_calls(core: Core) -> dict[tuple[str, str], _Example]:
    """Return the examples that find the last prediction again."""
    calls = CallLogService(core.database).newest(_READ_CALLS, 0).items
    last = next((call for call in calls if call.purpose in {"unitaire", "lot"} and call.status == 200), None)
    request = {} if last is None else {"request_id": last.request_id}
    return {
        ("get", f"{V1}/predictions/{{request_id}}"): _Example(request),
        ("post", f"{V1}/predictions/{{request_id}}/replay"): _Example(request),
    }
