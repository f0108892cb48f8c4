#!/usr/bin/env python3
"""Machines that forbid what the walls are made of: the demonstration runs at `none` and says so,
`up FILE` refuses with the exact command, and nothing is left behind."""
import ctypes
import errno
import os
import re
import shutil
import tempfile

from journey import *

before = host()
folder = tempfile.mkdtemp(prefix="journey-", dir="/var/tmp")
os.chmod(folder, 0o755)
FILE = os.path.join(folder, "small.yaml")
with open(FILE, "w") as file:
    file.write("""platform: small
zones: {application: {network: 10.92.1.0/24}}
services:
  sleeper: {zone: application, run: [/usr/bin/sleep, infinity]}
""")
os.chmod(FILE, 0o644)
library = ctypes.CDLL(None, use_errno=True)
filters = ctypes.CDLL("libseccomp.so.2")
filters.seccomp_init.restype = ctypes.c_void_p


def no_namespaces():
    """A user namespace with every uid as it was, where no other namespace can be made."""
    reading, writing = os.pipe()
    child, helper = os.getpid(), os.fork()
    if helper == 0:
        os.read(reading, 1)
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{child}/{name}", "w") as file:
                file.write("0 0 4294967295\n")
        os._exit(0)
    if library.unshare(0x10000000):
        raise OSError("unshare")
    os.write(writing, b"x")
    os.close(reading)
    os.close(writing)
    if os.waitpid(helper, 0)[1]:
        raise OSError("uid_map")
    for name in ("mnt", "pid", "net", "ipc", "uts", "cgroup", "user"):
        with open(f"/proc/sys/user/max_{name}_namespaces", "w") as file:
            file.write("0")


def contained(clone3):
    """As a container's root: without SYS_ADMIN and NET_ADMIN, clone3 refused with that errno."""
    for capability in (12, 21):
        if library.prctl(24, capability, 0, 0, 0):
            raise OSError("PR_CAPBSET_DROP")
    rules = ctypes.c_void_p(filters.seccomp_init(0x7FFF0000))
    call = filters.seccomp_syscall_resolve_name(b"clone3")
    if filters.seccomp_rule_add_array(rules, 0x50000 | clone3, call, 0, None) or \
            filters.seccomp_load(rules):
        raise OSError("seccomp")


def nobody():
    """Somebody who is not root, with a home of his own."""
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)


def mounted(*commands):
    """Mounts of its own, changed by these commands."""
    if library.unshare(0x20000):
        raise OSError("unshare")
    for command in ("mount --make-rprivate /", *commands):
        subprocess.run(["/bin/sh", "-ec", command], check=True)


def poor(install, *words, home="/root"):
    done = subprocess.run(
        [PROGRAM, *words], capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL,
        preexec_fn=install, env={**os.environ, "HOME": home})
    return done.returncode, done.stdout, done.stderr


def runs(install, home="/root"):
    """The demonstration is up at `none`, its ways in are on loopback, and its walls stand."""
    began = time.monotonic()
    got, out, error = poor(install, "up", "--detach", home=home)
    try:
        expect(got == 0, f"exit {got} after {time.monotonic() - began:.0f} s: {out}{error}")
        text = error + out
        expect(text.startswith("isolation none: WITHOUT namespaces"), text)
        url = re.search(r"web\S* at (http://127\.\S+)", text)
        expect(url, text)
        url = url.group(1)
        made = post(url + "/api/notes", {"text": "a poor machine was here"})
        notes = json.loads(get(url + "/api/notes"))
        expect(any(n["text"] == "a poor machine was here" for n in notes), (made, notes))
        got, out, error = poor(None if home == "/root" else nobody, "status", "--json", home=home)
        facts = json.loads(out)
        expect(facts["isolation"] == "none", out)
    finally:
        poor(None if home == "/root" else nobody, "down", home=home)
    expect(settled(before), difference(before))


def refuses(install, home="/root"):
    got, out, error = poor(install, "up", FILE, "--detach", home=home)
    expect(got == 3 and f"bulkhead up {FILE} --isolation none" in error, f"{got}: {out}{error}")
    expect(settled(before, platform="small"), difference(before, "small"))


home = os.path.join(folder, "home")
os.mkdir(home)
os.chown(home, 65534, 65534)
PLACES = [
    ("namespaces are forbidden", no_namespaces, "/root"),
    ("a container lacks SYS_ADMIN and answers clone3 with ENOSYS",
     lambda: contained(errno.ENOSYS), "/root"),
    ("a container answers clone3 with EPERM", lambda: contained(errno.EPERM), "/root"),
    ("nobody is root", nobody, home),
    ("control groups are read-only", lambda: mounted(
        "awk '$3 ~ /^cgroup/ {print $2}' /proc/self/mounts | "
        "while read -r at; do mount -o remount,bind,ro $at; done"), "/root"),
    ("no loop device is to be had", lambda: mounted(
        "mount --bind /dev/null /dev/loop-control"), "/root"),
    ("kernel settings are read-only", lambda: mounted(
        "mount --bind /proc/sys /proc/sys", "mount -o remount,bind,ro /proc/sys"), "/root"),
    ("/proc is read-only", lambda: mounted("mount -o remount,bind,ro /proc"), "/root"),
]
for what, install, at in PLACES:
    @claim(f"where {what} the demonstration runs at `none`: a row is written and read")
    def demonstration(install=install, at=at):
        runs(install, at)

    @claim(f"where {what} `up FILE` refuses with the exact command")
    def file_refused(install=install, at=at):
        refuses(install, at)

shutil.rmtree(folder)
finish()
