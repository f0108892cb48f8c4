#!/usr/bin/env python3
"""kill -9 of supervisor, jail, writer or sensor at random moments: nothing left, trails whole."""
import os
import random
import signal

from journey import *

ROUNDS = int(os.environ.get("BULKHEAD_KILLS", "24"))
SEED = int(os.environ.get("BULKHEAD_SEED", "20260807"))
chance = random.Random(SEED)
before = host()
print(f"# {ROUNDS} kills, seed {SEED}")


def supervisor():
    return int(text_of("pgrep", "-o", "-f", "bulkhead-supervisor").split()[0])


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


def victims():
    found = [("supervisor", supervisor())]
    for one in status()["compartments"]:
        if one["pid"]:
            kind = "service" if one["service"] else one["name"].split(".")[0]
            found.append((kind, one["pid"]))
            found.append((kind + "'s jail", parent(one["pid"])))
    return found


def ready():
    return all(c["state"] == "ready" for c in status()["compartments"])


def unwalled():
    """Compartments' programs that run without what the plan says."""
    found = []
    for one in status()["compartments"]:
        if not one["pid"]:
            continue
        try:
            with open(f"/proc/{one['pid']}/status") as file:
                facts = dict(line.split(":\t", 1) for line in file.read().splitlines())
        except OSError:
            continue
        if facts["Seccomp"] != "2" or facts["NoNewPrivs"] != "1" or int(facts["CapEff"], 16):
            found.append(one["name"])
    return found


@claim(f"after each of {ROUNDS} kills the platform is whole again or gone, and every trail verifies")
def kills():
    bulkhead("up", "--detach", check=0)
    done = {}
    for number in range(ROUNDS):
        kind, pid = chance.choice(victims())
        if chance.random() < 0.3:  # in the middle of something
            subprocess.Popen([PROGRAM, "status"], stdout=subprocess.DEVNULL).wait()
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        done[kind] = done.get(kind, 0) + 1
        if kind == "supervisor":
            gone = {**before, "groups": None, "rules": None, "audit": None}
            expect(eventually(lambda: {**host(), "groups": None, "rules": None,
                                       "audit": None} == gone),
                   f"round {number}: {difference(before)}")
            bulkhead("trail", "verify", check=0)
            bulkhead("up", "--detach", check=0)
        else:
            expect(eventually(ready), f"round {number} ({kind}): {status()}")
        expect(unwalled() == [], f"round {number} ({kind}): {unwalled()}")
        bulkhead("trail", "verify", check=0)
    print(f"# {done}")


@claim("then `down` leaves nothing")
def left():
    bulkhead("down", check=0)
    expect(settled(before), difference(before))


finish()
