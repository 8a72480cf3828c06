"""A feature's distribution, drawn as plain SVG by hand: a row a bar, with its words and shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from triage.fairness import FeatureProfile, Share

__all__ = ["Distribution", "DrawnBar", "distribution", "sparkline"]

WIDTH, ROW, TOP = 330.0, 17.0, 2.0
LEFT, LENGTH = 104.0, 110.0
BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class DrawnBar:
    """One row: its words, its bar and its share, and the bar of the date compared with."""

    words: str
    share: str
    text_y: str
    y: str
    height: str
    width: str
    earlier_y: str
    earlier_width: str
    told: bool


@dataclass(frozen=True)
class Distribution:
    """A drawing of bars, ready for its template.

    Parameters
    ----------
    title, description : str
        What a screen reader says of it.
    width, height, left, share_x : str
        Of the drawing, and where bars and shares begin.
    bars : tuple of DrawnBar
    compared : bool
        Whether each row has a bar of the date compared with.
    """

    title: str
    description: str
    width: str
    height: str
    left: str
    share_x: str
    bars: tuple[DrawnBar, ...]
    compared: bool


def distribution(one: FeatureProfile) -> Distribution:
    """Return the drawing of a feature's bars.

    A full bar is everybody, so that bars can be compared from one feature to another. What is
    told as "at least" is drawn so long; what is withheld has no bar, and its words say so.

    Parameters
    ----------
    one : FeatureProfile
    """
    compared = one.drift is not None
    return Distribution(
        title=f"Distribution of {one.feature.name}",
        description=". ".join(_row_words(bar.words, bar.share, bar.earlier) for bar in one.bars),
        width=f"{WIDTH:.0f}",
        height=f"{2 * TOP + ROW * len(one.bars):.0f}",
        left=f"{LEFT:.0f}",
        share_x=f"{LEFT + LENGTH + 6:.0f}",
        bars=tuple(
            DrawnBar(
                words=bar.words,
                share=_shares(bar.share, bar.earlier),
                text_y=f"{TOP + ROW * place + 12:.1f}",
                y=f"{TOP + ROW * place + 2.5:.1f}",
                height="7.0" if compared else "11.0",
                width=_length(bar.share),
                earlier_y=f"{TOP + ROW * place + 10.5:.1f}",
                earlier_width=_length(bar.earlier) if bar.earlier else "0.0",
                told=bool(bar.share.least),
            )
            for place, bar in enumerate(one.bars)
        ),
        compared=compared,
    )


def sparkline(one: FeatureProfile) -> str:
    """Return the distribution in a few characters, for a table; a dot where it is withheld."""
    return "".join(
        "·" if bar.share.value is None and bar.share.at_least is None else _block(bar.share.least)
        for bar in one.bars
    )


def _block(share: float) -> str:
    return BLOCKS[min(int(share * len(BLOCKS)), len(BLOCKS) - 1)]


def _length(share: Share) -> str:
    return f"{LENGTH * share.least:.1f}"


def _shares(share: Share, earlier: Share | None) -> str:
    return _short(share) if earlier is None else f"{_short(share)} (was {_short(earlier)})"


def _short(share: Share) -> str:
    """Return a share in few characters: ≥ is "at least", and < 10 are people."""
    return share.words.replace("at least ", "≥").replace("fewer than ", "<").removesuffix(" people")


def _row_words(words: str, share: Share, earlier: Share | None) -> str:
    before = f", earlier {earlier.words}" if earlier else ""
    return f"{words}: {share.words}{before}"
