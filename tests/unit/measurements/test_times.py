"""A time is read whole or refused with its true reason: grammar, zones, whole days, dates by column."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from api.domain.measurements import day_format
from api.domain.measurements.notation import Notation
from api.domain.measurements.readings import UnreadableCell
from api.domain.measurements.times.clock import has_offset, is_midnight
from api.domain.measurements.times.instants import read_plan, read_time
from api.domain.measurements.times.serial import serial_format
from api.domain.measurements.times.swapped import likely_swapped
from api.domain.measurements.times.zones import PARIS as DEFAULT
from api.domain.measurements.times.zones import named_zone, read_zone, zone_of
from api.domain.shared.exceptions import InvalidInput, UnclearFile

PARIS = ZoneInfo("Europe/Paris")
TODAY = date(2025, 6, 1)
# Naive, because hypothesis draws the time zone itself.
FIRST, LAST = datetime(1990, 1, 3), datetime(2025, 5, 30)  # noqa: DTZ001


def refused(read: object, *arguments: object) -> str:
    with pytest.raises(UnreadableCell) as caught:
        read(*arguments)  # type: ignore[operator]
    return caught.value.reason


def test_read_time__day__no_midnight_is_invented() -> None:
    assert read_time("2024-08-14", TODAY) == (date(2024, 8, 14), None)


@pytest.mark.parametrize(
    ("text", "day", "instant"),
    [
        ("2024-08-14T23:30:00Z", date(2024, 8, 15), datetime(2024, 8, 14, 23, 30, tzinfo=UTC)),
        ("2024-08-14T23:30:00+02:00", date(2024, 8, 14), datetime(2024, 8, 14, 21, 30, tzinfo=UTC)),
        ("2024-08-14 23:30", date(2024, 8, 14), datetime(2024, 8, 14, 21, 30, tzinfo=UTC)),
        ("2024-01-14 23:30:15.5", date(2024, 1, 14), datetime(2024, 1, 14, 22, 30, 15, 500_000, tzinfo=UTC)),
        ("2024-12-31T23:00:00-01:00", date(2025, 1, 1), datetime(2025, 1, 1, 0, 0, tzinfo=UTC)),
    ],
)
def test_read_time__instant__utc_and_day_in_paris(text: str, day: date, instant: datetime) -> None:
    assert read_time(text, TODAY) == (day, instant)


@given(st.datetimes(FIRST, LAST, timezones=st.timezones()))
def test_read_time__any_instant__same_instant(given_time: datetime) -> None:
    assume(
        given_time.utcoffset() is not None and given_time.utcoffset() % timedelta(minutes=1) == timedelta(0)
    )
    read = read_time(given_time.isoformat(), TODAY)
    assert read.at == given_time.astimezone(UTC)
    assert read.on == given_time.astimezone(PARIS).date()


@given(st.datetimes(FIRST, LAST))
def test_read_time__hour_of_paris__what_clocks_there_show(naive: datetime) -> None:
    candidates = {
        utc
        for hours in (1, 2)  # Paris is one or two hours ahead of UTC
        if (utc := (naive - timedelta(hours=hours)).replace(tzinfo=UTC))
        .astimezone(PARIS)
        .replace(tzinfo=None)
        == naive
    }
    if len(candidates) == 1:
        assert read_time(naive.isoformat(), TODAY) == (naive.date(), candidates.pop())
    else:
        assert refused(read_time, naive.isoformat(), TODAY)


def test_read_time__change_of_clocks__refused_unless_offset_told() -> None:
    assert "existe deux fois" in refused(read_time, "2024-10-27 02:30", TODAY)
    assert "n’existe pas" in refused(read_time, "2024-03-31 02:30", TODAY)
    first, second = (read_time(f"2024-10-27T02:30:00+0{n}:00", TODAY).at for n in (2, 1))
    assert first is not None
    assert second is not None
    assert second - first == timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "vide"),
        ("14/08/2024", "AAAA-MM-JJ"),
        ("08-14-2024", "AAAA-MM-JJ"),
        ("2024-W33-3", "AAAA-MM-JJ"),
        ("45518", "numéro de jour de tableur"),
        ("1733097600", "secondes depuis 1970"),
        ("14/08/24", "quatre chiffres"),
        ("20240814", "AAAAMMJJ"),
        ("2024-08-14 10:00 CET", "fuseau en lettres"),
        ("2024-08-14 10", "13:05"),
        ("2024-08-14T24:01", "cette heure n’existe pas"),
        ("2024-08-14 13:00 PM", "AM ou PM"),
        ("2024-08-14 10:60", "cette heure n’existe pas"),
        ("2024-02-30", "n’existe pas"),
        ("2024-08-14T25:00", "cette heure n’existe pas"),
        ("2024-08-14T10:00+99:00", "n’existe pas"),
        ("0001-01-01T00:00:00+14:00", "n’existe pas"),
        ("1970-01-01", "horloge"),
        ("1980-01-06", "horloge"),
        ("2025-06-02", "aujourd’hui : 01/06/2025"),
        ("٢٠٢٤-08-14", "AAAA-MM-JJ"),
    ],
)
def test_read_time__bad__refused_with_reason(text: str, told: str) -> None:
    assert told in refused(read_time, text, TODAY)


def test_read_time__same_text_on_two_days__judged_anew() -> None:
    assert "future" in refused(read_time, "2025-06-02", TODAY)
    assert read_time("2025-06-02", TODAY + timedelta(days=1)).on == date(2025, 6, 2)


# --- the grammar of real systems ---

OFFSETS = st.sampled_from(
    [("", None), ("Z", 0), ("z", 0), (" UTC", 0), (" GMT", 0), ("+00", 0), ("+00:00", 0), (" +01:00", 1),
     ("+0200", 2), (" -05", -5), ("+2", 2), (" UTC+1", 1), ("+01:00[Europe/Paris]", 1)]
)  # fmt: skip
DAYS = st.dates(date(1991, 1, 1), date(2025, 5, 30))
WRITTEN_DAYS = {
    "AAAA-MM-JJ": "{y:04d}-{m:02d}-{d:02d}",
    "AAAA/MM/JJ": "{y:04d}/{m}/{d}",
    "JJ/MM/AAAA": "{d:02d}/{m:02d}/{y:04d}",
    "MM/JJ/AAAA": "{m}/{d}/{y:04d}",
    "JJ.MM.AAAA": "{d}.{m}.{y:04d}",
}


@given(
    DAYS,
    st.sampled_from(sorted(WRITTEN_DAYS)),
    st.sampled_from(["T", " ", "  ", ", ", "t", "\u00a0"]),
    st.tuples(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59)),
    st.text("0123456789", max_size=9),
    st.sampled_from(
        ["{h:02d}:{m:02d}:{s:02d}", "{h}:{m:02d}:{s:02d}", "{h}:{m:02d}", "{h:02d}h{m:02d}", "half"]
    ),
    OFFSETS,
)
def test_instant__as_any_real_system_writes_it__the_same_instant(
    day: date, name: str, gap: str, clock: tuple[int, int, int], fraction: str, form: str,
    offset: tuple[str, int | None],
) -> None:  # fmt: skip
    hour, minute, second = clock
    if form == "half":
        half = "PM" if hour >= 12 else "AM"
        shown = f"{(hour - 1) % 12 + 1}:{minute:02d}:{second:02d} {half}"
    else:
        shown = form.format(h=hour, m=minute, s=second)
    seconds = second if shown.count(":") == 2 else 0
    micros = 0
    if fraction and form != "half" and shown.count(":") == 2:
        shown += "." + fraction
        micros = int(fraction[:6].ljust(6, "0"))
    written, hours = offset
    text = WRITTEN_DAYS[name].format(y=day.year, m=day.month, d=day.day) + gap + shown + written
    naive = datetime(day.year, day.month, day.day, hour, minute, seconds, micros)  # noqa: DTZ001
    if hours is None:
        local = naive.replace(tzinfo=PARIS)
        assume(local.utcoffset() == local.replace(fold=1).utcoffset())
        expected = local.astimezone(UTC)
    else:
        expected = (naive - timedelta(hours=hours)).replace(tzinfo=UTC)
    read = Notation(days=day_format.named_format(name)).time(text, TODAY)
    assert read == (expected.astimezone(PARIS).date(), expected)


@given(st.text(max_size=30))
def test_read_time__any_text__a_time_or_a_french_reason(text: str) -> None:
    try:
        read_time(text, TODAY)
    except UnreadableCell as error:
        assert error.reason.endswith(".")


def test_read_time__end_of_day__is_the_next_midnight() -> None:
    wanted = datetime(2024, 12, 13, 23, 0, tzinfo=UTC)
    for text in ("2024-12-13 24:00", "2024-12-13T24:00:00", "2024-12-13 24:00:00.000"):
        assert read_time(text, TODAY) == (date(2024, 12, 14), wanted)


@pytest.mark.parametrize(
    ("text", "midnight"),
    [
        ("01/12/2024 0:00", True),
        ("12/1/2024 12:00:00 AM", True),
        ("2024-12-01 00:00:00", True),
        ("2024-12-01 00:00:00.000", True),
        ("2024-12-01 00:00:00+00:00", False),
        ("2024-12-01 00:10", False),
        ("2024-12-01 24:00", False),
        ("2024-12-01", False),
        ("2024-12-01T00:00", True),
        ("2024-12-01T00:00Z", False),
    ],
)
def test_midnight__without_offset_alone(text: str, midnight: bool) -> None:
    assert is_midnight(text) is midnight


@given(DAYS, st.sampled_from(["06:10", "6:10:05", "23:59:59.1234567"]), OFFSETS)
def test_offset__told_from_an_hour_without(day: date, clock: str, offset: tuple[str, int | None]) -> None:
    assert has_offset(f"{day} {clock}{offset[0]}") is (offset[1] is not None)


@pytest.mark.parametrize("text", ["2024-12-01 00:00:00", "2024-12-01T00:00", "2024-12-01"])
def test_time__whole_days__stay_days(text: str) -> None:
    assert Notation(whole_days=True).time(text, TODAY) == (date(2024, 12, 1), None)


# --- zones ---


@pytest.mark.parametrize(
    ("text", "name", "hour"),
    [
        ("+01:00", "UTC+01:00", 11),
        ("Europe/Paris", "Europe/Paris", 10),
        ("GMT", "UTC", 12),
        ("UTC", "UTC", 12),
        ("UTC+1", "UTC+01:00", 11),
        ("UTC-03:30", "UTC-03:30", 15),
        ("utc", "UTC", 12),
    ],
)
def test_zone__named__shifts_the_hour(text: str, name: str, hour: int) -> None:
    zone = read_zone(text, "ici")
    assert zone.name == name == named_zone(text)
    at = Notation(zone=zone).time("2024-07-01 12:00", TODAY).at
    assert at is not None
    assert at.hour == hour


@pytest.mark.parametrize("text", ["CEST", "CET", "Mars/Phobos", "UTC+99", "heure locale", "../etc/passwd"])
def test_zone__unknown_or_of_two_meanings__refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        named_zone(text)


@pytest.mark.parametrize(
    ("names", "comment", "name"),
    [
        (["Date (UTC)"], "", "UTC"),
        (["Date and time [UTC+1]"], "", "UTC+01:00"),
        (["date_measure"], "", "Europe/Paris"),
        (["date_measure"], "# All times in UTC", "UTC"),
        (["date_measure"], "# Exported at 2024-12-01 10:00 UTC", "Europe/Paris"),
        (["date_measure"], "# Fuseau horaire : Europe/Madrid", "Europe/Madrid"),
        (["date_measure"], "# Heures en UTC+01:00", "UTC+01:00"),
        (["date_measure"], "# Time zone: UTC", "UTC"),
        (["timestamp_utc".replace("utc", "UTC")], "", "UTC"),
    ],
)
def test_zone__stated_in_the_file__used(names: list[str], comment: str, name: str) -> None:
    assert zone_of(None, names, [(1, comment)]).name == name


def test_zone__default_says_so_and_a_mapping_prevails() -> None:
    assert "par défaut" in DEFAULT.words
    assert zone_of("UTC", ["Date (UTC+2)"], [(1, "# time zone: CET")]).words == "UTC (correspondance)"


@pytest.mark.parametrize("comment", ["# time zone: CET", "# time zone: UTC+3"])
def test_zone__doubtful_or_contradicted__refused(comment: str) -> None:
    with pytest.raises(UnclearFile, match="timezone"):
        zone_of(None, ["Date (UTC)"], [(4, comment)])


# --- formats by column ---


def test_format__by_column__a_name_for_one_spoils_not_the_other() -> None:
    french = day_format.named_format("JJ/MM/AAAA")
    assert day_format.column_format({"03/04/2024"}, french).name == "JJ/MM/AAAA"
    assert day_format.column_format({"2024-05-02"}, french).name == "AAAA-MM-JJ"
    assert day_format.column_format({"20240502"}, day_format.named_format("AAAAMMJJ")).name == "AAAAMMJJ"
    with pytest.raises(UnclearFile, match="planned"):
        day_format.column_format({"03/04/2024"}, None, "planned")


def test_plan__own_format_and_years_apart() -> None:
    notation = Notation(days=day_format.named_format("JJ/MM/AAAA"), planned=day_format.ISO)
    known_on = date(2024, 8, 14)
    assert notation.plan("2024-09-02", known_on) == date(2024, 9, 2)
    assert notation.plan("2024-09-02 00:00:00", known_on) == date(2024, 9, 2)
    assert read_plan("", known_on) is None
    assert "5 ans" in refused(read_plan, "2924-09-02", known_on)
    assert "avant la mesure" in refused(read_plan, "2020-09-02", known_on)
    assert "AAAA-MM-JJ" in refused(read_plan, "02/09/2024", known_on)


# --- day numbers of spreadsheets ---


@given(st.datetimes(datetime(1991, 1, 1), datetime(2060, 1, 1)))  # noqa: DTZ001
def test_serial__any_moment__the_same_to_the_millisecond(moment: datetime) -> None:
    epoch = datetime(1899, 12, 30)  # noqa: DTZ001
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    number = (moment - epoch) / timedelta(days=1)
    form = serial_format([str(number)], epoch)
    assert form is not None
    assert datetime.fromisoformat(form.iso(repr(number) if number % 1 else str(int(number)))) == moment


def test_serial__few_numbers_among_dates__no_day_numbers() -> None:
    assert serial_format(["45628", "2024-12-02", "2024-12-03"], datetime(1899, 12, 30)) is None  # noqa: DTZ001


# --- days and months swapped before the export ---

SWAPPED = {date(2024, month, day) for month in range(1, 13) for day in range(1, 13)}


def test_swapped__twelve_first_days_without_season__told() -> None:
    flat = [(day, 40.0) for day in SWAPPED]
    assert "échangés" in (likely_swapped(SWAPPED, flat) or "")
    assert likely_swapped(SWAPPED, []) is not None


@pytest.mark.parametrize(
    "days",
    [
        SWAPPED | {date(2024, 1, 13)},
        {date(2024, month, 1) for month in range(1, 13)} | {date(2023, month, 1) for month in range(1, 13)},
        {date(2024, 1, day) for day in range(1, 13)},
    ],
)
def test_swapped__ordinary_days__not_told(days: set[date]) -> None:
    assert likely_swapped(days, []) is None


def test_swapped__with_a_season__not_told() -> None:
    season = [(day, 50.0 if day.month in (6, 7, 8) else 40.0) for day in SWAPPED]
    assert likely_swapped(SWAPPED, season) is None
