"""What a rule does to a referral: it may raise, hold, exclude, mark or point, and never lower."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pydantic

from triage.errors import close_match

__all__ = [
    "FLAG",
    "HOLD",
    "INELIGIBLE",
    "MUST_DISCUSS",
    "RESERVE",
    "ROUTE",
    "URGENT",
    "Effect",
    "EffectField",
]


@dataclass(frozen=True)
class Effect:
    """What happens to a referral on which a rule fires.

    Parameters
    ----------
    kind : str
        ``ineligible`` (off the ranking), ``hold`` (off it for the time being), ``floor`` (raised
        to a tier), ``reserve`` (may be given one of the places that the panel keeps), ``route``
        (may belong at another programme as well; it stays on the ranking) or ``flag`` (marked).
    to : str, optional
        For a floor, the tier to which the referral is raised: ``urgent`` or ``must_discuss``.
        For a route, the name of the other programme.
    """

    kind: str
    to: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.to}" if self.to else self.kind


INELIGIBLE = Effect("ineligible")
HOLD = Effect("hold")
FLAG = Effect("flag")
RESERVE = Effect("reserve")
URGENT = Effect("floor", "urgent")
MUST_DISCUSS = Effect("floor", "must_discuss")
ROUTE = "route"
EFFECTS = {
    str(effect): effect for effect in (INELIGIBLE, HOLD, FLAG, RESERVE, URGENT, MUST_DISCUSS)
}
PROGRAMME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 &'-]{0,39}")


def parse_effect(content: Any) -> Effect:
    """Return the effect that a piece of YAML says.

    Raises
    ------
    ValueError
        It says none of the effects that there are, or a route to what cannot be a name.

    Examples
    --------
    >>> print(parse_effect("hold"))
    hold
    >>> print(parse_effect({"floor": "urgent"}))
    floor: urgent
    >>> print(parse_effect({"route": "CARA"}))
    route: CARA
    """
    if isinstance(content, Mapping) and len(content) == 1:
        ((kind, to),) = content.items()
        if kind == ROUTE:
            return _route(to)
        written = f"{kind}: {to}"
    else:
        written = str(content)
    if written not in EFFECTS:
        raise ValueError(
            "an effect is ineligible, hold, flag, reserve, {floor: urgent}, {floor: must_discuss} "
            f"or {{route: NAME}}. {close_match(written, EFFECTS)}".strip()
        )
    return EFFECTS[written]


def _route(to: Any) -> Effect:
    if not isinstance(to, str) or not PROGRAMME.fullmatch(to):
        raise ValueError(
            "a route names another programme, such as {route: CARA}, in at most 40 letters, "
            "digits, spaces, hyphens, apostrophes and '&'"
        )
    return Effect(ROUTE, to)


EffectField = Annotated[Effect, pydantic.PlainValidator(parse_effect)]
"""An effect as the field of a document model."""
