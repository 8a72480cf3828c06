"""Records: what a case history is, and how an agency's extract becomes one."""

from triage.records.vocabulary import Attribute, EventType, Vocabulary, read_vocabulary

__all__ = ["Attribute", "EventType", "Vocabulary", "read_vocabulary"]
