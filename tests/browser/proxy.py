"""A slow or broken way to the server: what a browser meets on a bad network."""

import contextlib
import socket
import threading
import time

CHUNK = 65536


class Proxy:
    """Passes bytes on to a port of this machine, late or not at all."""

    def __init__(self) -> None:
        self.to = 0
        """Port of the server."""
        self.delay = 0.0
        """Seconds by which each request is late."""
        self.mute = False
        """Whether requests reach the server, but answers are lost with their connections."""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.to)) as server:
            threading.Thread(target=self._answers, args=(server, client), daemon=True).start()
            while data := client.recv(CHUNK):
                time.sleep(self.delay)
                server.sendall(data)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(CHUNK):
                if self.mute:
                    break
                client.sendall(data)
        for one in (server, client):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """Take no more connections."""
        self.listener.close()
