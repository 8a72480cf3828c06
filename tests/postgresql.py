"""A PostgreSQL server of a test's own: on a free loopback port, in a folder that goes with it."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import postgresql_programs

__all__ = ["PASSWORD", "running_server"]

PASSWORD = "planted-password"
"""The password of the server's one user; a test looks for it in messages."""


@contextmanager
def running_server() -> Iterator[str]:
    """Start a server, give the URL of its one database, and stop it.

    The server refuses to run as root, so root starts it as the user ``postgres``.
    """
    programs = postgresql_programs()
    if programs is None:
        raise RuntimeError("PostgreSQL's server is not installed; mark the test 'postgresql'")
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()
    folder = Path(tempfile.mkdtemp(prefix="triage-postgresql-"))
    shutil.chown(folder, user)
    password_file = folder / "password"
    password_file.write_text(PASSWORD)
    password_file.chmod(0o644)  # within a folder that only the server's user may enter

    def run(program: str, *arguments: object) -> None:
        output = folder / f"{program}.out"
        with output.open("w") as out:
            done = subprocess.run(
                [str(programs / program), *map(str, arguments)],
                cwd=folder,
                user=user if os.geteuid() == 0 else None,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=120,
            )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{output.read_text()}")

    data = folder / "data"
    try:
        run(
            "initdb",
            *("-D", data, "-U", "triage", "-E", "UTF8", "--no-locale", "--no-sync"),
            *("--auth=scram-sha-256", f"--pwfile={password_file}"),
        )
        port = _free_port()
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        )
        run("pg_ctl", "-D", data, "-w", "-t", 60, "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://triage:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
