"""What a rule does to a referral: it may raise, hold, exclude or mark, and never lower."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pydantic

from triage.errors import close_match

__all__ = ["FLAG", "HOLD", "INELIGIBLE", "MUST_DISCUSS", "URGENT", "Effect", "EffectField"]


@dataclass(frozen=True)
class Effect:
    """What happens to a referral on which a rule fires.

    Parameters
    ----------
    kind : str
        ``ineligible``, ``hold``, ``floor`` or ``flag``.
    to : str, optional
        For a floor, the tier to which the referral is raised: ``urgent`` or ``must_discuss``.
    """

    kind: str
    to: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.to}" if self.to else self.kind


INELIGIBLE = Effect("ineligible")
HOLD = Effect("hold")
FLAG = Effect("flag")
URGENT = Effect("floor", "urgent")
MUST_DISCUSS = Effect("floor", "must_discuss")
EFFECTS = {str(effect): effect for effect in (INELIGIBLE, HOLD, FLAG, URGENT, MUST_DISCUSS)}


def parse_effect(content: Any) -> Effect:
    """Return the effect that a piece of YAML says.

    Raises
    ------
    ValueError
        It says none of the effects that there are.

    Examples
    --------
    >>> print(parse_effect("hold"))
    hold
    >>> print(parse_effect({"floor": "urgent"}))
    floor: urgent
    """
    if isinstance(content, Mapping) and len(content) == 1:
        ((kind, to),) = content.items()
        written = f"{kind}: {to}"
    else:
        written = str(content)
    if written not in EFFECTS:
        raise ValueError(
            "an effect is ineligible, hold, flag, {floor: urgent} or {floor: must_discuss}. "
            f"{close_match(written, EFFECTS)}".strip()
        )
    return EFFECTS[written]


EffectField = Annotated[Effect, pydantic.PlainValidator(parse_effect)]
"""An effect as the field of a document model."""
