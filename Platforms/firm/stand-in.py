"""Stands in for one of the firm's programs: answers with its name and asks its peers now and then.

LISTEN and PEERS hold address:port, separated by blanks; handed listeners are taken as systemd hands
them over. Nothing is read from whoever connects.
"""

import os
import selectors
import signal
import socket
import sys

SECONDS = 5
BACKLOG = 16


def ends(name):
    for text in os.environ.get(name, "").split():
        address, _, port = text.rpartition(":")
        yield address, int(port)


def ask(end):
    try:
        with socket.create_connection(end, timeout=1) as peer:
            return peer.recv(64).decode(errors="replace").strip() or "something"
    except OSError as error:
        return f"nobody ({error})"


def ready():
    path = os.environ.get("NOTIFY_SOCKET")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(b"READY=1", path)


def main():
    name = sys.argv[1]
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    waiting = selectors.DefaultSelector()
    for end in ends("LISTEN"):
        waiting.register(socket.create_server(end, backlog=BACKLOG), selectors.EVENT_READ)
    for number in range(3, 3 + int(os.environ.get("LISTEN_FDS", "0"))):
        waiting.register(socket.socket(fileno=number), selectors.EVENT_READ)
    ready()
    said = {}
    while True:
        for end in ends("PEERS"):
            answer = ask(end)
            if said.get(end) != answer:
                print(f"{name} meets {answer} at {end[0]}:{end[1]}", flush=True)
                said[end] = answer
        for key, _ in waiting.select(SECONDS):
            try:
                connection, _ = key.fileobj.accept()
                with connection:
                    connection.sendall(name.encode() + b"\n")
            except OSError:
                pass


main()
