"""Features: what a panel asks of a case history, defined once in YAML and made in one pass.

A *definition* (``pipelines/*.yaml``) says what is measured, over which events, in which windows,
and what it means in plain words. A *plan* turns all definitions into a few flat tables of
operations. One compiled *kernel* walks back through a person's usable events, once for all as-of
dates that follow one another, and makes every feature on the way, but for those of the order of
events, each of which has a compiled *walk* of its own over the events that it looks at. *Evidence*
names the very events behind a value. The *catalogue* says in words what each feature is, and *bars*
part its values, so that their spread can be counted. What was made once may be *kept*, and is made
again only where something that it depends on is different.

Why this shape: definition, plan and kernel are kept apart so that meaning is written once
(:class:`Feature`), compiled once (:class:`Plan`) and run anywhere that flat arrays are at hand: on
one machine in threads, or inside a worker that holds some of the people. Windows are disjoint
buckets that are cumulated at the end, so many windows cost as much as one. Numbers that are summed
are held on a grid of 2⁻²⁰, which makes sums exact in any order: the same bits on one core, on many,
or far away. A question is about few people and ends on a day: of stored events only those are held
that it may ask for, and of a timeline that holds everybody only those people are bound. What is
kept is found by digests of the values that were read, so that it cannot be stale. Hashing them
costs as much as making features anew, or up to three times that; cheaper signs, such as a file's
time, are not taken for the same.
"""

from triage.features.bars import bar_counts, bar_edges, bar_places, bar_words
from triage.features.cases import Case, read_cases
from triage.features.catalogue import Entry, catalogue
from triage.features.definitions import Feature
from triage.features.engine import attribute_values, compute, processors
from triage.features.evidence import evidence, evidence_of_each
from triage.features.files import write_feature_file
from triage.features.keeping import Part, Remade, Shelf, recompute
from triage.features.matrix import FeatureMatrix, feature_schema, feature_table
from triage.features.plan import Plan, make_plan
from triage.features.readiness import is_compiled, make_ready
from triage.features.reading import gather_pipelines, read_pipelines
from triage.features.spark import PEOPLE_IN_GROUP, SparkTask, write_features_on_spark

__all__ = [
    "PEOPLE_IN_GROUP",
    "Case",
    "Entry",
    "Feature",
    "FeatureMatrix",
    "Part",
    "Plan",
    "Remade",
    "Shelf",
    "SparkTask",
    "attribute_values",
    "bar_counts",
    "bar_edges",
    "bar_places",
    "bar_words",
    "catalogue",
    "compute",
    "evidence",
    "evidence_of_each",
    "feature_schema",
    "feature_table",
    "gather_pipelines",
    "is_compiled",
    "make_plan",
    "make_ready",
    "processors",
    "read_cases",
    "read_pipelines",
    "recompute",
    "write_feature_file",
    "write_features_on_spark",
]
