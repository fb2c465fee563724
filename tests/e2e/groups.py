"""Control groups as the tests see them, and a furcate that has none."""

import contextlib
import os
import pathlib
import tempfile

# In a mount namespace of its own, so that no other process loses the groups. They may be mounted at several places.
# Only what holds a mount point is made private: in a chroot "/" is no mount point, and unshare would fail.
WITHOUT = ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", """
for at in $(findmnt --noheadings --list --output TARGET --types cgroup2); do
    mount --make-rprivate "$(findmnt -fno TARGET --target "$(dirname "$at")")" && umount --lazy "$at" || exit 1
done
exec "$@" """, "-"]


def mount_point():
    """Where the cgroup2 tree is mounted; None when it is not."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        if " - cgroup2 " in line:
            return pathlib.Path(line.split()[4])
    return None


def own_group():
    """The folder of the group of this process; None without cgroup v2."""
    lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
    names = [line[3:] for line in lines if line.startswith("0::/")]
    return mount_point() / names[0].lstrip("/") if names and mount_point() else None


def can_make_groups():
    try:
        os.rmdir(tempfile.mkdtemp(prefix="furcate-test-", dir=own_group()))
    except (OSError, TypeError):
        return False
    return own_group() is not None


def all_groups():
    """The groups of all furcates below that of this process."""
    return list(own_group().glob("furcate-[0-9]*")) if own_group() else []


def groups_left(pids):
    """The groups of the furcates with these pids."""
    return [group for group in all_groups() if group.name.split("-")[1] in map(str, pids)]


def remove(group):
    """Removes a group whose furcate was killed, with those in it, as far as no process is there."""
    for path in [*group.rglob("*/"), group]:
        with contextlib.suppress(OSError):
            path.rmdir()


def without_groups():
    """What goes before a command so that it finds no cgroup v2; nothing where it could make no group anyway."""
    return WITHOUT if can_make_groups() else []
