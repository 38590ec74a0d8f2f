"""The cockpit page says what changed since the day before, and sorts the park into queues."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from streamlit.testing.v1 import AppTest

from api.schemas.vocabulary import Queue
from tests.ui.conftest import RunningApi, log_in, open_at, ranking, tables, text_of
from ui.park import change_views

Open = Callable[..., AppTest]


def turbines(at: AppTest) -> list[str]:
    """The ranking's turbines as shown."""
    return list(ranking(at)["Turbine"])


def test_levels__beside_the_day_before(logged_in: Open, running_api: RunningApi) -> None:
    park = running_api.client("manager").park.ranking()
    assert park.changes is not None
    assert any(park.changes.levels.model_dump().values()), "the sample must show a difference"

    page = text_of(logged_in("manager"))

    for gap in change_views.differences(park.changes.levels).values():
        assert f'<span class="ecart">{gap}<small>' in page


def test_since_the_day_before__one_line_per_event_with_its_cause(
    logged_in: Open, running_api: RunningApi
) -> None:
    client = running_api.client("manager")
    park = client.park.ranking()
    assert park.changes is not None
    assert park.as_of is not None
    told = client.park.events(park.as_of, 50).items
    assert told

    at = logged_in("manager")

    opened = next(e for e in at.expander if e.label.startswith("Depuis la veille"))
    assert opened.label.endswith(change_views.events_words(park.changes))
    shown: pd.DataFrame = tables(opened)[0].value
    assert list(shown["Turbine"]) == [event.turbine_id for event in told]
    assert len(set(shown["Cause"])) > 1
    for cause, event in zip(shown["Cause"], told, strict=True):
        assert cause == event.sentence


def test_column__says_where_each_turbine_comes_from(logged_in: Open, running_api: RunningApi) -> None:
    items = running_api.client("manager").park.ranking().items

    frame = ranking(logged_in("manager"))

    assert list(frame["Changement"]) == [change_views.change_words(item) for item in items]
    assert any(item.change for item in items)


def test_queues__narrow_the_table_and_stay_in_the_address(logged_in: Open, running_api: RunningApi) -> None:
    park = running_api.client("manager").park.ranking()
    at = logged_in("manager")
    assert at.pills(key="filtre_file").options == list(change_views.tabs(park).values())

    for queue in Queue:
        expected = [item.turbine_id for item in park.items if queue in item.queues]
        if not expected:
            continue
        at.pills(key="filtre_file").set_value(queue).run()
        assert turbines(at) == expected
        assert len(expected) == getattr(park.queues, queue.value) < park.total
        assert at.query_params["file"] == queue.value
        assert queue.meaning in text_of(at)
    open_at(at, "turbine", id="12")
    open_at(at, "cockpit")
    assert at.session_state["filtre_file"] is not None
    at.pills(key="filtre_file").set_value(None).run()
    assert turbines(at) == [item.turbine_id for item in park.items]


def test_address__opens_a_queue(dashboard: Callable[[str], AppTest], running_api: RunningApi) -> None:
    park = running_api.client("manager").park.ranking()
    queue = next(q for q in Queue if getattr(park.queues, q.value))

    at = dashboard(running_api.url).run()
    log_in(open_at(at, "cockpit", file=queue.value), "manager")

    assert turbines(at) == [item.turbine_id for item in park.items if queue in item.queues]
