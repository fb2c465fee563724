"""A folder with one file on a file system that tells of no changes and whose server can be away: what NFS is to
furcate. Spoken straight to the kernel (linux/fuse.h, protocol 7.31), since there is no server in a test."""

import ctypes
import errno
import os
import select
import struct
import threading

ROOT, FILE = 1, 2
LOOKUP, FORGET, GETATTR, STATFS, OPEN, READ, RELEASE, FLUSH, INIT, BATCH_FORGET = 1, 2, 3, 17, 14, 15, 18, 25, 26, 42


class RemoteFolder:
    """Mounted at `place` from `with` on; OSError where that is not allowed. `content` is what its file `name` holds."""

    def __init__(self, place, name, content):
        self.place, self.name, self.content = place, name, content
        self.reads = 0
        self.away, self.changed = threading.Event(), os.pipe()
        self.libc = ctypes.CDLL(None, use_errno=True)

    def __enter__(self):
        self.device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
        self.place.mkdir()
        if self.libc.mount(b"test", os.fsencode(self.place), b"fuse", 0, options.encode()) < 0:
            os.close(self.device)
            raise OSError(ctypes.get_errno(), "mount")
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.answer(True)
        lazily = 2
        self.libc.umount2(os.fsencode(self.place), lazily)
        self.thread.join()
        os.close(self.device)

    def answer(self, whether):
        """A server that is away takes no requests: they wait."""
        (self.away.clear if whether else self.away.set)()
        os.write(self.changed[1], b"x")

    def serve(self):
        while True:
            devices = [] if self.away.is_set() else [self.device]
            ready, _, _ = select.select([self.changed[0], *devices], [], [])
            if self.changed[0] in ready:
                os.read(self.changed[0], 1)
                continue
            try:
                request = os.read(self.device, 1 << 18)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return
                continue
            _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
            answer = self.reply(opcode, node, request[40:])
            if answer is not None:
                failed, body = (answer, b"") if isinstance(answer, int) else (0, answer)
                os.write(self.device, struct.pack("<IiQ", 16 + len(body), -failed, unique) + body)

    def attributes(self, node):
        mode, size = (0o100644, len(self.content)) if node == FILE else (0o40755, 0)
        return struct.pack("<6Q10I", node, size, 1, 0, 0, 0, 0, 0, 0, mode, 1, os.getuid(), os.getgid(), 0, 4096, 0)

    def reply(self, opcode, node, body):
        if opcode == INIT:
            return struct.pack("<IIIIHHIIHHI7I", 7, 31, 4096, 0, 1, 1, 4096, 1, 1, 0, 0, *[0] * 7)
        if opcode == LOOKUP:
            known = body.rstrip(b"\0") == self.name.encode()
            return struct.pack("<QQQQII", FILE, 0, 0, 0, 0, 0) + self.attributes(FILE) if known else errno.ENOENT
        if opcode == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self.attributes(node)
        if opcode == OPEN:
            direct_io = 1
            return struct.pack("<QII", 0, direct_io, 0)
        if opcode == READ:
            self.reads += 1
            offset, size = struct.unpack_from("<8xQI", body)
            return self.content[offset:offset + size]
        if opcode == STATFS:
            return struct.pack("<5Q10I", *[0] * 15)
        if opcode in (RELEASE, FLUSH):
            return b""
        return None if opcode in (FORGET, BATCH_FORGET) else errno.ENOSYS
