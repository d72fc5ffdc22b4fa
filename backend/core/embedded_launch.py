"""Starting the keeper: choose programs, make the cluster if there is none, write the settings, let it go."""

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import backend
from backend.core.embedded_cluster import make_cluster, write_settings
from backend.core.embedded_places import choose_binaries, major_version, private_folder, reachable_binaries
from backend.core.embedded_process import open_ours

LINGER = 3.0  # seconds PostgreSQL stays up after its last app was killed
_CODE = "import sys; sys.path.append(sys.argv[1]); from backend.core.embedded_keeper import main; main(sys.argv[2])"


def binaries_for(home: Path, user: pwd.struct_passwd | None) -> Path:
    """The bin folder that serves the cluster of this home, reachable for PostgreSQL's user."""
    return reachable_binaries(choose_binaries(home / "cluster"), home, user)


def launch(home: Path, sockets: Path, user: pwd.struct_passwd | None, *, fast: bool) -> None:
    """Start the keeper in the background. To be called while holding the start lock, with no keeper at work.

    What goes wrong in the keeper is in its log, and then nobody holds its lock.
    """
    binaries = binaries_for(home, user)
    cluster = home / "cluster"
    if not cluster.exists():
        make_cluster(home, binaries, user)
    private_folder(sockets, user)
    arguments = write_settings(home, sockets, major_version(binaries), fast=fast)
    plan = {
        "home": str(home),
        "sockets": str(sockets),
        "command": [str(binaries / "postgres"), "-D", str(cluster), *arguments],
        "uid": user.pw_uid if user else None,
        "gid": user.pw_gid if user else None,
        "linger": LINGER,
    }
    above = str(Path(backend.__path__[0]).parent)
    out = open_ours(home / "keeper.log", os.O_WRONLY | os.O_APPEND)
    try:
        subprocess.run(
            [sys.executable, "-P", "-S", "-c", _CODE, above, json.dumps(plan)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the app; the keeper outlives it until the lease is free
            check=False,
        )
    finally:
        os.close(out)
