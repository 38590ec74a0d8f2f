"""Exports written by hand in the manner of public SCADA systems: ten-minute records of invented machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sin

FIRST = datetime(2024, 12, 13, 23, 0, tzinfo=UTC)  # midnight in Paris
DAYS = 3
RECORDS = 144  # a day


@dataclass(frozen=True)
class Record:
    """What a machine measured in ten minutes: m/s, u.a., °C, kW, 0 or 1."""

    at: datetime
    wind: float
    vibration: float
    temperature: float
    power: float
    maintenance: int


def records(machine: int) -> Iterator[Record]:
    """Yield the records of one machine, three whole days of Paris."""
    for n in range(DAYS * RECORDS):
        wind = round(9 + 3 * sin(n / 40 + machine), 2)
        yield Record(
            FIRST + timedelta(minutes=10 * n),
            wind,
            round(2.5 + machine / 10 + 0.4 * sin(n / 7), 3),
            round(42 + machine + 5 * sin(n / 60), 1),
            round(60 * wind, 1),
            int(machine == 2 and 200 < n < 210),
        )


def greenbyte() -> tuple[str, str]:
    """Comment lines, a commented header, units in brackets, one turbine, UTC; its name and its text."""
    header = (
        '# Date and time,Wind speed (m/s),"Wind speed, Standard deviation (m/s)",Long Term Wind (m/s),'
        'Power (kW),"Power, Maximum (kW)",Reactive power (kvar),Energy Export (kWh),Nacelle temperature (°C),'
        "Nacelle ambient temperature (°C),Gear oil temperature (°C),Drive train acceleration (mm/ss),"
        "Vibration level,Maintenance"
    )
    lines = [
        "# This file was exported by Greenbyte at 2025-01-06 13:43:57.",
        "#",
        "# Turbine: Kelmarsh 1",
        "# Turbine type: Senvion MM92",
        "# Time zone: UTC",
        "# Time interval: 2024-12-13 23:00:00 - 2024-12-16 23:00:00",
        "#",
        header,
    ]
    for n, r in enumerate(records(1)):
        wind = "NaN" if n == 5 else r.wind  # a record without wind: the others of the day carry it
        lines.append(
            f"{r.at:%Y-%m-%d %H:%M:%S},{wind},0.8,7.1,{r.power},{r.power + 90},12.0,{r.power / 6:.2f},"
            f"{r.temperature},4.5,55.0,31.2,{r.vibration},{r.maintenance}"
        )
    return "Turbine_Data_Kelmarsh_1_2024-12-13_-_2024-12-16_228.csv", "\n".join(lines) + "\n"


def senvion() -> tuple[str, str]:
    """Semicolons, decimal commas, day and hour apart, one column per turbine, km/h and MW, UTC+1."""
    machines = {"WEA01": 2, "WEA02": 3}
    sensors = ("Vent [km/h]", "Puissance [MW]", "Température nacelle [°C]", "Vibration [u.a.]", "Maintenance")
    header = ["Date", "Heure", *(f"{name} {sensor}" for name in machines for sensor in sensors)]
    lines = ["Export SCADA;Fuseau horaire : UTC+01:00", ";".join(header)]
    for together in zip(*(records(machine) for machine in machines.values()), strict=True):
        local = together[0].at + timedelta(hours=1)
        cells = [f"{local:%d/%m/%Y}", f"{local:%H:%M}"]
        for r in together:
            numbers = (f"{r.wind * 3.6:.3f}", f"{r.power / 1000:.4f}", r.temperature, r.vibration)
            cells += [*(str(number).replace(".", ",") for number in numbers), str(r.maintenance)]
        lines.append(";".join(cells))
    return "export_parc_decembre.csv", "\n".join(lines) + "\n"


def edp() -> tuple[str, str]:
    """A turbine column, instants with an offset, and many sensors of which four are the cockpit's."""
    lines = [
        "Turbine_ID;Timestamp;Gen_RPM_Max;Gen_RPM_Avg;Gen_Bear_Temp_Avg;Gear_Oil_Temp_Avg;Nac_Temp_Avg;"
        "Rtr_RPM_Avg;Amb_WindSpeed_Max;Amb_WindSpeed_Min;Amb_WindSpeed_Avg;Amb_WindSpeed_Std;"
        "Amb_WindDir_Relative_Avg;Amb_Temp_Avg;Prod_LatestAvg_TotActPwr;Grd_Prod_Pwr_Avg;Grd_Prod_Pwr_Max;"
        "Vibration_Avg;Maintenance_Done"
    ]
    for name, machine in (("T01", 4), ("T06", 5)):
        lines += [
            f"{name};{r.at:%Y-%m-%dT%H:%M:%S}+00:00;1280.1;1250.4;51;48;{r.temperature};14.2;"
            f"{r.wind + 2:.2f};{r.wind - 2:.2f};{r.wind};0.9;-3.1;11;{r.power * 1000 / 6:.0f};"
            f"{r.power};{r.power + 80:.1f};{r.vibration};{r.maintenance}"
            for r in records(machine)
        ]
    return "Wind-Turbine-SCADA-signals-2024.csv", "\n".join(lines) + "\n"


MACHINES = {"Kelmarsh_1": 1, "WEA01": 2, "WEA02": 3, "T01": 4, "T06": 5}
EXPORTS = {"edp": edp, "greenbyte": greenbyte, "senvion": senvion}
