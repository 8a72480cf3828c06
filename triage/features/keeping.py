"""Features that are kept: values are taken where all that they depend on is what it was.

People are sorted into *blocks* by their ids alone, and each feature has a digest for each block of
what its values there depend on (see :mod:`triage.features.digests`). Under that digest the values
are kept, and taken: so a changed event touches the features that look at it, for the people of one
block. Neither names of files nor times are asked. Attributes are read and not made, so they are
not kept.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.conditions import Column
from triage.features.definitions import Feature
from triage.features.digests import events_seen, feature_digests
from triage.features.engine import compute
from triage.features.matrix import FeatureMatrix
from triage.features.plan import make_plan
from triage.timeline import Moments, Timeline

__all__ = ["Part", "Remade", "Shelf", "recompute"]

Rows = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

ROWS_A_BLOCK = 256
"""About so many rows stand or fall together: fewer, and opening files would cost the most."""

MOST_BLOCKS = 256

MOST_PASSES = 4
"""Each pass looks through all events, so several cost more than a few values too many."""


@dataclass(frozen=True)
class Part:
    """Some features of the rows of one block.

    Parameters
    ----------
    digests : tuple of str, shape (n_features,)
        What each feature's values depend on, as 64 hexadecimal digits.
    values : ndarray of float64, shape (n_features, n_rows)
    """

    digests: tuple[str, ...]
    values: Floats


class Shelf(Protocol):
    """Where parts are kept."""

    def read(self, name: str) -> Part | None:
        """Return the part of this name, None where there is none that can be trusted."""

    def write(self, name: str, part: Part) -> None:
        """Keep a part in place of the one of its name."""


@dataclass(frozen=True)
class Remade:
    """A feature matrix, and how much of it was made and not taken from what was kept.

    Parameters
    ----------
    matrix : FeatureMatrix
    kept, made : tuple of str
        The features whose values were all kept, and those of which some were made. Attributes are
        neither.
    n_values : int
        How many values of the latter were made.
    """

    matrix: FeatureMatrix
    kept: tuple[str, ...]
    made: tuple[str, ...]
    n_values: int


@dataclass(frozen=True)
class _Block:
    """The rows of some people; the name of their part; a digest for each feature."""

    rows: Rows
    name: str
    digests: tuple[str, ...]


def recompute(
    features: Sequence[Feature],
    timeline: Timeline,
    moments: Moments,
    attributes: Mapping[str, Column] | None = None,
    *,
    shelf: Shelf,
    version: str,
) -> Remade:
    """Return every feature of every moment, made only where no value is kept.

    Parameters
    ----------
    features : sequence of Feature
    timeline : Timeline
    moments : Moments
    attributes : mapping of str to Column, optional
    shelf : Shelf
        Has the values of earlier calls, and gets those that are made now.
    version : str
        Of all that computes. What another version kept is not read.

    Returns
    -------
    Remade
        Its matrix is that of :func:`triage.features.compute` to the last bit.
    """
    columns = np.flatnonzero([feature.measure != "attribute" for feature in features])
    some = [features[column] for column in columns]
    blocks = list(_blocks(some, timeline, moments, version))
    values = np.empty((len(features), len(moments)))
    has = np.zeros((len(blocks), len(some)), dtype=bool)
    for number, block in enumerate(blocks):
        has[number] = _take(shelf.read(block.name), block, columns, values)
    n_values = 0
    for features_of, blocks_of in _passes(~has):
        rows = np.concatenate([blocks[number].rows for number in blocks_of])
        asked = Moments(moments.person[rows], moments.day[rows])
        made = compute(make_plan(some[place] for place in features_of), timeline, asked)
        values[np.ix_(columns[features_of], rows)] = made.values.T
        n_values += made.values.size
    for number in np.flatnonzero(~has.all(axis=1)):
        block = blocks[number]
        shelf.write(block.name, Part(block.digests, values[np.ix_(columns, block.rows)]))
    read = np.setdiff1d(np.arange(len(features)), columns)
    plan = make_plan(features[column] for column in read)
    values[read] = compute(plan, timeline, moments, attributes).values.T
    return Remade(
        FeatureMatrix(values.T, tuple(features)),
        tuple(some[place].name for place in np.flatnonzero(has.all(axis=0))),
        tuple(some[place].name for place in np.flatnonzero(~has.all(axis=0))),
        n_values,
    )


def _passes(lacks: Bools) -> list[tuple[Rows, Rows]]:
    """Return which features to make for which blocks, so that all that is lacking is made.

    Features that are lacking in the same blocks are made together. Where that would be many passes,
    more is made than is lacking, in one.
    """
    found, which = np.unique(lacks, axis=1, return_inverse=True)
    passes = [
        (np.flatnonzero(which == number), np.flatnonzero(blocks))
        for number, blocks in enumerate(found.T)
        if blocks.any()
    ]
    if len(passes) <= MOST_PASSES:
        return passes
    return [(np.flatnonzero(lacks.any(axis=0)), np.flatnonzero(lacks.any(axis=1)))]


def _take(part: Part | None, block: _Block, columns: Rows, values: Floats) -> Bools:
    """Put the values that are kept where they belong, and return which features these are."""
    has = np.zeros(len(columns), dtype=bool)
    if part is None or part.values.shape != (len(part.digests), len(block.rows)):
        return has
    place_of = {digest: place for place, digest in enumerate(part.digests)}
    places = np.asarray([place_of.get(digest, -1) for digest in block.digests], dtype=np.int64)
    has = places >= 0
    values[np.ix_(columns[has], block.rows)] = part.values[places[has]]
    return has


def _blocks(
    features: Sequence[Feature], timeline: Timeline, moments: Moments, version: str
) -> Iterator[_Block]:
    n_blocks = min(MOST_BLOCKS, 1 << (len(moments) // ROWS_A_BLOCK).bit_length())
    people, person = np.unique(moments.person.astype(np.int64), return_inverse=True)
    ids = timeline.person_ids.take(pa.array(people)).to_pylist()
    block_of = np.asarray([zlib.crc32(one.encode()) % n_blocks for one in ids], dtype=np.int64)
    last_day = np.full(len(people), np.iinfo(np.int32).min, dtype=np.int32)
    np.maximum.at(last_day, person, moments.day)
    order = np.argsort(block_of, kind="stable")
    seen = events_seen(timeline, people[order], block_of[order], last_day[order], n_blocks)
    digests = feature_digests(features, timeline, seen)
    by_block = np.argsort(block_of[person], kind="stable")
    cuts = np.searchsorted(block_of[person][by_block], np.arange(n_blocks + 1))
    for number, (first, last) in enumerate(itertools.pairwise(cuts)):
        rows = by_block[first:last]
        if len(rows):
            asked = json.dumps([version, [ids[one] for one in person[rows]]]).encode()
            days = np.ascontiguousarray(moments.day[rows], dtype=np.int32)
            name = hashlib.sha256(asked + days.tobytes()).hexdigest()
            yield _Block(rows, name, tuple(column[number] for column in digests))
