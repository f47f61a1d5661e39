"""A PostGIS server of the tests' own: on loopback, a free port, a folder that goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

ADMINISTRATOR = "sanshe_admin"
PASSWORD = "p@ss/w:rd#1"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "30",
}


class ServerMissingError(Exception):
    """PostgreSQL or PostGIS is not installed."""


@dataclass
class Server:
    """A server that runs."""

    port: int
    folder: Path
    process: subprocess.Popen

    def url(self, database: str, schema: str = "", user: str = ADMINISTRATOR) -> str:
        """Return a URL without a password; tests put it into PGPASSWORD."""
        query = f"?schema={schema}" if schema else ""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}{query}"

    def connect(self, database: str = "postgres", user: str = ADMINISTRATOR) -> psycopg.Connection:
        return psycopg.connect(self.url(database, user=user), password=PASSWORD, autocommit=True)

    def run(self, database: str, *statements: str | sql.Composable) -> None:
        with self.connect(database) as connection:
            for statement in statements:
                connection.execute(statement)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGQUIT)  # nothing in it is needed any more
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        shutil.rmtree(self.folder)


def find_programs() -> Path:
    """Return the folder of initdb and postgres: what pg_config says, else where Debian has them."""
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if shutil.which("pg_config"):
        said = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        places.insert(0, Path(said.stdout.strip()))
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise ServerMissingError("no initdb and postgres; run tools/install-test-system.sh")


def start() -> Server:
    """Start a server as a user other than root, and return it when it lets us in."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="sanshe-postgis-"))
    user = _user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    who = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    word = folder / "word"
    word.write_text(PASSWORD)
    if user is not None:
        os.chown(word, user.pw_uid, user.pw_gid)
    create = [programs / "initdb", "-D", folder / "data", "-U", ADMINISTRATOR, "--no-sync"]
    create += ["-A", "scram-sha-256", "--pwfile", word, "-E", "UTF8", "--locale=C"]
    subprocess.run(create, check=True, capture_output=True, cwd=folder, **who)
    command = [programs / "postgres", "-D", folder / "data", "-p", str(port)]
    for name, value in SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **who)
    server = Server(port, folder, process)
    _wait(server)
    return server


def _user() -> pwd.struct_passwd | None:
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerMissingError("no user other than root to run PostgreSQL as")


def _wait(server: Server) -> None:
    for _ in range(200):
        try:
            server.connect().close()
        except psycopg.OperationalError:
            if server.process.poll() is not None:
                break
            time.sleep(0.02)
        else:
            return
    log = (server.folder / "log").read_text()
    server.stop()
    raise RuntimeError(f"PostgreSQL did not start:\n{log}")
