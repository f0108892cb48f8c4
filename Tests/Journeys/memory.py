#!/usr/bin/env python3
"""A service leaks until the kernel kills it: its neighbour never notices, and all is on record."""
import os
import tempfile
import time

from journey import *

before = host("leaky")
folder = tempfile.mkdtemp(prefix="journey-", dir="/var/tmp")
os.chmod(folder, 0o755)

SERVER = """
import socket
listener = socket.socket(fileno=3)
while True:
    peer, _ = listener.accept()
    peer.recv(65536)
    peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
    peer.close()
"""
LEAK = """
import os, time
count = int(open("/state/count").read()) if os.path.exists("/state/count") else 0
open("/state/count", "w").write(str(count + 1))
held = []
while count == 0:
    held.append(bytearray(1 << 20))
    time.sleep(0.002)
time.sleep(3600)
"""
PLATFORM = """
platform: leaky
zones:
  dmz: {network: 10.91.1.0/24}
  application: {network: 10.91.2.0/24}
services:
  steady:
    zone: dmz
    run: [/usr/bin/python3, -S, /app/server.py]
    files: [/usr/lib/python3.11, {source: server.py, target: /app/server.py}]
    ports: {http: tcp/8000}
  leaky:
    zone: application
    run: [/usr/bin/python3, -S, /app/leak.py]
    files: [/usr/lib/python3.11, {source: leak.py, target: /app/leak.py}]
    limits: {memory: 64MiB}
flows:
  - {from: internet, to: steady.http, because: the journey asks it}
publish: {steady.http: 127.0.0.1:8092}
"""
for name, text in (("server.py", SERVER), ("leak.py", LEAK), ("leaky.yaml", PLATFORM)):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o644)

bulkhead("up", os.path.join(folder, "leaky.yaml"), "--detach", check=0)


@claim("the kernel kills the leaking service, it starts again, and its neighbour answers all along")
def killed():
    answers = 0
    end = time.monotonic() + 300
    while compartment("leaky")["restarts"] == 0 and time.monotonic() < end:
        expect(get("http://127.0.0.1:8092/") == "ok", "the neighbour is disturbed")
        answers += 1
    leaky = eventually(lambda: compartment("leaky")["state"] == "ready")
    expect(leaky, compartment("leaky"))
    expect(compartment("leaky")["restarts"] == 1, compartment("leaky"))
    expect(answers > 0, "the neighbour was never asked")
    expect(compartment("steady")["restarts"] == 0, "the neighbour was restarted")


@claim("what the service kept on its disk is still there")
def kept():
    pid = compartment("leaky")["pid"]
    with open(f"/proc/{pid}/root/state/count") as file:
        expect(file.read() == "2", "the count is lost")


@claim("the kill and the restart are on record")
def recorded():
    text = bulkhead("trail", "show", "leaky", check=0)[1]
    expect("memory" in text and "restart" in text, text)


@claim("nothing is left")
def left():
    bulkhead("down", check=0)
    expect(settled(before, platform="leaky"), difference(before, "leaky"))


finish()
