"""Timelines: each person's events in order, as flat arrays, and the questions asked of them.

A question is a *moment*: one person and one as-of date. An event may answer it only if it happened
**and** was known strictly before that date, and only in the version that was known then: a
correction takes the place of what it corrects from the day after it became known, and a
withdrawal leaves nothing there.

Why this shape: all people's events stand one after another in a few flat arrays, sorted by person
and day, with ``starts`` saying where each person begins. That is the form in which one compiled
pass can make every feature, in which a slice by person is a view and not a copy, and in which
nothing can look up a date that it should not know, since the moment's day travels with every
question. The events of *linked* people are such a timeline too, so that whatever can be asked of a
person's own events can be asked of theirs, by the same pass. Events are read a few rows at a
time, those that can answer no question left out, and sorted by counting, some people after others,
so that a history larger than memory has timelines too.
"""

from triage.records import NEVER
from triage.timeline.attributes import (
    attributes_at,
    nothing_of_referrals,
    people_attributes_at,
)
from triage.timeline.cohort import (
    not_yet,
    nothing_known,
    nothing_open,
    open_referrals,
    training_days,
)
from triage.timeline.futures import OTHER_FUTURES, not_yet_known
from triage.timeline.links import (
    EACH_OTHER,
    MOST_SHARING,
    Linked,
    Links,
    find_links,
    linked_on,
    linked_timeline,
    naming_column,
)
from triage.timeline.moments import of_those_asked, timeline_at
from triage.timeline.parts import timelines_in_parts
from triage.timeline.splits import Fold, check_forward, forward_folds
from triage.timeline.suppositions import Added, suppose
from triage.timeline.timelines import (
    Moments,
    PartOfPeople,
    Timeline,
    build_timeline,
    day_of,
    moments_of,
    on_scale,
)

__all__ = [
    "EACH_OTHER",
    "MOST_SHARING",
    "NEVER",
    "OTHER_FUTURES",
    "Added",
    "Fold",
    "Linked",
    "Links",
    "Moments",
    "PartOfPeople",
    "Timeline",
    "attributes_at",
    "build_timeline",
    "check_forward",
    "day_of",
    "find_links",
    "forward_folds",
    "linked_on",
    "linked_timeline",
    "moments_of",
    "naming_column",
    "not_yet",
    "not_yet_known",
    "nothing_known",
    "nothing_of_referrals",
    "nothing_open",
    "of_those_asked",
    "on_scale",
    "open_referrals",
    "people_attributes_at",
    "suppose",
    "timeline_at",
    "timelines_in_parts",
    "training_days",
]
