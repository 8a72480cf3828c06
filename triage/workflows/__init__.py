"""Workflows: one module a journey, each joining the rooms to what is stored.

:func:`load_project` reads all that a workspace says. Check, features, train, backtest, promote,
monitor, rank, show and demo then each do one thing that a person asks for. Nowhere else do rooms
meet storage.

Why this shape: every room below is given tables and gives tables back, so that it can be tested
without a disk; the files, the order of steps and what is written when are decided here, once. The
time and whoever watches progress are handed in by the door that was used. A workflow reads first,
computes then and writes last, whole or not at all, so that a run which fails leaves what
stood; features alone are kept as soon as they are made, beside the results and not among them. Its
functions are imported when they are first asked for, because opening a list should not wait for
the libraries that train a model.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triage.workflows.auditing import (
        Replayed,
        Told,
        Verified,
        anchor_record,
        replay_list,
        show_referral,
        verify_record,
    )
    from triage.workflows.backtesting import Backtested, backtest
    from triage.workflows.cards import tell_card
    from triage.workflows.checking import Found, check_extracts, read_accepted
    from triage.workflows.deciding import (
        Decided,
        count_places,
        list_decisions,
        take_decisions,
        write_blank_sheet,
    )
    from triage.workflows.demo import Demonstrated, run_demo, write_demo
    from triage.workflows.erasing import Erased, erase_person
    from triage.workflows.fairness import (
        Audited,
        audit_fairness,
        fairness_files,
        measured_on_list,
        measured_on_model,
    )
    from triage.workflows.feature_files import write_features, write_features_by_spark
    from triage.workflows.feature_papers import Listed, describe_features, profile_features
    from triage.workflows.leakage import Proofs, prove_no_leakage
    from triage.workflows.lists import open_list
    from triage.workflows.making import forget_features
    from triage.workflows.monitoring import Monitored, monitor
    from triage.workflows.moving import Moved, move_the_record
    from triage.workflows.packing import Packed, write_audit_pack
    from triage.workflows.papers import write_papers
    from triage.workflows.policies import CasesTried, cover_rules, diff_rules, try_rules
    from triage.workflows.progress import Progress
    from triage.workflows.project import Project, load_project
    from triage.workflows.ranking import make_list
    from triage.workflows.recording import (
        NO_PERSONAL_DATA,
        USES,
        Actor,
        consult,
        listed,
        recorded,
    )
    from triage.workflows.retaining import Due, due_for_review
    from triage.workflows.reviewing import Reviewed, review_people
    from triage.workflows.subjects import tell_subject
    from triage.workflows.training import Trainings, train_models
    from triage.workflows.versions import (
        Promoted,
        Versions,
        list_versions,
        promote_version,
        rollback_version,
    )

__all__ = [
    "NO_PERSONAL_DATA",
    "USES",
    "Actor",
    "Audited",
    "Backtested",
    "CasesTried",
    "Decided",
    "Demonstrated",
    "Due",
    "Erased",
    "Found",
    "Listed",
    "Monitored",
    "Moved",
    "Packed",
    "Progress",
    "Project",
    "Promoted",
    "Proofs",
    "Replayed",
    "Reviewed",
    "Told",
    "Trainings",
    "Verified",
    "Versions",
    "anchor_record",
    "audit_fairness",
    "backtest",
    "check_extracts",
    "consult",
    "count_places",
    "cover_rules",
    "describe_features",
    "diff_rules",
    "due_for_review",
    "erase_person",
    "fairness_files",
    "forget_features",
    "list_decisions",
    "list_versions",
    "listed",
    "load_project",
    "make_list",
    "measured_on_list",
    "measured_on_model",
    "monitor",
    "move_the_record",
    "open_list",
    "profile_features",
    "promote_version",
    "prove_no_leakage",
    "read_accepted",
    "recorded",
    "replay_list",
    "review_people",
    "rollback_version",
    "run_demo",
    "show_referral",
    "take_decisions",
    "tell_card",
    "tell_subject",
    "train_models",
    "try_rules",
    "verify_record",
    "write_audit_pack",
    "write_blank_sheet",
    "write_demo",
    "write_features",
    "write_features_by_spark",
    "write_papers",
]

_HOMES = {
    "Audited": "fairness",
    "audit_fairness": "fairness",
    "fairness_files": "fairness",
    "measured_on_list": "fairness",
    "measured_on_model": "fairness",
    "tell_subject": "subjects",
    "due_for_review": "retaining",
    "Due": "retaining",
    "erase_person": "erasing",
    "Erased": "erasing",
    "verify_record": "auditing",
    "show_referral": "auditing",
    "replay_list": "auditing",
    "Packed": "packing",
    "write_audit_pack": "packing",
    "anchor_record": "auditing",
    "Verified": "auditing",
    "Told": "auditing",
    "Replayed": "auditing",
    "Decided": "deciding",
    "count_places": "deciding",
    "list_decisions": "deciding",
    "take_decisions": "deciding",
    "write_blank_sheet": "deciding",
    "NO_PERSONAL_DATA": "recording",
    "USES": "recording",
    "Actor": "recording",
    "consult": "recording",
    "listed": "recording",
    "recorded": "recording",
    "Backtested": "backtesting",
    "backtest": "backtesting",
    "CasesTried": "policies",
    "cover_rules": "policies",
    "diff_rules": "policies",
    "try_rules": "policies",
    "Found": "checking",
    "Listed": "feature_papers",
    "Monitored": "monitoring",
    "Moved": "moving",
    "move_the_record": "moving",
    "monitor": "monitoring",
    "Progress": "progress",
    "Project": "project",
    "Promoted": "versions",
    "Proofs": "leakage",
    "Trainings": "training",
    "Versions": "versions",
    "check_extracts": "checking",
    "describe_features": "feature_papers",
    "forget_features": "making",
    "list_versions": "versions",
    "load_project": "project",
    "make_list": "ranking",
    "open_list": "lists",
    "profile_features": "feature_papers",
    "promote_version": "versions",
    "prove_no_leakage": "leakage",
    "read_accepted": "checking",
    "rollback_version": "versions",
    "Demonstrated": "demo",
    "run_demo": "demo",
    "tell_card": "cards",
    "train_models": "training",
    "write_demo": "demo",
    "Reviewed": "reviewing",
    "review_people": "reviewing",
    "write_features": "feature_files",
    "write_papers": "papers",
    "write_features_by_spark": "feature_files",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
