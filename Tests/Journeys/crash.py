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
    # A service that was killed too often in a row stays down: that is on record, and no wall fell.
    return all(c["state"] in ("ready", "abandoned") for c in status()["compartments"])


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


def gone_then_up(number):
    """Nothing of the ended platform is left but what the next start sweeps, and that start works."""
    quiet = {"groups": None, "rules": None, "audit": None}
    gone = {**before, **quiet, "loops": []}
    expect(eventually(lambda: {**host(), **quiet} == gone), f"round {number}: {difference(before)}")
    bulkhead("trail", "verify", check=0)
    bulkhead("up", FIRST, "--detach", check=0)


def whole_or_gone():
    """Every compartment ready behind its walls, or no platform at all."""
    if bulkhead("status")[0] != 0:
        return True
    return ready() and unwalled() == []


@claim(f"after each of {ROUNDS} kills the platform is whole again or gone, and every trail verifies")
def kills():
    bulkhead("up", FIRST, "--detach", check=0)
    done = {}
    for number in range(ROUNDS):
        if bulkhead("status")[0] != 0:
            # A recorder that ends again and again takes the platform down: nothing may run that
            # could not be recorded.
            done["gave up"] = done.get("gave up", 0) + 1
            gone_then_up(number)
        kind, pid = chance.choice(victims())
        if chance.random() < 0.3:  # in the middle of something
            subprocess.Popen([PROGRAM, "status"], stdout=subprocess.DEVNULL).wait()
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        done[kind] = done.get(kind, 0) + 1
        if kind == "supervisor":
            gone_then_up(number)
        else:
            expect(eventually(whole_or_gone), f"round {number} ({kind}): {bulkhead('status')}")
        bulkhead("trail", "verify", check=0)
    print(f"# {done}")


@claim("then `down` leaves nothing")
def left():
    bulkhead("down", check=0)
    expect(settled(before), difference(before))


finish()
