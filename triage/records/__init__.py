"""Records: what a case history is, and how an agency's extract becomes one."""

from triage.records.histories import (
    CaseHistories,
    build_histories,
    events_schema,
    people_schema,
    referrals_schema,
)
from triage.records.sources import Source, read_sources
from triage.records.vocabulary import Attribute, EventType, Vocabulary, read_vocabulary

__all__ = [
    "Attribute",
    "CaseHistories",
    "EventType",
    "Source",
    "Vocabulary",
    "build_histories",
    "events_schema",
    "people_schema",
    "read_sources",
    "read_vocabulary",
    "referrals_schema",
]
