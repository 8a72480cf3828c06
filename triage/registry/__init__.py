"""The registry: runs, model versions, and the files that models are kept in.

Every training is an mlflow run with one run below it for each model; every model of it is a
*version* of ``referral-triage`` in mlflow's model registry, and the version that people promoted
carries the alias ``champion``. This is the only room that knows mlflow and model files.

Why this shape: mlflow keeps the history, works with one SQLite file or a server by its URL, and
is known to analysts. A model file is our own: ``model.json`` says all there is to say, and names by
its hash an ``estimator.skops`` of numbers. Nothing in either is run on loading: the hash is
checked first against the registry's, then every type against a list that is closed here (mlflow
and skops both take part of theirs from the file), then every tree against the bounds of its
arrays. The same model has the same bytes: skops writes memory addresses and the time of day, which
are written over. A new database is made beside its place and then moved there, because its 50
migrations take seconds, and one that was killed half-way could not be used again. Versions in the
workspace's own database are read without mlflow, which takes seconds to import; where its tables
have another form than is known, mlflow is asked.
"""

from triage.registry.fits import FitFiles
from triage.registry.model_files import read_model, write_model
from triage.registry.promotions import Promotion, standing_of
from triage.registry.versions import CHAMPION, Registry, Version

__all__ = [
    "CHAMPION",
    "FitFiles",
    "Promotion",
    "Registry",
    "Version",
    "read_model",
    "standing_of",
    "write_model",
]
