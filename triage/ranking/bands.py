"""Bands: places that cannot be told apart share one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

__all__ = ["bands", "chance_of_order"]

Floats = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.int32]


def bands(
    tiers: npt.NDArray[np.int8], scores: Floats, ensemble: Floats, *, level: float
) -> tuple[Ranks, Ranks]:
    """Return the first and the last place of the band in which each referral stands.

    Parameters
    ----------
    tiers : ndarray of int8, shape (n,)
        From the top of the list to its end.
    scores : ndarray of float64, shape (n,)
        Those that the list is ranked by, never rising within a tier.
    ensemble : ndarray of float64, shape (n_members, n)
        The scores that each member gives. With fewer than two members nothing says how sure an
        order is: then only equal scores share a band.
    level : float
        Two places of one tier are told apart where the chance that their order is right is at
        least this, from .5 to 1; see :func:`chance_of_order`.

    Returns
    -------
    first, last : ndarray of int32, shape (n,)
        Places from 1. Referrals of one band have the same two.

    Notes
    -----
    A band is a run of places of one tier of which *no two* can be told apart. Bands are made from
    the top: one ends where the next place can be told from any that is in it. So each place is in
    one band, and to share a band is the same seen from either side, although not to be told apart
    is not passed on from pair to pair. Two neighbours on either side of a band's end may be close.
    Runs of neighbours of which each cannot be told from the next are not used: a long one would
    join places that can be told apart well.

    References
    ----------
    Goldstein, H. and Spiegelhalter, D. J. (1996). League tables and their limitations: statistical
    issues in comparisons of institutional performance. Journal of the Royal Statistical Society A
    159(3), 385-443: ranks are not to be told without what uncertainty leaves of them.

    Examples
    --------
    >>> members = np.array([[3.0, 1.1, 1.0], [3.2, 0.9, 1.0], [2.9, 1.0, 0.9]])
    >>> first, last = bands(np.full(3, 3, np.int8), members.mean(axis=0), members, level=0.9)
    >>> first.tolist(), last.tolist()
    ([1, 2, 2], [1, 3, 3])
    """
    n, head = len(scores), 0
    first = np.ones(n, dtype=np.int32)
    for place in range(1, n):
        within = slice(head, place)
        if (
            tiers[place] != tiers[head]
            or (
                chance_of_order(
                    scores[within], scores[place], ensemble[:, within], ensemble[:, place]
                )
                >= level
            ).any()
        ):
            head = place
        first[place] = head + 1
    beyond = np.searchsorted(first, first, side="right")
    return first, beyond.astype(np.int32)


def chance_of_order(
    above: Floats, below: float, members_above: Floats, members_below: Floats
) -> Floats:
    """Return how likely it is that places stand in the right order above another one.

    Parameters
    ----------
    above : ndarray of float64, shape (n,)
        Their scores.
    below : float
        The score of the other place, not above theirs.
    members_above : ndarray of float64, shape (n_members, n)
    members_below : ndarray of float64, shape (n_members,)

    Returns
    -------
    ndarray of float64, shape (n,)
        From .5, where scores are equal, to 1.

    Notes
    -----
    Of a Student's t with one degree of freedom fewer than there are members, the part below the
    difference of scores divided by its standard deviation over the members: as for the interval
    of a score (see :func:`triage.ranking.certainty`). Both scores of a pair are taken from the same
    member, so that what moves all referrals alike does not count. Fewer than two members tell
    nothing, and different scores are then taken for different.
    """
    apart = above - below
    if len(members_above) < 2:
        return np.where(apart > 0, 1.0, 0.5)
    spread = (members_above - members_below[:, None]).std(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(apart > 0, apart / spread, 0.0)
    return np.asarray(stdtr(len(members_above) - 1, steps))
