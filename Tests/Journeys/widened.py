#!/usr/bin/env python3
"""Wrong edits of the exchange: `check` fails with a packet; that very packet, sent from its source's
network, gets through in an exchange that runs with the edit, and in one without it is refused and
on record. `apply` refuses the edit of a running one before anything changes.

The guarantees that an edit breaks are taken out of the file that is run with it: nothing else lets
it start.
"""
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from journey import *

before = host("widened")
folder = tempfile.mkdtemp(prefix="journey-", dir="/var/tmp")
os.chmod(folder, 0o755)
PLATFORMS = f"{os.environ['PROGRAMS']}/Platforms"
shutil.copytree(f"{PLATFORMS}/exchange", f"{folder}/exchange")
shutil.copytree(f"{PLATFORMS}/firm", f"{folder}/firm")
with open(f"{PLATFORMS}/exchange.yaml") as file:
    # A name of its own: control groups are the machine's.
    EXCHANGE = file.read().replace("platform: exchange", "platform: widened")
# What the exchange's own vault is for: it holds the authority alone, which no flow leads to.
SIGNER = """  signer:
    zone: vault
    run: [/usr/bin/python3.11, -B, -E, -s, /app/stand-in.py, signer]
    ports: {sign: tcp/7501}
    ready: notify
    environment: {LISTEN: "${address}:${port.sign}"}
    files: [/usr/lib/python3.11, {source: firm/stand-in.py, target: /app/stand-in.py}]
    limits: {memory: 64MiB, processes: 16, files: 128, disk: 4MiB}

flows:
"""
BASE = EXCHANGE.replace("flows:\n", SIGNER, 1)
# The gateway's own program asks one service alone: what whoever owns it runs instead needs no table.
LEDGER = "  - {from: gateway, to: ledger.ledger, because: clients see their balances faster"
OPEN = LEDGER + "}\n"
EXPIRED = LEDGER + ", expires: 2020-01-31}\n"
SOON = LEDGER + f", expires: {datetime.date.today() + datetime.timedelta(days=2)}}}\n"
SIGNING = "  - {from: api, to: signer.sign, because: the interface has withdrawals signed}\n"
# What is said of it, its flow as it is written, as it is run, and who sends the packet to whom.
EDITS = [
    ("the database opened to the gateway", OPEN, OPEN, "gateway", "ledger", 7006),
    ("the vault opened to the internet through two hops", SIGNING, SIGNING, "api", "signer", 7501),
    ("a flow that has expired", EXPIRED, SOON, "gateway", "ledger", 7006),
]
# Packets of the edits, as `check` printed them.
packets = {}


def written(text, name="widened.yaml"):
    path = f"{folder}/{name}"
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o644)
    return path


def edited(flow):
    return BASE.replace("\nchannels:\n", flow + "\nchannels:\n", 1)


def line_of(flow):
    return edited(flow).split(flow)[0].count("\n") + 1


def asked(path, code):
    got, text, error = bulkhead("check", path, "--json")
    expect(got == code, f"exit {got}: {text}{error}")
    return json.loads(text)


def gets_through(packet):
    """One connection from the source's own network and address."""
    where = next(c for c in status()["compartments"] if c["address"] == packet["source"])
    code = ("import socket\n"
            f"socket.create_connection(('{packet['destination']}',{packet['port']}),1,"
            f"('{packet['source']}',0))")
    return subprocess.run(
        ["nsenter", "-n", "-t", str(where["pid"]), sys.executable, "-c", code],
        capture_output=True).returncode == 0


def rulesets():
    """The rules of every compartment, and of the fabric, whose namespace has no name."""
    pid = supervisor()
    places = [f"/proc/{c['pid']}/ns/net" for c in status()["compartments"] if c["pid"]]
    places += [path for path in (f"/proc/{pid}/fd/{fd}" for fd in os.listdir(f"/proc/{pid}/fd"))
               if os.readlink(path).startswith("net:")]
    texts = {}
    for path in places:
        text = text_of("nsenter", f"--net={path}", "nft", "-s", "list", "ruleset")
        # What counts refused senders changes by itself.
        texts[os.readlink(path)] = re.sub(r"counter packets \d+ bytes \d+|last used.*", "", text)
    return texts


for what, flow, _, source, target, port in EDITS:
    @claim(f"{what}: the check fails and names a packet of line {line_of(flow)}")
    def check(what=what, flow=flow, source=source, target=target, port=port):
        found = asked(written(edited(flow)), 1)
        expect(not found["good"], found)
        line = line_of(flow)
        hops = [guarantee["path"][-1] for guarantee in found["guarantees"]
                if guarantee["verdict"] == "refuted"] + found["expired"]
        expect(hops and all(hop["line"] == line for hop in hops), found)
        hop = hops[0]
        expect((hop["from"], hop["to"]) == (source, target), hop)
        packets[what] = hop["packet"]
        expect((hop["packet"]["protocol"], hop["packet"]["port"]) == ("tcp", port), hop)
        code, text, error = bulkhead("check", f"{folder}/widened.yaml")
        shown = f"as {hop['packet']['source']} to {hop['packet']['destination']} tcp/{port}"
        expect(code == 1 and shown in text, f"`{shown}` is not in: {text}{error}")
        expect(bulkhead("up", f"{folder}/widened.yaml", "--detach")[0] == 1, "it was started")


@claim("without the edits the check passes; in the running exchange each packet is refused and on "
       "record")
def good():
    path = written(BASE, "base.yaml")
    expect(asked(path, 0)["expired"] == [], "something expired")
    bulkhead("up", path, "--detach", check=0)
    for what, *_ in EDITS:
        expect(not gets_through(packets[what]), what)
    shown = lambda: bulkhead("trail", "show", "sensor", "--refused", "--limit", "200", check=0)[1]
    for what, _, _, source, target, port in EDITS:
        expect(eventually(lambda: re.search(rf"REFUSED {source} .*{target} .*:{port}/", shown())),
               f"{what}: {shown()}")


@claim("`apply` refuses each edit of the running exchange: guarantee, way and packet are told, and "
       "not one rule changes")
def refused():
    rules = rulesets()
    expect(len(rules) > 10 and all("table inet bulkhead" in text for text in rules.values()), rules)
    for what, flow, *_ in EDITS:
        path = written(edited(flow))
        code, text, error = bulkhead("apply", path)
        expect(code == 1, f"{what}: exit {code}: {text}{error}")
        expect(f"widened.yaml:{line_of(flow)}" in error or f"line {line_of(flow)}" in error, error)
        if flow != EXPIRED:
            packet = packets[what]
            expect(f"as {packet['source']} to {packet['destination']} tcp/{packet['port']}" in error,
                   error)
            found = json.loads(bulkhead("apply", path, "--json", check=1)[1])
            expect(not found["applied"], found)
            hops = [guarantee["path"][-1] for guarantee in found["guarantees"]]
            expect(hops and all(hop["packet"] == packet for hop in hops), found)
    expect(rulesets() == rules, "something changed")
    expect(json.loads(bulkhead("drift", "--json", check=0)[1])["clean"], "drift")
    bulkhead("down", check=0)


for what, flow, run, *_ in EDITS:
    @claim(f"{what}: with the edit the packet gets through")
    def through(what=what, run=run):
        found = json.loads(bulkhead("check", written(edited(run)), "--json")[1])
        broken = {guarantee["line"] for guarantee in found["guarantees"]
                  if guarantee["verdict"] != "holds"}
        expect(broken, found)
        lines = edited(run).splitlines(keepends=True)
        kept = [text for number, text in enumerate(lines, 1) if number not in broken]
        path = written("".join(kept), "unguarded.yaml")
        bulkhead("up", path, "--detach", check=0)
        try:
            expect(gets_through(packets[what]), "it does not")
        finally:
            bulkhead("down", check=0)


@claim("trails verify, and nothing stays")
def end():
    bulkhead("trail", "verify", check=0)
    expect(settled(before, platform="widened"), difference(before, "widened"))


finish()
