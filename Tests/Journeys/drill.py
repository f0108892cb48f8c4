#!/usr/bin/env python3
"""The breach drill on the desk: every wall stands, then some are left out."""
import json
import os

from journey import *

before = host()
report = {}


def cells(document):
    return {(c["name"], cell["id"]): cell
            for c in document["compartments"] for cell in c["cells"]}


@claim("a breach drill of the desk ends with every attempt stopped and accounted for")
def whole():
    code, text, errors = bulkhead("drill", "breach", FIRST, "--json", timeout=600)
    report.update(json.loads(text))
    found = {key: cell["detail"] for key, cell in cells(report).items()
             if cell["state"] not in ("stopped", "inapplicable")}
    unproven = [t["id"] for t in report["techniques"] if t["open"] == "failed"]
    expect(code == 0, (code, found, unproven, report["troubles"], errors[-500:]))
    expect(report["passed"] and not found and not unproven, (found, unproven))


@claim("it tries at least 60 techniques in each of the four services, with ATT&CK ids")
def breadth():
    expect(len(report["techniques"]) >= 60, len(report["techniques"]))
    expect(all(t["attack"].startswith("T1") for t in report["techniques"]), report["techniques"])
    expect(len(report["compartments"]) == 4, report["compartments"])
    expect(all(c["equivalent"] for c in report["compartments"]), report["compartments"])
    wanted = len(report["techniques"])
    expect(all(len(c["cells"]) == wanted for c in report["compartments"]), "a cell is missing")


@claim("what a wall with a record stopped is on record")
def recorded():
    # The kernel's audit, which tells of refused calls, is the first namespace's alone.
    walls = ("fabric", "host", "publishing")
    if any("denied system call" in (cell.get("record") or "") for cell in cells(report).values()):
        walls += ("seccomp", "landlock")
    silent = [key for key, cell in cells(report).items()
              if cell["state"] == "stopped" and cell["by"][0] in walls and not cell["record"]
              and "clone3" not in key[1]]
    expect(not silent, silent)


@claim("without the packet filters and Landlock connections get through, as predicted, and it fails")
def ablation():
    code, text, errors = bulkhead(
        "drill", "breach", FIRST, "--json", "--without", "fabric", "--without", "host", "--without",
        "landlock", "--only", "net.connect-others", "--only", "net.scan-others",
        "--compartment", "web", timeout=600)
    document = json.loads(text)
    expect(code == 1, (code, errors))
    expect(document["without"] == ["fabric", "host", "landlock"], document["without"])
    through = {line["id"] for line in document["ablation"]["through"]}
    expect(through == {"net.connect-others", "net.scan-others"}, document["ablation"])
    expect(not document["ablation"]["differences"], document["ablation"])


# What each wall alone holds back, in every service or in those named: the rest has a second wall.
ALL = ("web", "app", "jobs", "database")
ALONE = {
    "fabric": {}, "host": {}, "landlock": {}, "capabilities": {}, "uid": {}, "privileges": {},
    "wx": {}, "publishing": {},
    "seccomp": {
        "net.vsock": ALL, "out.accepted-listen": ("web",), "priv.user-namespace-unshare": ALL,
        "priv.user-namespace-clone": ALL, "priv.user-namespace-clone3": ALL,
        "priv.keyring-add": ALL, "priv.keyring-read": ALL, "kern.userfault": ALL,
        "kern.io-uring": ALL, "kern.descriptor-table": ALL, "kern.personality": ALL,
        "exec.again": ALL, "exec.memory-file": ALL, "exec.memory-file-map": ALL,
        "kern.entry-ia32": ALL, "kern.entry-x32": ALL,
    },
    "root": {
        "exec.file-map": ALL, "notify.others": ("web", "jobs", "database"),
        "res.scratch-fill": ALL, "res.inodes": ALL,
    },
    "pids": {"proc.list": ALL},
    "limits": {
        "res.fork-storm": ("database",), "res.thread-storm": ALL, "res.descriptors": ALL,
        "res.memory-storm": ALL,
    },
    "ipc": {"proc.shared-memory": ("database",)},
}


def without(wall):
    @claim(f"without {wall} exactly what is predicted gets through, and the exit code says so")
    def one():
        code, text, errors = bulkhead("drill", "breach", FIRST, "--json", "--without", wall, timeout=600)
        document = json.loads(text)
        ablation = document["ablation"]
        expect(document["without"] == [wall] and not document["troubles"], (document, errors))
        expect(not ablation["differences"], ablation["differences"])
        # What this machine lacks is attacked nowhere.
        works = {t["id"] for t in document["techniques"] if t["open"] == "works"}
        wanted = {(id, service) for id, services in ALONE[wall].items() if id in works
                  for service in services}
        seen = {key[::-1] for key, cell in cells(document).items() if cell["state"] == "through"}
        expect(seen == wanted, (wall, sorted(seen ^ wanted)))
        totals = document["totals"]
        rest = totals["couldNotRun"] + totals["unrecorded"] + totals["unproven"]
        expect(rest == 0 and totals["through"] == len(wanted), totals)
        expect(code == (1 if wanted else 0), (code, totals))


for wall in ALONE:
    without(wall)


@claim("a port opened by a service that may listen is dialled by the others, and only walls stop it")
def listener():
    for missing, state in ((), "stopped"), (("fabric",), "stopped"), (("fabric", "host"), "through"):
        walls = [word for wall in missing for word in ("--without", wall)]
        code, text, errors = bulkhead(
            "drill", "breach", FIRST, "--json", *walls, "--only", "net.listen", timeout=600)
        found = cells(json.loads(text))
        expect(found[("web", "net.listen")]["state"] == "stopped", (missing, found, errors))
        for service in ("app", "database"):
            cell = found[(service, "net.listen")]
            expect(cell["state"] == state, (missing, service, cell))
            expect(state == "through" or cell["record"], (missing, service, cell))
        expect(code == (1 if state == "through" else 0), (missing, code))


@claim("without filter, Landlock and dropping capabilities the kernel's doors open for real")
def doors():
    _, text, errors = bulkhead(
        "drill", "breach", FIRST, "--json", "--without", "seccomp", "--without", "capabilities",
        "--without", "landlock", "--only", "kern", "--compartment", "database", timeout=600)
    document = json.loads(text)
    expect(not document["ablation"]["differences"], document["ablation"]["differences"])
    found = {id: cell for (_, id), cell in cells(document).items()}
    for id, says in (
            ("kern.mount", "mounted"), ("kern.unmount", "was taken away"),
            ("kern.pivot-root", "was the root"), ("kern.swap", "swapped to"),
            ("kern.accounting", "kept accounts"), ("kern.clock", "offset")):
        cell = found[id]
        expect(cell["state"] == "through" and says in cell["detail"], (id, cell, errors))


@claim("with one of those walls left out after another the next one stops them, on record")
def next_layer():
    for missing, left in (("landlock",), "host"), (("landlock", "host"), "fabric"):
        walls = [word for wall in missing for word in ("--without", wall)]
        code, text, errors = bulkhead(
            "drill", "breach", FIRST, "--json", *walls, "--only", "net.connect-others",
            "--compartment", "web", timeout=600)
        found = cells(json.loads(text))[("web", "net.connect-others")]
        expect(code == 0 and found["state"] == "stopped", (missing, found, errors))
        expect(found["by"][0] == left and found["record"], (missing, found))


@claim("the text names walls, totals and what one wall alone stops")
def text():
    _, lines, _ = bulkhead("drill", "breach", FIRST, "--only", "net.listen", "--compartment", "web")
    for words in ("net.listen", "T1571", "seccomp", "stopped ("):
        expect(words in lines, lines)


@claim("wrong words are refused with what to do")
def wrong():
    for words, exit, says in (
            (["drill", "breach", FIRST, "--only", "net.lisen"], 2, "net.listen"),
            (["drill", "breach", FIRST, "--without", "moat"], 2, "the walls are"),
            (["drill", "sink"], 2, "drill breach"),
            (["drill", "breach", "--live"], 1, "no platform runs"),
            (["drill", "breach", "/nowhere.yaml"], 2, "/nowhere.yaml")):
        code, _, errors = bulkhead(*words)
        expect(code == exit and says in errors, (words, code, errors))


@claim("a drill leaves nothing: no copy, no state, nothing on the host")
def nothing():
    expect(settled(before), difference(before))
    expect(not os.path.exists("/var/lib/bulkhead/drills"), "its state is still there")


finish()
