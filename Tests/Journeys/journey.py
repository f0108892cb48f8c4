"""What the journeys share: running the program, claiming things, comparing the host."""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request

PROGRAM = os.environ["BULKHEAD"]
PROGRAMS = os.environ["PROGRAMS"]
# The desk: a page, a service, PostgreSQL and a job.
FIRST = os.path.join(os.path.dirname(PROGRAM), "Platforms", "first.yaml")
failures = 0


def bulkhead(*words, check=None, timeout=300, env=None):
    """Runs one verb; returns (exit status, standard output, standard error)."""
    done = subprocess.run(
        [PROGRAM, *words], capture_output=True, text=True, timeout=timeout,
        stdin=subprocess.DEVNULL, env=env)
    if check is not None and done.returncode != check:
        raise Broken(f"`bulkhead {' '.join(words)}` exited {done.returncode}, not {check}:\n"
                     f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.returncode, done.stdout, done.stderr


class Broken(Exception):
    """A claim does not hold."""


def expect(condition, why):
    if not condition:
        raise Broken(why)


def claim(text):
    """Decorates a check: runs it at once and prints its line."""
    def run(check):
        global failures
        try:
            check()
            print(f"ok {text}", flush=True)
        except Exception as error:  # a journey goes on to its next claim
            failures += 1
            kind = "" if isinstance(error, Broken) else type(error).__name__ + ": "
            print(f"not ok {text}: {kind}{str(error)}", flush=True)
        return check
    return run


def captured(folder, path):
    """The bytes that the front makes of a platform file, taken by a stand-in for the supervisor;
    the programs that they name stay in the folder."""
    beside = os.path.join(folder, "programs")
    shutil.copytree(PROGRAMS, beside)
    catcher = os.path.join(beside, "bulkhead-supervisor")
    os.remove(catcher)
    with open(catcher, "w") as file:
        file.write(f"""#!/usr/bin/python3
import socket
peer = socket.socket(fileno=3)
def take(count):
    got = b""
    while len(got) < count:
        part = peer.recv(count - len(got))
        if not part: break
        got += part
    return got
name = take(int.from_bytes(take(4), "little"))
size = int.from_bytes(take(4), "little")
open({folder + "/bytes"!r}, "wb").write(take(size))
""")
    os.chmod(catcher, 0o755)
    subprocess.run([beside + "/bulkhead", "up", path], capture_output=True, timeout=300)
    with open(folder + "/bytes", "rb") as file:
        return file.read()


class Front:
    """Plays the front to a real supervisor: hands it a plan's bytes; `lines` is what it said until
    it was up or had ended. A platform that is up runs until `close`."""

    def __init__(self, plan, name, *words):
        self.ours, theirs = socket.socketpair()
        self.child = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$0" "$@" 3<&0 </dev/null', PROGRAMS + "/bulkhead-supervisor",
             *words],
            stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        theirs.close()
        self.ours.settimeout(300)
        lines = b""
        try:
            self.ours.sendall(
                struct.pack("<I", len(name)) + name + struct.pack("<I", len(plan)) + plan)
            while b"\nR " not in b"\n" + lines:
                part = self.ours.recv(65536)
                if not part:
                    break
                lines += part
        except OSError as error:
            lines = repr(error).encode()
        self.lines = lines.decode(errors="replace")

    def close(self):
        self.ours.close()
        self.child.wait(300)


def supervisors():
    """The processes of the platforms that run in this namespace."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as file:
                # The kernel keeps fifteen letters of a name.
                if file.read().startswith("bulkhead-superv"):
                    found.append(int(pid))
        except OSError:
            pass
    return found


def supervisor():
    """The one of the one platform that runs."""
    found = supervisors()
    if not found:
        raise Broken("no supervisor runs")
    return found[0]


def finish():
    sys.exit(1 if failures else 0)


def status(*words):
    return json.loads(bulkhead("status", "--json", *words, check=0)[1])


def compartment(name, *words):
    return next(c for c in status(*words)["compartments"] if c["name"] == name)


def eventually(what, seconds=90):
    """Waits for a condition that another process brings about; its last value is returned.

    The time only bounds a wait that would never end: a machine with much other work is slow.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            value = what()
        except (Broken, OSError, StopIteration, ValueError):
            value = None
        if value or time.monotonic() > end:
            return value
        time.sleep(0.02)


def get(url, timeout=60):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read().decode()


def post(url, value, timeout=60):
    request = urllib.request.Request(
        url, data=json.dumps(value).encode(), headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.loads(answer.read())


def text_of(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout


def host(platform="first"):
    """Everything that a platform of that name could leave on its host."""
    def names(path, wanted):
        found = []
        for folder, folders, _ in os.walk(path):
            found += [os.path.join(folder, f) for f in folders if wanted in f]
        return sorted(found)

    def sysctls():
        kept = {}
        for folder, _, files in os.walk("/proc/sys/net"):
            for name in files:
                path = os.path.join(folder, name)
                if any(word in path for word in ("nf_conntrack_count", "nf_conntrack_acct")):
                    continue
                try:
                    with open(path) as file:
                        kept[path] = file.read()
                except OSError:
                    pass
        return kept

    uids = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            uids.add(os.stat(f"/proc/{pid}").st_uid)
        except OSError:
            pass
    with open("/proc/self/mounts") as file:
        mounts = file.read()
    return {
        "namespaces": text_of("ip", "netns"), "links": text_of("ip", "-br", "link"),
        "rules": text_of("nft", "list", "ruleset"), "mounts": mounts, "sysctls": sysctls(),
        "groups": names("/sys/fs/cgroup", f"bulkhead-{platform}="), "uids": sorted(uids),
        # Loop devices and control groups belong to the machine: others may use them meanwhile.
        "loops": [line for line in text_of("losetup", "-a").splitlines()
                  if f"/var/lib/bulkhead/{platform}/" in line], "audit": text_of("auditctl", "-s").split("lost")[0],
    }


def difference(before, platform="first"):
    """What a platform of that name changed on its host: (as it should be, as it is)."""
    # A run that was killed leaves groups and loop devices, which the next one takes away: none of
    # them may stay, whatever was there before.
    wanted = {**before, "groups": [], "loops": []}
    now = host(platform)
    return {key: (wanted[key], now[key]) for key in wanted if wanted[key] != now[key]}


def settled(before, seconds=60, platform="first"):
    """The host as it was, waiting until the kernel has taken away what ended."""
    return eventually(lambda: not difference(before, platform), seconds)
