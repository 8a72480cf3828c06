"""Ledger: the append-only, hash-chained trace of every use of personal data.

A row says when, who, which command, what was done (collection, alteration, consultation,
disclosure with its recipients, combination, erasure, promotion) and to which opaque ids; never the
content. Each row holds the SHA-256 of the row before, so that whoever changes, removes or reorders
one has to make every later row again, and an :class:`Anchor` that is kept elsewhere shows that too.

Why this shape: *the database refuses first*. Triggers on both engines refuse UPDATE, DELETE and
TRUNCATE, and a row that does not follow from the last one, whoever asks and by whatever program.
*The chain finds what got past them*, since an administrator can drop a trigger. What is hashed is a
text of its own (``chain``), not what a database makes of a column, so the same rows verify on
either engine and in ten years. Writers queue: a transaction takes the one write lock before it
looks which row is last, so numbers have no gaps and no two rows have one predecessor.

*A row and its effect.* Where the effect is in this database too (a decision), both are one
transaction (:meth:`Record.writing`). Where it is a file, no transaction spans both, so there are
two rows: one that says what is begun, before anything is read, and one that says what came of it,
after the file stands. A file appears by one rename, so a kill leaves the old state or the new, and
in the ledger a beginning without an end. What must be known again by its hash, a list, is announced
in a third row before it appears, so that none ever stands of which no row speaks. Who began holds a
lock on a file for as long as the process lives, and the operating system lets go of it at any
death; so the next command can tell work that is going on from work that died, and writes the end
that is missing (:meth:`Record.heal`). Nothing is ever done that no row speaks of: a beginning that
cannot be written stops the command.

Django's ORM holds the rows, since the panel's site will stand on it, and takes a fifth of a second
to start: nothing here loads it before :func:`open_record` is called. The rooms above that keep
tables of their own name them when they open it.
"""

from triage.ledger.anchors import Anchor, read_anchor, write_anchor
from triage.ledger.chain import ACTIONS, Action, Entry, Fault, Row, Stage, faults_of
from triage.ledger.guards import protect
from triage.ledger.moving import move_record
from triage.ledger.opening import Place, open_record
from triage.ledger.record import Record

__all__ = [
    "ACTIONS",
    "Action",
    "Anchor",
    "Entry",
    "Fault",
    "Place",
    "Record",
    "Row",
    "Stage",
    "faults_of",
    "move_record",
    "open_record",
    "protect",
    "read_anchor",
    "write_anchor",
]
