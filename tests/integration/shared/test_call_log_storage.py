"""The call log's SQL, on each kind of database."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest

from api.services.operations.calls import CallLogService, call_statistics
from api.storage.shared import call_log
from api.storage.shared.call_log import CallRow
from api.storage.shared.database import Database

BEGAN = datetime(2024, 12, 30, 6, 0, tzinfo=UTC)


def row(number: int, **changes: object) -> CallRow:
    values: dict[str, object] = {
        "request_id": f"{number:032x}",
        "at": BEGAN + timedelta(seconds=number),
        "method": "GET",
        "endpoint": "/api/v1/park",
        "principal": "compte:3",
        "status": 200,
        "duration_ms": 1.5,
    }
    return CallRow(**(values | changes))  # type: ignore[arg-type]


def write(database: Database, rows: list[CallRow]) -> None:
    for each in rows:
        each.pack()
    with database.write() as connection:
        call_log.add_many(connection, rows)


def test_row__comes_back_as_it_was(any_database: Database) -> None:
    written = row(
        7,
        method="POST",
        purpose="lot",
        rows=3,
        turbine_id="É-2",
        error="wind_speed : « trop grand ».",
        inputs=bytes(range(256)) * 10,
        outputs=b"",
    )
    write(any_database, [written, row(8)])

    with any_database.read() as connection:
        found = call_log.get(connection, written.request_id)
        other = call_log.get(connection, row(8).request_id)
        assert call_log.get(connection, "absent") is None

    assert found is not None
    for name in (
        "at",
        "method",
        "endpoint",
        "principal",
        "status",
        "duration_ms",
        "purpose",
        "rows",
        "error",
    ):
        assert getattr(found, name) == getattr(written, name), name
    assert found.turbine_id == "É-2"
    assert call_log.unpack(found.inputs) == bytes(range(256)) * 10
    assert call_log.unpack(found.outputs) == b""
    assert other is not None
    assert (other.inputs, call_log.unpack(other.outputs)) == (None, None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"\0",
        b"x\x9c",
        b"{}",
        b"\0" * 300,
        b"a" * 255,
        b"a" * 256,
        *(bytes(range(256)) * n for n in (4, 16, 17, 400)),
    ],
)
def test_pack__any_content_comes_back(content: bytes) -> None:
    packed = row(1, inputs=content)

    packed.pack()
    packed.pack()

    assert call_log.unpack(packed.inputs) == content


def test_add_many__all_or_none(any_database: Database) -> None:
    write(any_database, [row(1)])

    with pytest.raises(Exception, match=r"(?i)unique"):
        write(any_database, [row(2), row(1), row(3)])

    assert CallLogService(any_database).newest(10, 0).total == 1


def test_newest__pages_partition_the_log(any_database: Database) -> None:
    write(any_database, [row(n, at=BEGAN + timedelta(seconds=n // 3)) for n in range(20)])
    service = CallLogService(any_database)

    pages = [service.newest(6, offset) for offset in range(0, 24, 6)]

    assert {page.total for page in pages} == {20}
    listed = [item for page in pages for item in page.items]
    assert len({item.request_id for item in listed}) == len(listed) == 20
    assert [item.at for item in listed] == sorted((item.at for item in listed), reverse=True)


@pytest.mark.parametrize("count", [1, 2, 19, 20, 21, 100, 997])
def test_statistics__recounted_independently(any_database: Database, count: int) -> None:
    chance = random.Random(count)
    rows = [
        row(n, status=chance.choice([200, 202, 401, 404, 422, 500, 503]), duration_ms=chance.expovariate(0.1))
        for n in range(count)
    ]
    before = [row(5_000 + n, at=BEGAN - timedelta(days=1), status=500, duration_ms=1e6) for n in range(50)]
    write(any_database, rows + before)

    with any_database.read() as connection:
        found = call_statistics(connection, BEGAN)

    ordered = sorted(r.duration_ms for r in rows)
    assert found.calls == count
    assert found.errors == len([r for r in rows if r.status in {500, 503}])
    assert found.refused == len([r for r in rows if r.status in {401, 404, 422}])
    assert found.mean_ms == pytest.approx(fmean(ordered))
    assert found.p95_ms == pytest.approx(ordered[math.ceil(0.95 * count) - 1])


def test_statistics__no_call_no_duration(any_database: Database) -> None:
    with any_database.read() as connection:
        found = call_statistics(connection, BEGAN)

    assert (found.calls, found.errors, found.refused, found.mean_ms, found.p95_ms) == (0, 0, 0, None, None)
