"""A TCP proxy before PostgreSQL that loses the connection around a COMMIT.

It reads the frontend's messages (protocol 3.0, no TLS) well enough to know a COMMIT when it passes.
before: the connection ends and PostgreSQL never sees the COMMIT.
after:  PostgreSQL commits, the answer is thrown away and the connection ends.
"""
import os
import re
import socket
import struct
import threading

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
COMMIT = re.compile(rb"\bCOMMIT\b", re.IGNORECASE)


class PgProxy:
    def __init__(self, host, port):
        self.target = (host, int(port))
        self.cuts = []           # ["before", "after", …] still to do, one each data COMMIT
        self.done = []           # those done
        self.commits = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def cut(self, *kinds):
        """The next commits of transactions that copied rows are cut in these ways, in turn."""
        with self._lock:
            self.cuts.extend(kinds)

    def _connect(self):
        if self.target[0].startswith("/"):
            s = socket.socket(socket.AF_UNIX)
            s.connect(os.path.join(self.target[0], f".s.PGSQL.{self.target[1]}"))
            return s
        return socket.create_connection(self.target)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = self._connect()
            except OSError:
                client.close()
                continue
            session = _Session(self, client, server)
            threading.Thread(target=session.forward_client, daemon=True).start()
            threading.Thread(target=session.forward_server, daemon=True).start()

    def _take_cut(self):
        with self._lock:
            self.commits += 1
            if not self.cuts:
                return None
            kind = self.cuts.pop(0)
            self.done.append(kind)
            return kind


class _Session:
    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.mute = False        # the server's bytes are thrown away, the first ends the session
        self.copied = False      # CopyData passed since the last COMMIT

    def close(self):
        for s in (self.client, self.server):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def _read(self, n):
        data = b""
        while len(data) < n:
            piece = self.client.recv(min(n - len(data), 1 << 20))
            if not piece:
                raise OSError("client left")
            data += piece
        return data

    def forward_client(self):
        try:
            self._startup()
            while True:
                head = self._read(5)
                length = struct.unpack("!I", head[1:])[0]
                body = self._read(length - 4)
                if head[:1] == b"d":
                    self.copied = True
                elif head[:1] in b"QP" and self.copied and COMMIT.search(body):
                    self.copied = False
                    kind = self.proxy._take_cut()
                    if kind == "before":
                        break
                    if kind == "after":
                        self.mute = True
                self.server.sendall(head + body)
        except OSError:
            pass
        self.close()

    def _startup(self):
        while True:
            head = self._read(8)
            length, code = struct.unpack("!II", head)
            if code in (SSL_REQUEST, GSS_REQUEST):
                self.client.sendall(b"N")
                continue
            self.server.sendall(head + self._read(length - 8))
            return

    def forward_server(self):
        try:
            while True:
                data = self.server.recv(1 << 16)
                if not data or self.mute:
                    break
                self.client.sendall(data)
        except OSError:
            pass
        self.close()
