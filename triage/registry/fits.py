"""Fits of a training that may be broken off, each a file from the moment it was made."""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import suppress
from pathlib import Path

import numpy as np

from triage.errors import StorageError, TamperedError
from triage.learning import Calibration, Fit
from triage.registry.estimator_files import dump_estimator, load_estimator
from triage.workspace import write_whole

__all__ = ["FitFiles"]

DIGEST_BYTES = 32


class FitFiles:
    """Fits as files of numbers, of which none runs anything when it is read.

    A file is named by a digest of all that its fit depends on, begins with the SHA-256 of its name
    and of what follows, and holds arrays in numpy's format, one of them an estimator as a model
    file holds it. Whatever is not so is passed over, as if it were not there, and made again.

    Parameters
    ----------
    folder : Path
        Made when something is first kept. It holds scores of people's records without their
        names: personal data.
    version : str
        What differs whenever the same work might come to something else: the code's.

    Attributes
    ----------
    taken : int
        How many fits were there already.
    """

    def __init__(self, folder: Path, version: str) -> None:
        self._folder = folder
        self._version = version
        self._used: set[str] = set()
        self.taken = 0

    def read(self, name: str) -> Fit | None:
        """Return the fit of this name, None where there is none that can be trusted."""
        path = self._path(name)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        digest, body = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if digest != _digest(path.name, body):
            return None
        try:
            found = _read(body, path.name)
        except (EOFError, KeyError, TypeError, ValueError, TamperedError):
            return None
        self._used.add(path.name)
        self.taken += 1
        return found

    def write(self, name: str, fit: Fit) -> None:
        """Keep a fit; where that cannot be, go without."""
        path, body = self._path(name), _written(fit)
        self._used.add(path.name)
        with suppress(StorageError):  # a full disk: the next training makes it again
            write_whole(path, _digest(path.name, body) + body)

    def forget_others(self) -> None:
        """Delete every fit that was neither read nor written through this object."""
        for path in self._folder.glob("*"):
            if path.name not in self._used:
                with suppress(OSError):
                    path.unlink()

    def _path(self, name: str) -> Path:
        return self._folder / hashlib.sha256(f"{self._version}\n{name}".encode()).hexdigest()


def _written(fit: Fit) -> bytes:
    about = {"calibration": vars(fit.calibration), "notes": list(fit.notes)}
    estimator = b"" if fit.estimator is None else dump_estimator(fit.estimator)
    out = io.BytesIO()
    for array in (
        np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        np.array(fit.columns, dtype=np.int64),
        fit.base_log_odds,
        np.frombuffer(estimator, dtype=np.uint8),
    ):
        np.save(out, array, allow_pickle=False)
    return out.getvalue()


def _read(body: bytes, name: str) -> Fit:
    stream = io.BytesIO(body)
    about, columns, log_odds, estimator = (np.load(stream, allow_pickle=False) for _ in range(4))
    told = json.loads(about.tobytes())
    return Fit(
        load_estimator(estimator.tobytes(), f"the fit {name[:8]}") if len(estimator) else None,
        tuple(columns.tolist()),
        log_odds,
        Calibration(**told["calibration"]),
        tuple(told["notes"]),
    )


def _digest(name: str, body: bytes) -> bytes:
    return hashlib.sha256(name.encode() + body).digest()
