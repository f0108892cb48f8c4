#!/usr/bin/env python3
"""A front that was taken over: what its bytes can make the supervisor, who is root, do."""
import os
import shutil
import struct
import subprocess
import tempfile

from journey import *

before = host("hostile")
folder = tempfile.mkdtemp(prefix="journey-", dir="/var/tmp")
os.chmod(folder, 0o755)
programs = os.environ["PROGRAMS"]

PLATFORM = """platform: hostile
zones: {application: {network: 10.93.1.0/24}}
services:
  sleeper:
    zone: application
    run: [/usr/bin/sleep, infinity]
    files: [FOLDER/open/tree]
    prepare: [{run: [/usr/bin/cat], input: FOLDER/open/input}]
""".replace("FOLDER", folder)


def write(path, text, mode=0o644):
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def supervise(plan, *words, name=b"hostile"):
    """Starts the real supervisor on those bytes, as a front does that named the platform before it
    was taken over; returns the supervisor's lines until it is up or has ended."""
    front = Front(plan, name, *words)
    front.close()
    return front.lines


def printed():
    try:
        with open("/var/lib/bulkhead/hostile/logs/sleeper.log", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def fresh():
    shutil.rmtree("/var/lib/bulkhead/hostile", ignore_errors=True)


write("open/tree/file", "public")
write("open/input", "public input")
write("shut/tree/file", "SECRET")
write("shut/input", "SECRET")
os.chmod(folder + "/shut", 0o700)
os.mkfifo(folder + "/open/pipes")
honest = captured(folder, write("hostile.yaml", PLATFORM))


def swapped(old, new):
    expect(len(old) == len(new) and old.encode() in honest, (old, new))
    return honest.replace((folder + old).encode(), (folder + new).encode())


@claim("the honest bytes start")
def plain():
    fresh()
    lines = supervise(honest)
    expect("R 1 compartments" in lines, lines)
    expect("public input" in printed(), printed())


@claim("a preparation cannot be fed a file that only root reaches")
def stolen_input():
    fresh()
    lines = supervise(swapped("/open/input", "/shut/input"))
    expect("SECRET" not in printed() and "R " not in lines, (lines, printed()))


@claim("a file that only root may read is no input either")
def closed_input():
    fresh()
    os.chmod(folder + "/open/input", 0o600)
    lines = supervise(honest)
    os.chmod(folder + "/open/input", 0o644)
    expect("public input" not in printed() and "R " not in lines, (lines, printed()))


@claim("a named pipe as input does not stop the supervisor")
def pipe_input():
    fresh()
    lines = supervise(swapped("/open/input", "/open/pipes"))
    expect("F " in lines, lines)


@claim("a tree behind a directory that only root passes is not mounted")
def stolen_tree():
    fresh()
    lines = supervise(swapped("/open/tree", "/shut/tree"))
    expect("F " in lines and "R " not in lines, lines)


@claim("a plan of another platform than the file names does not reach that one's state")
def other_platform():
    fresh()
    supervise(honest)
    kept = sorted(os.listdir("/var/lib/bulkhead"))
    trails = os.stat("/var/lib/bulkhead/hostile/trails/supervisor/head").st_mtime_ns
    for plan, name in ((honest, b"other"), (honest.replace(b"hostile", b"foreign", 1), b"hostile")):
        lines = supervise(plan, name=name)
        expect("its file names" in lines and "R " not in lines, lines)
    expect(sorted(os.listdir("/var/lib/bulkhead")) == kept, os.listdir("/var/lib/bulkhead"))
    expect(os.stat("/var/lib/bulkhead/hostile/trails/supervisor/head").st_mtime_ns == trails,
           "the other's state was touched")


@claim("a filter that permits everything, or one call that no role has, is refused")
def open_filter():
    everything = struct.pack("<HBBI", 6, 0, 0, 0x7FFF0000)
    mount = struct.pack("<HBBI", 0x20, 0, 0, 0) + struct.pack("<HBBI", 0x15, 0, 1, 165) + everything
    # Each filter begins with a load of the architecture, behind its length.
    begin = struct.pack("<HBBI", 0x20, 0, 0, 4)
    ends = {}
    at = honest.find(begin)
    while at >= 0:
        size = struct.unpack("<I", honest[at - 4:at])[0]
        for what, filter in (("everything", everything), ("mount", mount + honest[at:at + size])):
            fresh()
            plan = honest[:at - 4] + struct.pack("<I", len(filter)) + filter + honest[at + size:]
            lines = supervise(plan)
            expect("permits" in lines and "R " not in lines, (what, at, lines))
            ends[what] = ends.get(what, 0) + 1
        at = honest.find(begin, at + size)
    expect(ends.get("mount", 0) >= 6, ends)


@claim("a program or tree that others own, could write or could replace is refused before it starts")
def foreign_owner():
    tree, above = folder + "/open/tree", folder + "/open"
    tool = "/var/tmp/sleep"
    shutil.copy("/usr/bin/sleep", tool)
    other = honest.replace(b"/usr/bin/sleep", tool.encode())
    expect(len(other) == len(honest) and other != honest, "no program of that name in the plan")
    for plan, path in ((honest, tree), (honest, tree + "/../.."), (honest, above), (other, tool)):
        path = os.path.normpath(path)
        fresh()
        os.chown(path, 12345, 12345)
        lines = supervise(plan)
        expect("12345" in lines and f"chown root {path}" in lines and "R " not in lines, lines)
        # Who became root by sudo decides here anyway; the front cannot say so any more.
        lines = supervise(plan, "--observer", "12345")
        expect("R 1 compartments" in lines, lines)
        os.chown(path, 0, 0)
        fresh()
        mode = os.stat(path).st_mode & 0o777
        os.chmod(path, mode | 0o020)
        lines = supervise(plan)
        expect(f"chmod go-w {path}" in lines and "R " not in lines, lines)
        os.chmod(path, mode)
        lines = supervise(plan)
        expect("R 1 compartments" in lines, lines)
    os.remove(tool)


@claim("bytes changed at random never bring root to leave anything behind")
def fuzz():
    import random
    chance = random.Random(20260807)
    ends = {}
    for _ in range(int(os.environ.get("BULKHEAD_FUZZ", "40"))):
        plan = bytearray(honest)
        for _ in range(chance.choice((1, 1, 2, 4))):
            at = chance.randrange(len(plan))
            plan[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, plan[at] ^ 1 << chance.randrange(8)))
        fresh()
        lines = supervise(bytes(plan))
        end = "started" if "\nR " in "\n" + lines else "refused" if "F " in lines else "unread"
        ends[end] = ends.get(end, 0) + 1
    print(f"# {ends}")
    expect(settled(before, platform="hostile"), difference(before, "hostile"))


fresh()
shutil.rmtree(folder)
finish()
