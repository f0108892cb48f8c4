#!/usr/bin/env python3
"""The desk from start to end: up, rows, refusals on record, drill, down, nothing left."""
import json
import re
import socket
import subprocess

from journey import *

before = host()
BASE = "http://127.0.0.1:8080"


@claim("`up --detach` brings the desk up and says where it is and who is refused")
def up():
    _, text, _ = bulkhead("up", FIRST, "--detach", check=0)
    expect("127.0.0.1:8080" in text, text)
    expect(re.search(r"database tcp/5432: app may; refused: .*web.*jobs.*internet", text)
           or re.search(r"database tcp/5432: app may; refused:", text), text)


@claim("every service is ready in its own compartment with a uid of its own")
def ready():
    services = [c for c in status()["compartments"] if c["service"]]
    expect(len(services) >= 4, services)
    expect(all(c["state"] == "ready" for c in services), services)
    uids = [c["uid"] for c in status()["compartments"]]
    expect(len(set(uids)) == len(uids) and min(uids) > 65535, uids)


@claim("a client reads and writes rows through the published port")
def rows():
    first = json.loads(get(BASE + "/api/notes"))
    made = post(BASE + "/api/notes", {"text": "a journey was here"})
    after = json.loads(get(BASE + "/api/notes"))
    expect(len(after) == len(first) + 1, (first, made, after))
    expect(any(n["text"] == "a journey was here" for n in after), after)


@claim("an allowed connection names its line of the platform file")
def allowed():
    def found():
        text = bulkhead("trail", "show", "sensor", "--limit", "400", check=0)[1]
        return re.search(r"allowed .*app .*database .*5432.*allowed by \S*first\.yaml:\d+", text)
    expect(eventually(found), bulkhead("trail", "show", "sensor", "--limit", "40")[1])


@claim("rules that somebody else changes are seen, on record, and seen when they are back")
def drift():
    inside = ["nsenter", "-n", "-t", str(compartment("database")["pid"]), "nft"]
    run = lambda *words: subprocess.run([*inside, *words], check=True, capture_output=True)
    run("insert", "rule", "inet", "bulkhead", "entering", "accept")
    expect(eventually(lambda: any("database" in line and "accept" in line
                                  for line in status()["drift"])), status()["drift"])
    expect("RULES CHANGED" in bulkhead("status", check=0)[1], "not in the table")
    text = bulkhead("trail", "show", "supervisor", "--limit", "20", check=0)[1]
    expect("DRIFT database" in text, text)
    listing = subprocess.run([*inside, "-a", "list", "chain", "inet", "bulkhead", "entering"],
                             check=True, capture_output=True, text=True).stdout
    handle = re.search(r"^\s*accept # handle (\d+)", listing, re.M).group(1)
    run("delete", "rule", "inet", "bulkhead", "entering", "handle", handle)
    expect(eventually(lambda: not status()["drift"]), status()["drift"])


@claim("trails verify while the platform runs")
def verify():
    bulkhead("trail", "verify", check=0)


@claim("what nobody may ask is refused and on record")
def refused_verb():
    code, _, text = bulkhead("revoke", "web", "database")
    expect(code == 1 and "no flow" in text, (code, text))


@claim("a second `up` of the same platform is refused and disturbs nothing")
def twice():
    code, _, text = bulkhead("up", FIRST, "--detach")
    expect(code == 1 and "already runs" in text, (code, text))
    get(BASE + "/")


@claim("a flow removed while its connection is open ends the connection at once")
def revoke():
    pid = compartment("database")["pid"]
    bulkhead("revoke", "app", "database", check=0)

    def cut():
        with open(f"/proc/{pid}/net/tcp") as file:
            return not any(line.split()[3] == "01" for line in file.readlines()[1:])
    expect(eventually(cut), "a connection is still established")

    # The record follows the cut: whoever writes it yields to services.
    def recorded():
        text = bulkhead("trail", "show", "supervisor", "--limit", "50", check=0)[1]
        return "connections" in text
    expect(eventually(recorded), "the cut is not on record")


@claim("`down` leaves nothing: namespaces, rules, mounts, settings, groups, processes")
def down():
    bulkhead("down", check=0)
    expect(settled(before), difference(before))


@claim("a second start finds the rows of the first, and ends as cleanly")
def again():
    bulkhead("up", FIRST, "--detach", check=0)
    notes = json.loads(get(BASE + "/api/notes"))
    expect(any(n["text"] == "a journey was here" for n in notes), notes)
    bulkhead("down", check=0)
    expect(settled(before), difference(before))


@claim("trails verify when the platform is down")
def verify_down():
    bulkhead("trail", "verify", check=0)


finish()
