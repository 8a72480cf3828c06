"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from triage.errors import StorageError
from triage.workspace import sha256_of, sweep, write_files, write_folder, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x00\xff", b"\x00\xff"),
        ("naïve", "naïve".encode()),
        (lambda path: path.write_bytes(b"made"), b"made"),
    ],
)
def test_bytes_text_and_a_maker_are_written(
    tmp_path: Path, content: object, expected: bytes
) -> None:
    write_whole(tmp_path / "a.txt", content)  # type: ignore[arg-type]
    assert (tmp_path / "a.txt").read_bytes() == expected
    assert names(tmp_path) == ["a.txt"]


def test_the_old_file_gives_way_to_the_new(tmp_path: Path) -> None:
    for text in ("old", "new"):
        write_whole(tmp_path / "a.txt", text)
    assert (tmp_path / "a.txt").read_text() == "new"


def test_only_the_owner_can_read_what_is_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "made" / "inside" / "a.txt", "text")
    assert mode(tmp_path / "made" / "inside" / "a.txt") == 0o600
    assert mode(tmp_path / "made" / "inside") == 0o700
    assert mode(tmp_path / "made") == 0o700


def test_a_maker_that_puts_a_new_file_there_opens_it_to_nobody(tmp_path: Path) -> None:
    def replace(path: Path) -> None:
        path.unlink()
        path.write_text("new")
        path.chmod(0o644)

    write_whole(tmp_path / "a.txt", replace)
    assert mode(tmp_path / "a.txt") == 0o600


def test_a_folder_that_stands_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    write_whole(tmp_path / "shared" / "a.txt", "text")
    assert mode(tmp_path / "shared") == 0o755


def fail_halfway(path: Path) -> None:
    path.write_bytes(b"half")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", "old")
    with pytest.raises(StorageError, match=r"a\.txt: could not be written; got No space left"):
        write_whole(tmp_path / "a.txt", fail_halfway)
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_an_error_of_the_maker_is_its_own(tmp_path: Path) -> None:
    def wrong(path: Path) -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        write_whole(tmp_path / "a.txt", wrong)
    assert names(tmp_path) == []


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(StorageError, match="could not be written"):
        write_whole(tmp_path / "a.txt", "text")
    assert names(tmp_path) == ["a.txt"]


def test_a_file_where_a_folder_must_be(tmp_path: Path) -> None:
    (tmp_path / "made").write_text("a file")
    with pytest.raises(StorageError, match="could not be written"):
        write_whole(tmp_path / "made" / "a.txt", "text")


def test_a_real_limit_of_the_system_leaves_the_old_file(tmp_path: Path) -> None:
    """The system itself refuses the bytes, in a process that may write no large file."""
    write_whole(tmp_path / "a.txt", "old")
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from triage.errors import StorageError\n"
        "from triage.workspace import write_whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    write_whole(Path(sys.argv[1]), 5000 * 'x')\n"
        "except StorageError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.txt")], capture_output=True, text=True
    )
    assert "could not be written; got File too large" in done.stdout, done.stderr
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_kill_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", "old")
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from triage.workspace import write_whole\n"
        "def make(path):\n"
        "    path.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_whole(Path(sys.argv[1]), make)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.txt")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "lists" / "a"
    with write_folder(target) as part:
        (part / "inside").mkdir()
        (part / "inside" / "b.txt").write_text("b")
        assert not target.exists()
        assert part.parent.parent == target.parent
    assert (target / "inside" / "b.txt").read_text() == "b"
    assert names(target.parent) == ["a"]
    assert [mode(path) for path in (target, target / "inside", target.parent)] == [0o700] * 3
    assert mode(target / "inside" / "b.txt") == 0o600


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fill_halfway() -> None:
        with write_folder(tmp_path / "a") as part:
            (part / "b.txt").write_text("b")
            raise ValueError("halfway")

    with pytest.raises(ValueError, match="halfway"):
        fill_halfway()
    assert names(tmp_path) == []


def test_a_folder_never_replaces_what_stands(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "old.txt").write_text("old")
    (tmp_path / "file").write_text("old")
    (tmp_path / "empty").mkdir()
    for name in ("full", "file", "empty"):
        with (
            pytest.raises(StorageError, match=f"{name}: could not be written"),
            write_folder(tmp_path / name) as part,
        ):
            (part / "new.txt").write_text("new")
    assert names(tmp_path) == ["empty", "file", "full"]
    assert names(tmp_path / "full") == ["old.txt"]


def test_hashes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


DIES = """
import os, signal, sys
from pathlib import Path
from triage.workspace import scratch_folder, write_files, write_folder, write_whole

def die(path):
    path.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)

folder = Path(sys.argv[1])
match sys.argv[2]:
    case "file":
        write_whole(folder / "a.txt", die)
    case "folder":
        with write_folder(folder / "a.txt") as part:
            die(part / "b.txt")
    case "scratch":
        with scratch_folder(folder) as part:
            die(part / "b.txt")
"""


def dead(tmp_path: Path, kind: str) -> list[str]:
    """Let a process die while it writes, and return what it left."""
    done = subprocess.run([sys.executable, "-c", DIES, str(tmp_path), kind], check=False)
    assert done.returncode == -signal.SIGKILL
    return names(tmp_path)


@pytest.mark.parametrize("kind", ["file", "folder", "scratch"])
def test_what_a_dead_process_left_is_swept_and_what_is_at_work_is_not(
    tmp_path: Path, kind: str
) -> None:
    (tmp_path / "a.txt.part").write_text("somebody's own")
    left = dead(tmp_path, kind)
    assert [name.startswith(".") and name.endswith(".part") for name in left] == [True, False]
    with write_folder(tmp_path / "live") as part:
        (part / "b.txt").write_text("b")
        sweep(tmp_path)
        assert names(tmp_path) == [part.parent.name, "a.txt.part"]
    assert names(tmp_path) == ["a.txt.part", "live"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_who_writes_the_same_again_removes_what_a_dead_one_left(tmp_path: Path, kind: str) -> None:
    dead(tmp_path, kind)
    write_whole(tmp_path / "a.txt", "new")
    assert names(tmp_path) == ["a.txt"]


def test_what_another_one_is_writing_at_the_same_time_stays(tmp_path: Path) -> None:
    def meanwhile(path: Path) -> None:
        path.write_text("mine")
        write_whole(tmp_path / "a.txt", "another's")

    write_whole(tmp_path / "a.txt", meanwhile)
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert names(tmp_path) == ["a.txt"]


def test_files_are_all_made_before_the_first_appears(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("old")
    with pytest.raises(StorageError, match=r"b\.txt: could not be written"):
        write_files({tmp_path / "a.txt": "new", tmp_path / "b.txt": fail_halfway})
    assert [(tmp_path / name).read_text() for name in names(tmp_path)] == ["old", "old"]
    write_files({tmp_path / "a.txt": "new", tmp_path / "b.txt": b"new"})
    assert [(tmp_path / name).read_text() for name in names(tmp_path)] == ["new", "new"]


def test_where_there_are_no_such_locks_nothing_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on some network drives: what is at work cannot be told from what is dead."""
    left = dead(tmp_path, "folder")

    def refuse(*_: object) -> None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    monkeypatch.setattr("triage.workspace.writing.fcntl.flock", refuse)
    write_whole(tmp_path / "a.txt", "new")
    sweep(tmp_path)
    assert names(tmp_path) == sorted([*left, "a.txt"])
