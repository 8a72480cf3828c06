"""What a panel's papers say beside reasons, and what each reader may see of them."""

from __future__ import annotations

from typing import Literal

import pydantic

from triage.workspace.documents import Strict

__all__ = ["AgencyPapers", "Papers"]


class AgencyPapers(Strict):
    """What one agency may see.

    Parameters
    ----------
    referrals : {"known", "own", "all"}
        Those that it made (``own``), those too on whom it has brought records (``known``), or all.
    records : {"own", "all"}
        Whose records are named. A reason that rests on records of others is then counted, not told.
    chances : bool
        Whether it sees how likely the model says that the outcome is.
    """

    referrals: Literal["known", "own", "all"] = "known"
    records: Literal["own", "all"] = "own"
    chances: bool = False


class Papers(Strict):
    """What papers say.

    Parameters
    ----------
    handling : str
        Stands at the head of each printed page.
    case_sheet : dict of str to list of str
        Heading → features that every case sheet tells under it, whatever moved the score.
    agency : AgencyPapers
    """

    handling: str = pydantic.Field(default="Personal data", max_length=80)
    case_sheet: dict[str, list[str]] = {}
    agency: AgencyPapers = AgencyPapers()
