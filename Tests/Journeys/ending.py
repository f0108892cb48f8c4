#!/usr/bin/env python3
"""How services end: asked by their own signal, muted by themselves, given up, and all at once."""
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

from journey import *

before = host("ending")
folder = tempfile.mkdtemp(prefix="journey-", dir="/var/tmp")
os.chmod(folder, 0o755)
PYTHON = "/usr/bin/python3.11"
STATE = "/var/lib/bulkhead/ending"

FILE = """platform: ending
zones: {application: {network: 10.96.1.0/24}}
services:
  polite:
    zone: application
    run: [PYTHON, -B, -E, -s, FOLDER/polite.py]
    ready: notify
    stop: SIGINT
    files: [/usr/lib/python3.11, FOLDER/polite.py, FOLDER/said.py]
  deaf:
    zone: application
    run: [PYTHON, -B, -E, -s, FOLDER/deaf.py]
    ready: notify
    files: [/usr/lib/python3.11, FOLDER/deaf.py, FOLDER/said.py]
  mute:
    zone: application
    run: [PYTHON, -B, -E, -s, FOLDER/mute.py]
    role: [inet-server, wpath]
    ready: notify
    files: [/usr/lib/python3.11, FOLDER/mute.py, FOLDER/said.py]
  public:
    zone: application
    run: [PYTHON, -B, -E, -s, FOLDER/public.py]
    ports: {http: tcp/8000}
    ready: notify
    files: [/usr/lib/python3.11, FOLDER/public.py, FOLDER/said.py]
flows:
  - {from: internet, to: public.http, because: it is published}
publish: {public.http: 127.0.0.1:8196}
"""
PROGRAMS = {
    "said": """
import os, socket
def ready():
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
def told():
    try: return open("/state/told").read()
    except OSError: return ""
def tell(text):
    with open("/state/told", "a") as file: file.write(text + "\\n")
def handed(name):
    return socket.socket(fileno=3 + os.environ["LISTEN_FDNAMES"].split(":").index(name))
""",
    "polite": """
import signal, sys, time
from said import *
def heard(number, frame):
    tell(signal.Signals(number).name)
    if number == signal.SIGINT: sys.exit(0)
for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(one, heard)
tell("began")
ready()
while True: time.sleep(1000)
""",
    "deaf": """
import signal, time
from said import *
signal.signal(signal.SIGTERM, signal.SIG_IGN)
tell("began")
ready()
while True: time.sleep(1000)
""",
    "mute": """
import time
from said import *
events = handed("events")
runs = told().count("began")
tell("began")
ready()
if runs == 0: time.sleep(1)
if runs == 0: events.shutdown(socket.SHUT_WR)
if runs == 1: events.shutdown(socket.SHUT_RD)
if runs > 1:
    events.send(b"x")
    tell("sent")
while True: time.sleep(1000)
""",
    "public": """
import time
from said import *
listener = handed("http")
listener.settimeout(None)
tell("began")
ready()
while True:
    peer, _ = listener.accept()
    word = peer.recv(16)
    if word == b"spoil": listener.shutdown(socket.SHUT_RDWR)
    if word in (b"spoil", b"die"): raise SystemExit(1)
    peer.sendall(b"here")
    peer.close()
""",
}


def write(name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text.replace("FOLDER", folder).replace("PYTHON", PYTHON))
    os.chmod(path, 0o644)
    return path


def told(name):
    with open(f"/proc/{compartment(name)['pid']}/root/state/told") as file:
        return file.read()


def ask(word):
    """What the published service answers; "" when it refuses or says nothing."""
    try:
        with socket.create_connection(("127.0.0.1", 8196), timeout=60) as peer:
            peer.sendall(word)
            return peer.recv(16).decode()
    except (ConnectionError, TimeoutError):
        return ""


def records(trail, *words):
    return bulkhead("trail", "show", trail, *words)[1]


for name, text in PROGRAMS.items():
    write(name + ".py", text)
bulkhead("up", write("ending.yaml", FILE), "--detach", check=0)


@claim("`restart` asks by the signal of the file")
def restart():
    global notify
    notify = os.stat("/run/bulkhead/ending/notify/polite").st_ino
    bulkhead("restart", "polite", check=0)
    expect(eventually(lambda: told("polite").count("began") == 2), told("polite"))
    expect(told("polite").split() == ["began", "SIGINT", "began"], told("polite"))
    expect("status 0" in records("polite", "--kind", "ended"), records("polite"))


@claim("each run has a notify socket of its own, so that no earlier notice can speak for it")
def own_notice():
    expect(os.stat("/run/bulkhead/ending/notify/polite").st_ino != notify, "it is the same")


@claim("`restart` ends a service that does not listen, after its grace")
def stubborn():
    bulkhead("restart", "deaf", check=0)
    expect(eventually(lambda: told("deaf").count("began") == 2), told("deaf"))


@claim("a service that shuts its event channel down is ended, on record, and has a new one")
def muted():
    expect(eventually(lambda: "sent" in told("mute")), told("mute"))
    expect(told("mute").split() == ["began"] * 3 + ["sent"], told("mute"))
    expect(eventually(lambda: records("mute", "--kind", "mismatch").count("event channel") == 2),
           records("mute", "--kind", "mismatch"))
    expect(eventually(lambda: compartment("trail.mute")["state"] == "ready"
                      and compartment("trail.mute")["restarts"] == 2), compartment("trail.mute"))
    expect(eventually(lambda: "no event" in records("mute") or records("mute", "--kind", "malformed")),
           records("mute"))
    bulkhead("trail", "verify", check=0)


@claim("a published port that its service shut down listens again at the next run")
def spoiled():
    expect(ask(b"hello") == "here", "it does not answer")
    ask(b"spoil")
    expect(eventually(lambda: ask(b"hello") == "here"), compartment("public"))


@claim("the published port of a service that was given up refuses, and a restart opens it")
def abandoned():
    end = time.monotonic() + 300
    while compartment("public")["state"] != "abandoned" and time.monotonic() < end:
        ask(b"die")
    expect(compartment("public")["state"] == "abandoned", compartment("public"))
    try:
        socket.create_connection(("127.0.0.1", 8196), timeout=60).close()
        raise Broken("it takes connections")
    except ConnectionRefusedError:
        pass
    bulkhead("restart", "public", check=0)
    expect(eventually(lambda: ask(b"hello") == "here"), compartment("public"))


@claim("requests that are refused fill no trail: some are listed, the rest is a number")
def refused():
    asked = subprocess.run(
        ["/usr/bin/python3", "-c", """
import os, socket
os.setuid(65534)
for number in range(400):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect('/run/bulkhead/ending/control')
    s.send(b'\\x01\\x02' if number % 2 else b'garbage')
    s.recv(4096)
"""], capture_output=True, text=True)
    expect(asked.returncode == 0, asked.stderr)
    before_down = records("supervisor")
    listed = before_down.count("uid 65534") + before_down.count("bytes that are no")
    expect(listed <= 10, listed)


@claim("`down` asks by the signal of the file, and returns when the supervisor is gone")
def down():
    bulkhead("down", check=0)
    expect(not supervisors(), supervisors())
    for left in ("audit", "ending"):
        expect(not os.path.exists("/run/bulkhead/" + left), left + " stays")
    expect(settled(before, platform="ending"), difference(before, "ending"))
    shown = bulkhead("trail", "show", STATE + "/trails/supervisor")[1]
    expect(re.search(r"390 further requests", shown), shown[-600:])
    shown = bulkhead("trail", "show", STATE + "/trails/polite", "--kind", "ended")[1]
    expect(shown.count("status 0") == 2, shown)


@claim("a flow is revoked by its ends' names on a platform of more than 2,000")
def many():
    names = [f"s{n}" for n in range(7)]
    ports = range(9000, 9050)
    text = "platform: ending\nzones: {application: {network: 10.96.1.0/24}}\nservices:\n"
    for name in names:
        listed = ", ".join(f"p{port}: tcp/{port}" for port in ports)
        text += (f"  {name}:\n    zone: application\n    run: [/usr/bin/sleep, infinity]\n"
                 f"    ports: {{{listed}}}\n")
    text += "flows:\n"
    for one in names:
        for other in names:
            if one != other:
                text += "".join(f"  - {{from: {one}, to: {other}.p{port}, because: a test}}\n"
                                for port in ports)
    bulkhead("up", write("many.yaml", text), "--detach", check=0)
    try:
        shown = bulkhead("revoke", "s6", "s5.9049", check=0)[1]
        expect("s6 to s5 tcp/9049" in shown, shown)
        shown = bulkhead("revoke", "s6", "s5", check=0)[1]
        expect("49 flows s6 to s5 ended" in shown, shown)
        code, _, error = bulkhead("revoke", "s6", "s5")
        expect(code == 1 and "already" in error, error)
        code, _, error = bulkhead("revoke", "s6", "nobody")
        expect(code == 1 and "no flow goes" in error, error)
    finally:
        bulkhead("down", check=0)
    expect(settled(before, platform="ending"), difference(before, "ending"))


shutil.rmtree(folder)
finish()
