#!/usr/bin/env python3
"""Wrong edits of the desk: the check refuses each with the way it opens, and the packet of that way,
really sent, gets through in a platform that runs with the edit and not in one without it.

The guarantees are taken out of the file that is run with an edit: nothing else lets it start.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from journey import *

before = host("first")
folder = tempfile.mkdtemp(prefix="journey-", dir="/var/tmp")
os.chmod(folder, 0o755)
shutil.copytree(os.path.join(os.path.dirname(FIRST), "first"), os.path.join(folder, "first"))

with open(os.path.join(folder, "safe.py"), "w") as file:
    file.write("import socket\nlistener = socket.create_server(('0.0.0.0', 7000))\n"
               "while True: listener.accept()[0].close()\n")
os.chmod(os.path.join(folder, "safe.py"), 0o644)
SAFE = """  safe:
    zone: vault
    run: [/usr/bin/python3.11, -B, -E, -s, /app/safe.py]
    ports: {keys: tcp/7000}
    ready: port
    files: [/usr/lib/python3.11, {source: safe.py, target: /app/safe.py}]
    limits: {memory: 64MiB, disk: 4MiB}

flows:
"""
with open(FIRST) as file:
    BASE = file.read().replace("\nservices:", "  vault:       {network: 10.77.4.0/24}\n\nservices:", 1)
BASE = BASE.replace("flows:\n", SAFE, 1).replace(
    "guarantees:\n",
    "guarantees:\n  - {contain: web, within: [app, database], steps: 2}\n", 1)
EDITS = [
    ("the database opened to who faces the internet", "web", "database", 5432,
     "  - {from: web, to: database.sql, because: it seemed convenient}\n", ["dmz", "data"]),
    ("the vault opened to the internet through two hops", "app", "safe", 7000,
     "  - {from: app, to: safe.keys, because: the service signs}\n", ["it reaches safe", "tcp/7000"]),
    ("a flow that has expired", "jobs", "safe", 7000,
     "  - {from: jobs, to: safe.keys, because: a migration, expires: 2020-01-31}\n",
     ["expired", "2020-01-31"]),
]


def written(text, name):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o644)
    return path


def edited(flow):
    return BASE.replace("\nguarantees:\n", flow + "\nguarantees:\n", 1)


def gets_through(source, target, port):
    """One connection from the source's own network, past its program and filter."""
    code = ("import socket\n"
            f"socket.create_connection(('{compartment(target)['address']}',{port}),1)")
    return subprocess.run(
        ["nsenter", "-n", "-t", str(compartment(source)["pid"]), sys.executable, "-c", code],
        capture_output=True).returncode == 0


@claim("the desk with a safe behind it passes its check, and none of the three packets gets through")
def good():
    path = written(BASE, "base.yaml")
    bulkhead("check", path, check=0)
    bulkhead("up", path, "--detach", check=0)
    for what, source, target, port, *_ in EDITS:
        expect(not gets_through(source, target, port), what)
    shown = lambda: bulkhead("trail", "show", "sensor", "--refused", "--limit", "200", check=0)[1]
    for what, source, target, port, *_ in EDITS:
        expect(eventually(lambda: re.search(rf"REFUSED {source} .*{target} .*:{port}/", shown())),
               f"{what}: {shown()}")
    bulkhead("down", check=0)


for what, source, target, port, flow, words in EDITS:
    @claim(f"{what}: the check fails and says by what; `up` refuses it as well")
    def check(flow=flow, words=words):
        path = written(edited(flow), "edited.yaml")
        code, text, error = bulkhead("check", path)
        expect(code == 1, f"exit {code}: {text}{error}")
        for word in words:
            expect(word in text + error, f"`{word}` is not in: {text}{error}")
        line = edited(flow).split(flow)[0].count("\n") + 1
        expect(f"{line}" in text + error, f"line {line} is not in: {text}{error}")
        expect(bulkhead("up", path, "--detach")[0] == 1, "it was started")

    @claim(f"{what}: with the edit the packet gets through")
    def through(source=source, target=target, port=port, flow=flow):
        text = edited(flow.replace(", expires: 2020-01-31", ""))
        head, rest = text.split("\nguarantees:\n", 1)
        path = written(head + "\n" + rest[rest.index("publish:"):], "unguarded.yaml")
        bulkhead("up", path, "--detach", check=0)
        try:
            expect(gets_through(source, target, port), "it does not")
        finally:
            bulkhead("down", check=0)


@claim("nothing stays")
def end():
    expect(settled(before), difference(before))


finish()
