#!/usr/bin/env python3
"""Machines that forbid what the walls are made of: the exchange runs at `none` and says so, as does
a file for which less is asked; `up FILE` refuses with the exact command; nothing is left behind."""
import ctypes
import errno
import os
import re
import shutil
import ssl
import tempfile

from journey import *

before = host()
before_exchange = host("exchange")
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
        [PROGRAM, *words], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
        preexec_fn=install, env={**os.environ, "HOME": home})
    return done.returncode, done.stdout, done.stderr


def running(install, *words, home, platform, quiet):
    """Brings a platform up at `none`, yields what `up` said, and takes it down."""
    began = time.monotonic()
    own = None if home == "/root" else nobody
    got, out, error = poor(install, "up", *words, "--detach", home=home)
    try:
        expect(got == 0, f"exit {got} after {time.monotonic() - began:.0f} s: {out}{error}")
        expect((error + out).startswith("isolation none: WITHOUT namespaces"), error + out)
        yield error + out
        got, out, error = poor(own, "status", "--json", home=home)
        expect(json.loads(out)["isolation"] == "none", out + error)
    finally:
        poor(own, "down", home=home)
    expect(settled(quiet, platform=platform), difference(quiet, platform))


def trades(install, home="/root"):
    """The exchange is up, and its front door answers under the root that `trust` prints."""
    for text in running(install, home=home, platform="exchange", quiet=before_exchange):
        url = re.search(r"gateway\.https at (https://127\.\S+)", text)
        expect(url, text)
        got, root, error = poor(None if home == "/root" else nobody, "trust", home=home)
        expect(got == 0, error)
        context = ssl.create_default_context(cadata=root)
        with urllib.request.urlopen(
                url.group(1) + "/v1/instruments", timeout=60, context=context) as answer:
            listed = json.loads(answer.read())["instruments"]
        expect(len(listed) >= 1, listed)


def writes(install, home="/root"):
    """The desk is up where less is asked for, and a row goes in and comes out."""
    for text in running(install, FIRST, "--isolation", "none", home=home, platform="first",
                        quiet=before):
        url = re.search(r"web\S* at (http://127\.\S+)", text)
        expect(url, text)
        made = post(url.group(1) + "/api/notes", {"text": "a poor machine was here"})
        notes = json.loads(get(url.group(1) + "/api/notes"))
        expect(any(n["text"] == "a poor machine was here" for n in notes), (made, notes))


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
    @claim(f"where {what} the exchange runs at `none`: its front door answers over TLS")
    def exchange(install=install, at=at):
        trades(install, at)

    @claim(f"where {what} the desk runs at `none` when that is asked: a row is written and read")
    def desk(install=install, at=at):
        writes(install, at)

    @claim(f"where {what} `up FILE` refuses with the exact command")
    def file_refused(install=install, at=at):
        refuses(install, at)

shutil.rmtree(folder)
finish()
