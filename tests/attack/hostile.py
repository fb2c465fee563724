"""A log dir as a stranger might have packed it: something odd at any of the names that furcate uses there."""

import hashlib
import json
import os
import pathlib
import shutil
import socket
import stat

# Of a log dir, and of the directory of a run that goes on in it.
IN_LOG_DIR = ["furcate.log", "furcate.db", "furcate.db-wal", "furcate.db-shm", "furcate.db-journal", "furcate.db.broken",
              "run_data.csv", "run_data.csv.new", "furcate.lock", "furcate-server.log", "config1_x2", "config2_x3",
              "notes"]
IN_RUN = ["furcate.json", "furcate.json.new", "config.json", "config.json.new", "furcate_config.json", "config1.log",
          "config1.err", "metrics.jsonl", "run_data.json", "run_data.json.new", "furcate_run_data.json"]


def clear(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def link_to_file(path, outside):
    path.symlink_to(outside / "precious.txt")


def relative_link(path, outside):
    path.symlink_to(os.path.relpath(outside / "precious.txt", path.parent))


def link_to_folder(path, outside):
    path.symlink_to(outside / "folder")


def link_to_nothing(path, outside):
    path.symlink_to(outside / "not_there")


def link_to_fifo(path, outside):
    path.symlink_to(outside / "fifo")


def link_to_zeros(path, outside):
    path.symlink_to("/dev/zero")


def loop(path, outside):
    path.symlink_to(path.name)


def hard_link(path, outside):
    path.hardlink_to(outside / "precious.txt")


def hard_link_of_results(path, outside):
    path.hardlink_to(outside / "precious.csv")


def fifo(path, outside):
    os.mkfifo(path)


def device(path, outside):
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))


def folder(path, outside):
    path.mkdir()
    (path / "furcate.json").write_text("{}")


def sock(path, outside):
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def terabyte(path, outside):
    with path.open("w") as file:
        file.truncate(1 << 40)


def setuid(path, outside):
    path.write_text("text\n")
    path.chmod(0o6777)


def deep(path, outside):
    path.write_text("[" * 1_000_000)


def deep_object(path, outside):
    path.write_text('{"a":' * 200_000 + "1" + "}" * 200_000)


def many_values(path, outside):
    path.write_text('{"a": [' + "1," * 8_000_000 + "1]}")


KINDS = [link_to_file, relative_link, link_to_folder, link_to_nothing, link_to_fifo, link_to_zeros, loop, hard_link,
         hard_link_of_results, fifo, device, folder, sock, terabyte, setuid, deep, deep_object, many_values]


def make_precious(root):
    """A tree outside of the log dir that must stay as it is."""
    outside = root / "outside"
    (outside / "folder/empty").mkdir(parents=True)
    (outside / "precious.txt").write_text("precious\n" * 1000)
    (outside / "precious.csv").write_text("x,run_id\n1,0\n")
    (outside / "folder/precious.txt").write_text("precious too\n")
    os.mkfifo(outside / "fifo")
    return outside


def picture_of(tree):
    """All that can be seen of a tree, but for times of reading and the count of names."""
    seen = {}
    for path in [tree, *sorted(tree.rglob("*"))]:
        info = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(info.st_mode) else None
        seen[str(path)] = info.st_mode, info.st_size, info.st_mtime_ns, info.st_ino, content
    return seen


def change_record(directory, **run):
    """Writes other things into meta.run of a run's furcate.json."""
    path = pathlib.Path(directory, "furcate.json")
    record = json.loads(path.read_text())
    record["meta"]["run"].update(run)
    path.write_text(json.dumps(record))
