"""Which turbines of a ranking are kept, by what is known of the machines themselves."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_

from api.storage.tables import turbines


@dataclass(frozen=True)
class TurbineFilter:
    """Which turbines to keep; None keeps all.

    Args:
        site: exact name.
        farm: exact name.
        service_state: as it is now, whatever it was on the day of the run.
        text: looked for in identifier, site and farm, capitals or not.
    """

    site: str | None = None
    farm: str | None = None
    service_state: str | None = None
    text: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL, over ``turbines``."""
        table = turbines.c
        exact = ((table.site, self.site), (table.farm, self.farm), (table.service_state, self.service_state))
        found = [column == value for column, value in exact if value is not None]
        if self.text is not None:
            looked_in = (table.turbine_id, table.site, table.farm)
            found.append(or_(*(column.icontains(self.text, autoescape=True) for column in looked_in)))
        return found
