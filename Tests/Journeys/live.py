#!/usr/bin/env python3
"""A running platform: what its kernel decides otherwise than its plan, who changed it, putting it
back, and giving it other flows without restarting anything."""
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

from journey import *

before = host("live")
folder = tempfile.mkdtemp(prefix="journey-", dir="/var/tmp")
os.chmod(folder, 0o755)

SERVER = """import socket, threading
def echo(peer):
    while data := peer.recv(4096): peer.sendall(data)
listener = socket.create_server(("0.0.0.0", 7000))
while True:
    threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()
"""

HEAD = """platform: live
office: [192.0.2.0/24]
zones: {front: {network: 10.93.1.0/24}, back: {network: 10.93.2.0/24}}
services:
  web:  &
  keep: *
  gone: *
  more: *
flows:
"""
SERVICE = ("{zone: ZONE, run: [/usr/bin/python3.11, -B, -E, -s, /app/server.py], "
           "ports: {tcp: tcp/7000}, ready: port, files: [/usr/lib/python3.11, "
           "{source: server.py, target: /app/server.py}], limits: {memory: 64MiB, disk: 4MiB}}")
WEB = "{zone: front, run: [/usr/bin/sleep, infinity], ports: {tcp: tcp/7093}}"
HEAD = HEAD.replace("&", WEB).replace(
    "*", SERVICE.replace("ZONE", "back"))
KEEP = "  - {from: web, to: keep.tcp, because: it stays}\n"
GONE = "  - {from: web, to: gone.tcp, because: it goes}\n"
MORE = "  - {from: web, to: more.tcp, because: it comes}\n"
OFFICE = "  - {from: office, to: web.tcp, because: operators look}\n"
PROMISES = """guarantees:
  - {must: web, reach: keep.tcp}
  - {never: gone, reaches: front}
publish: {web.tcp: "127.0.0.1:7093"}
"""


def written(flows, name="live.yaml", promises=PROMISES):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(HEAD + OFFICE + flows + promises)
    os.chmod(path, 0o644)
    return path


with open(os.path.join(folder, "server.py"), "w") as file:
    file.write(SERVER)
os.chmod(os.path.join(folder, "server.py"), 0o644)
OLD = written(KEEP + GONE)
NEW = written(KEEP + MORE, "new.yaml")


def address(name):
    return compartment(name)["address"]


def inside(name):
    return ["nsenter", "-n", "-t", str(compartment(name)["pid"])]


def reaches(source, target):
    """Whether one connection opens and echoes, from the source's own network."""
    code = ("import socket,sys\n"
            f"s=socket.create_connection(('{address(target)}',7000),1)\n"
            "s.sendall(b'x');sys.exit(s.recv(1)!=b'x')")
    return subprocess.run([*inside(source), sys.executable, "-c", code],
                          capture_output=True).returncode == 0


class Line:
    """A connection that stays open; `alive` sends over it and waits for the echo."""

    def __init__(self, source, target):
        code = ("import socket,sys\n"
                f"s=socket.create_connection(('{address(target)}',7000),2);s.settimeout(2)\n"
                "print('open',flush=True)\n"
                "for line in sys.stdin:\n"
                "    try: s.sendall(b'x'); print('yes' if s.recv(1)==b'x' else 'no',flush=True)\n"
                "    except OSError: print('no',flush=True)\n")
        self.process = subprocess.Popen(
            [*inside(source), sys.executable, "-c", code], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        expect(self.process.stdout.readline().strip() == "open", f"{source} -> {target} is shut")

    def alive(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip() == "yes"

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def fabric():
    """The fabric's namespace, which has no name, among the supervisor's descriptors."""
    pid = supervisor()
    for number in os.listdir(f"/proc/{pid}/fd"):
        path = f"/proc/{pid}/fd/{number}"
        if os.readlink(path).startswith("net:"):
            words = ["nsenter", "--net=" + path]
            if "map flows" in text_of(*words, "nft", "list", "ruleset"):
                return words
    raise Broken("no fabric")


def nft(where, *words):
    done = subprocess.run([*where, "nft", *words], capture_output=True, text=True)
    expect(done.returncode == 0, done.stderr)


def breach(source, target):
    """Opens a way through every wall, as root can."""
    number = [c["name"] for c in status()["compartments"]].index(source)
    a, b = address(source), address(target)
    nft(fabric(), "add", "element", "inet", "bulkhead", "flows",
        "{", f'"bh{number}" . {a} . {b} . 6 . 7000 : 99', "}")
    nft(inside(source), "add", "element", "inet", "bulkhead", "outgoing",
        "{", f"{b} . 6 . 7000 : 99", "}")
    nft(inside(target), "add", "element", "inet", "bulkhead", "incoming",
        "{", f"{a} . 6 . 7000 : 99", "}")


def drift(code=None):
    got, text, error = bulkhead("drift", "--json")
    expect(code is None or got == code, f"exit {got}: {text}{error}")
    return json.loads(text)


def record(limit="60"):
    return bulkhead("trail", "show", "supervisor", "--limit", limit, check=0)[1]


@claim("a platform that nobody touched decides every packet as planned")
def clean():
    bulkhead("up", OLD, "--detach", check=0)
    found = drift(0)
    expect(found["clean"] and not found["differences"], found)
    expect(reaches("web", "keep") and not reaches("web", "more"), "the plan does not hold")


@claim("a way that root opened is named with its ends and a packet, and the packet gets through")
def opened():
    breach("web", "more")
    found = drift(1)
    rows = [d for d in found["differences"] if d["change"] == "opened"]
    expect({d["place"] for d in rows} == {"the fabric", "web", "more"}, rows)
    expect(all((d["from"], d["to"], d["protocol"], d["ports"]) == ("web", "more", "tcp", "7000")
               for d in rows), rows)
    expect(all(d["past_every_wall"].startswith("web reaches more") for d in rows), rows)
    expect(reaches("web", "more"), "the packet does not get through")
    expect(not bulkhead("drift")[2], "an error beside the answer")


@claim("who changed the rules is on record, and so is a connection that no flow allows")
def culprit():
    expect(eventually(lambda: re.search(r"DRIFT fabric.*changed by nft, pid \d+", record())),
           record())
    line = Line("web", "more")
    found = drift(1)
    expect(any((s["from"], s["to"]) == ("web", "more") for s in found["stray_connections"]), found)
    expect(line.alive(), "it was cut although nobody asked")
    line.close()
    bulkhead("down", check=0)


@claim("with --reassert the rules come back, on record, and what came in under others is cut")
def reassert():
    bulkhead("up", OLD, "--detach", "--reassert", check=0)
    breach("web", "more")
    expect(eventually(lambda: not status()["drift"] and not reaches("web", "more")), status())
    expect(eventually(lambda: drift()["clean"]), drift())
    expect(eventually(lambda: "the plan's rules stand again" in record()), record())
    nft(fabric(), "flush", "ruleset")
    expect(eventually(lambda: drift()["clean"] and reaches("web", "keep")), record())
    nft(inside("web"), "add", "table", "inet", "stranger")
    expect(eventually(lambda: drift()["clean"]), record())
    expect("stranger" not in text_of(*inside("web"), "nft", "list", "ruleset"), "it stays")


@claim("`apply` opens and closes flows: what is allowed goes on, what is not ends")
def applied():
    keeps, goes = Line("web", "keep"), Line("web", "gone")
    _, text, _ = bulkhead("apply", NEW, check=0)
    expect("opens  web -> more tcp 7000" in text and "closes web -> gone tcp 7000" in text, text)
    expect("1 flows opened, 1 closed" in text, text)
    expect(keeps.alive(), "a connection that is still allowed was lost")
    expect(not goes.alive(), "a connection that is no longer allowed goes on")
    expect(reaches("web", "more") and not reaches("web", "gone"), "not the new flows")
    expect(drift(0)["clean"], "drift after it")
    keeps.close(), goes.close()
    expect("apply" in record(), record())
    shown = lambda: bulkhead("trail", "show", "sensor", "--limit", "200", check=0)[1]
    expect(eventually(lambda: re.search(r"allowed .*web .*more .*new\.yaml:\d+", shown())), shown())


@claim("unconfirmed it is undone by itself, also when the client is long gone")
def undone():
    _, text, _ = bulkhead("apply", OLD, "--confirm", "2s", check=0)
    expect("undone in 2 s unless confirmed" in text, text)
    line = Line("web", "gone")
    expect(bulkhead("apply", OLD)[0] == 1, "a second change while one waits")
    expect(eventually(lambda: not line.alive()), "it was not undone")
    expect(reaches("web", "more") and not reaches("web", "gone"), "not as before")
    line.close()
    expect("not confirmed: undone" in record() and drift(0)["clean"], record())
    expect(bulkhead("confirm")[0] == 1, "confirmed too late")


@claim("confirmed it stays")
def confirmed():
    bulkhead("apply", OLD, "--confirm", "60s", check=0)
    bulkhead("confirm", check=0)
    expect(reaches("web", "gone") and not reaches("web", "more"), "not the new flows")
    expect(drift(0)["clean"], "drift after it")


@claim("a supervisor that dies before the word takes the change with it")
def crash():
    bulkhead("apply", NEW, "--confirm", "60s", check=0)
    expect(reaches("web", "more"), "not applied")
    os.kill(supervisor(), signal.SIGKILL)
    expect(eventually(lambda: bulkhead("status")[0] != 0), "it still runs")
    bulkhead("up", OLD, "--detach", check=0)
    expect(reaches("web", "gone") and not reaches("web", "more"), "the change outlived it")
    expect(drift(0)["clean"], "drift after it")


@claim("an observed flow is allowed, and on record is what would be refused without it")
def observed():
    broad = "  - {from: front, to: TO.tcp, because: what do we miss, observe: true}\n"
    path = written(KEEP + GONE + broad.replace("TO", "more") + broad.replace("TO", "keep"), "o.yaml")
    with open(path) as file:
        line = next(number for number, text in enumerate(file, 1) if "to: more.tcp" in text)
    bulkhead("apply", path, check=0)
    expect(reaches("web", "more") and reaches("web", "keep"), "an observed flow is refused")
    expect(not reaches("keep", "more"), "everything else is enforced")
    shown = lambda *words: bulkhead("trail", "show", "sensor", "--limit", "300", *words, check=0)[1]
    expect(eventually(lambda: re.search(
        rf"OBSERVED web .*more .*would be refused without \S*o\.yaml:{line}\b", shown("--refused"))),
        shown())
    expect(not re.search(r"OBSERVED web .*keep ", shown()), "keep has a flow of its own")
    expect('"verdict":"observed"' in shown("--json").replace(" ", ""), "not in JSON")
    bulkhead("apply", OLD, check=0)
    expect(not reaches("web", "more"), "it stays open")


@claim("a flow ends with its last day: its connections are cut, nobody opens another, all on record")
def expired():
    bulkhead("down", check=0)
    day = 86400
    tomorrow = (int(time.time()) // day + 1) * day
    # Its last day is today; what the front says of it is when that day is over.
    last = time.strftime("%Y-%m-%d", time.gmtime(tomorrow - day))
    path = written(KEEP + GONE.replace("}", f", expires: {last}}}"), "expires.yaml")
    plan = captured(folder, path)
    over = struct.pack("<Q", tomorrow)
    expect(plan.count(over) == 1, f"{plan.count(over)} times in the plan")
    end = int(time.time()) + 20
    front = Front(plan.replace(over, struct.pack("<Q", end)), b"live")
    try:
        expect("\nR " in "\n" + front.lines, front.lines)
        keeps, goes = Line("web", "keep"), Line("web", "gone")
        expect(goes.alive(), "it does not last until its end")
        expect(eventually(lambda: not goes.alive()), "it outlived its last day")
        expect(time.time() >= end, "it ended before its time")
        expect(keeps.alive() and reaches("web", "keep"), "another flow ended with it")
        expect(not reaches("web", "gone"), "a new connection gets through")
        keeps.close(), goes.close()
        expect(re.search(r"its date", record()), record())
        shown = lambda: bulkhead(
            "trail", "show", "sensor", "--limit", "200", "--refused", check=0)[1]
        expect(eventually(lambda: re.search(r"web .*gone ", shown())), shown())
    finally:
        front.close()
    bulkhead("up", OLD, "--detach", check=0)


REFUSALS = [
    ("a guarantee that would not hold", written(GONE, "a.yaml"), "must"),
    ("operators who would lose their way",
     written(KEEP, "b.yaml", PROMISES).replace("b.yaml", "b.yaml"), None),
    ("a program that has no word for it",
     written(KEEP + GONE + "  - {from: keep, to: gone.tcp, because: new}\n", "c.yaml"),
     "keep needs a restart"),
    ("another service", None, "it would be new"),
]
with open(REFUSALS[1][1], "w") as file:
    file.write((HEAD + KEEP + PROMISES).replace("publish:", "#"))
with open(os.path.join(folder, "d.yaml"), "w") as file:
    file.write((HEAD + OFFICE + KEEP + PROMISES).replace(
        "flows:", "  extra: " + SERVICE.replace("ZONE", "back") + "\nflows:"))


@claim("what needs a restart, breaks a guarantee or locks operators out is refused, by name")
def refusals():
    for what, path, word in REFUSALS:
        path = path or os.path.join(folder, "d.yaml")
        code, text, error = bulkhead("apply", path)
        expect(code == 1, f"{what}: exit {code}: {text}{error}")
        expect(word is None or word in error, f"{what}: {error}")
    expect(drift(0)["clean"] and reaches("web", "gone"), "something changed")


@claim("--dry-run shows what would change and changes nothing")
def dry():
    _, text, _ = bulkhead("apply", NEW, "--dry-run", check=0)
    expect("opens  web -> more tcp 7000" in text and "nothing was changed" in text, text)
    expect(not reaches("web", "more"), "it was applied")


@claim("trails verify, and nothing stays")
def end():
    bulkhead("trail", "verify", check=0)
    bulkhead("down", check=0)
    expect(settled(before, platform="live"), difference(before, "live"))


finish()
