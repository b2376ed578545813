"""The journal on this machine: ours, private, with room, on a disk that can hold it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from eleva_cli.commands.diagnosis.check import (
    Check,
    failed,
    failed_by,
    passed,
    unknown,
)
from eleva_cli.errors import ConfigError, ExitCode
from eleva_cli.journal.store import Store

MOUNTS = Path("/proc/mounts")
# SQLite's write-ahead log needs memory shared between processes: not over a network.
NETWORKED = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.davfs", "fuse.glusterfs",
    "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "lustre", "ncpfs",
    "nfs", "nfs4", "ocfs2", "smb3", "smbfs",
})  # fmt: skip
# A plan of a million customers takes about one gigabyte.
ROOMY_BYTES = 1_000_000_000
LEAST_BYTES = 100_000_000


def journal(path: Path) -> Iterator[Check]:
    """Check the journal file, its rights, and the disk under it."""
    folder = _existing(path.parent)
    exists = _exists(path)
    yield _opens(path, folder, exists=exists)
    yield _is_private(path, exists=exists)
    yield _room(folder)
    yield _file_system(folder, _mounts())


def _opens(path: Path, folder: Path, *, exists: bool) -> Check:
    if not exists and folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return unknown("journal", f"none yet; the first run makes {path}")
    if not exists:
        return failed(
            "journal",
            f"{path} cannot be made: {folder} is not writable",
            code="journal-cantopen",
            hint="make the folder writable or set ELEVA_STATE_DIR to another",
            exit_code=ExitCode.CONFIG,
        )
    try:
        Store.open(path).close()
    except ConfigError as error:
        return failed_by("journal", error)
    return passed("journal", f"{path} opens and is ours")


def _is_private(path: Path, *, exists: bool) -> Check:
    name = "journal private"
    if os.name == "nt":
        return unknown(name, "rights are not looked at on Windows")
    if not exists:
        return unknown(
            name, "there is no journal yet; it is made 0600 in a 0700 folder"
        )
    places = (path.parent, path, *path.parent.glob(f"{path.name}-*"))
    try:
        rights = {place: stat.S_IMODE(place.stat().st_mode) for place in places}
    except OSError as error:
        return unknown(name, f"{error.filename}: {error.strerror}")
    open_to_others = {place: mode for place, mode in rights.items() if mode & 0o077}
    if not open_to_others:
        return passed(
            name, f"folder {rights[path.parent]:04o}, file {rights[path]:04o}"
        )
    return failed(
        name,
        "; ".join(f"{place} is {mode:04o}" for place, mode in open_to_others.items()),
        code="journal-public",
        hint=f"take the others' rights away: `chmod -R go= {path.parent}`",
        exit_code=ExitCode.CONFIG,
    )


def _room(folder: Path) -> Check:
    name = "room for the journal"
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return unknown(name, f"{folder}: {error.strerror}")
    figure = f"{free / 1e9:,.1f} GB free"
    if free >= ROOMY_BYTES:
        return passed(name, f"{figure}; a million customers take about 1 GB")
    if free >= LEAST_BYTES:
        return unknown(name, f"{figure}; a million customers take about 1 GB")
    return failed(
        name,
        f"{free / 1e6:,.0f} MB free",
        code="journal-full",
        hint="free some space on that disk, or set ELEVA_STATE_DIR to another",
        exit_code=ExitCode.CONFIG,
    )


def _file_system(folder: Path, mounts: str | None) -> Check:
    name = "file system"
    kind = None if mounts is None else file_system_of(folder.resolve(), mounts)
    if kind is None:
        return unknown(name, "this machine does not tell what the folder lies on")
    if kind not in NETWORKED:
        # FUSE does not tell what is behind it.
        if kind.startswith("fuse"):
            return unknown(name, f"{kind}, which may lead to a network")
        return passed(name, f"{kind}, on this machine")
    return failed(
        name,
        f"{folder} lies on {kind}, a network file system",
        code="journal-on-network",
        hint="set ELEVA_STATE_DIR to a folder on a local disk",
        exit_code=ExitCode.CONFIG,
    )


def file_system_of(folder: Path, mounts: str) -> str | None:
    """Return the type of the file system under a folder, by `/proc/mounts`."""
    found: tuple[int, str] | None = None
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].encode().decode("unicode_escape"))
        depth = len(point.parts)
        # The later of two mounts on one point hides the earlier.
        if folder.is_relative_to(point) and (found is None or depth >= found[0]):
            found = (depth, fields[2])
    return None if found is None else found[1]


def _mounts() -> str | None:
    try:
        return MOUNTS.read_text("utf-8", errors="replace")
    except OSError:
        return None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that we may not look into
        return True


def _existing(folder: Path) -> Path:
    while not _exists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder
