#!/usr/bin/env python3
"""Bad input and poor machines: a clear error that says what to do, and nothing left behind."""
import ctypes
import errno
import os
import socket
import tempfile

from journey import *

before = host("small")
folder = tempfile.mkdtemp(prefix="journey-", dir="/var/tmp")
os.chmod(folder, 0o755)

GOOD = """platform: small
zones: {application: {network: 10.92.1.0/24}}
services:
  sleeper: {zone: application, run: [/usr/bin/sleep, infinity]}
"""


def written(text, name="small.yaml"):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o644)
    return path


def refused(path, code, *words):
    got, out, error = bulkhead("up", path, "--detach")
    if got == 0:
        bulkhead("down")
    expect(got == code, f"exit {got}, not {code}: {out}{error}")
    for word in words:
        expect(word in error + out, f"`{word}` is not in: {error}{out}")
    expect(settled(before, platform="small"), difference(before, "small"))


@claim("a small platform comes up and goes down")
def good():
    bulkhead("up", written(GOOD), "--detach", check=0)
    bulkhead("down", check=0)
    expect(settled(before, platform="small"), difference(before, "small"))


CASES = [
    ("broken YAML", GOOD + "  : [", 2, [":"]),
    ("an unknown key", GOOD.replace("run:", "rum:"), 1, ["small.yaml:4", "run"]),
    ("a missing program", GOOD.replace("/usr/bin/sleep", "/usr/bin/no-such"), 1, ["no-such"]),
    ("a program that ends at once", GOOD.replace("/usr/bin/sleep, infinity", "/usr/bin/false"), 1,
     ["sleeper", "logs"]),
]
for what, text, code, words in CASES:
    @claim(f"{what} is refused with what to do, and leaves nothing")
    def case(text=text, code=code, words=words):
        refused(written(text), code, *words)


@claim("a program that others may write to is refused")
def writable():
    path = os.path.join(folder, "tool")
    with open("/usr/bin/sleep", "rb") as source, open(path, "wb") as copy:
        copy.write(source.read())
    os.chmod(path, 0o777)
    refused(written(GOOD.replace("/usr/bin/sleep", path)), 1, "chmod")


@claim("a port in use is named")
def port():
    text = GOOD.replace("infinity]", "infinity], ports: {http: tcp/8000}") + """flows:
  - {from: internet, to: sleeper.http, because: the journey asks it}
publish: {sleeper.http: 127.0.0.1:8093}
"""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 8093))
        taken.listen()
        refused(written(text), 1, "8093")


@claim("a full disk is an error, not a half-made platform")
def full():
    place = os.path.join(folder, "full")
    os.mkdir(place)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "full", place], check=True)
    try:
        with open(os.path.join(place, "fill"), "wb") as file:
            try:
                file.write(b"x" * (128 << 10))
            except OSError:
                pass
        got, out, error = bulkhead("up", written(GOOD), "--detach", "--state",
                                   os.path.join(place, "state"))
        expect(got in (1, 3) and "space" in error, f"{got}: {out}{error}")
    finally:
        subprocess.run(["umount", place], check=True)
    expect(settled(before, platform="small"), difference(before, "small"))


@claim("what another user owns, or could replace, is refused with the owner's name and the remedy")
def owners():
    tool = os.path.join(folder, "theirs", "tool")
    os.mkdir(os.path.dirname(tool))
    with open("/usr/bin/sleep", "rb") as source, open(tool, "wb") as copy:
        copy.write(source.read())
    os.chmod(tool, 0o755)
    text = GOOD.replace("/usr/bin/sleep", tool)
    os.chown(tool, 12345, 12345)
    refused(written(text), 1, "12345", "chown root " + tool)
    os.chown(tool, 0, 0)
    os.chown(os.path.dirname(tool), 12345, 12345)
    refused(written(text), 1, "12345", "chown root " + os.path.dirname(tool))
    path = written(GOOD, "theirs.yaml")
    os.chown(path, 12345, 12345)
    refused(path, 1, "12345", "chown root " + path)
    got, out, error = bulkhead("check", path)
    expect(got == 0 and "12345" in out, out + error)
    # Who asks by sudo decides here anyway.
    bulkhead("up", path, "--detach", check=0, env={**os.environ, "SUDO_UID": "12345"})
    bulkhead("down", check=0)


@claim("`check` says what `up` would refuse in the file, and the machine's part as a warning")
def checked():
    text = """platform: small
zones: {application: {network: 10.92.1.0/24}}
services:
  sleeper: {zone: application, role: [wpth], run: [/usr/bin/no-such], ports: {dns: udp/53}}
flows:
  - {from: internet, to: sleeper.dns, because: the journey asks it}
publish: {sleeper.dns: 127.0.0.1:8093}
"""
    got, out, error = bulkhead("check", written(text))
    for word in (":4:39: error", "wpath", ":4:52: warning", "no-such", ":7:11: error", "TCP"):
        expect(got == 1 and word in out, f"{got}: `{word}` is not in: {out}{error}")
    refused(written(text), 1, "wpath", "no-such", "TCP")


@claim("an answer that cannot be written is an error; a reader that goes away is none")
def unwritten():
    for words in (["schema"], ["help"], ["doctor"], ["check", written(GOOD)], ["version"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True)
        expect(done.returncode == 3 and "No space left" in done.stderr,
               f"{words}: {done.returncode} {done.stderr}")
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run([PROGRAM, *words], stdout=writing, stderr=subprocess.PIPE, text=True)
        os.close(writing)
        expect((done.returncode, done.stderr) == (0, ""),
               f"{words}: {done.returncode} {done.stderr}")


class Comparison(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("operator", ctypes.c_int),
                ("first", ctypes.c_uint64), ("second", ctypes.c_uint64)]


def no_nftables():
    """Runs in a child: netfilter's netlink sockets are unknown to its kernel."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(0x7FFF0000))
    call = library.seccomp_syscall_resolve_name(b"socket")
    equal = 4
    both = (Comparison * 2)(Comparison(0, equal, 16, 0), Comparison(2, equal, 12, 0))
    if library.seccomp_rule_add_array(rules, 0x50000 | errno.EPROTONOSUPPORT, call, 2, both) or \
            library.seccomp_load(rules):
        raise OSError("seccomp")


def no_namespaces():
    """Runs in a child: a user namespace with every uid as it was, where no other can be made."""
    reading, writing = os.pipe()
    child, helper = os.getpid(), os.fork()
    if helper == 0:
        os.read(reading, 1)
        for name in ("uid_map", "gid_map"):
            with open(f"/proc/{child}/{name}", "w") as file:
                file.write("0 0 4294967295\n")
        os._exit(0)
    if ctypes.CDLL(None).unshare(0x10000000):
        raise OSError("unshare")
    os.write(writing, b"x")
    os.close(reading)
    os.close(writing)
    if os.waitpid(helper, 0)[1]:
        raise OSError("uid_map")
    for name in ("mnt", "pid", "net", "ipc", "uts", "cgroup", "user"):
        with open(f"/proc/sys/user/max_{name}_namespaces", "w") as file:
            file.write("0")


def poor(install, *words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL, preexec_fn=install)
    return done.returncode, done.stdout, done.stderr


for what, install, word in [
        ("nftables", no_nftables, "nf"), ("namespaces", no_namespaces, "namespace")]:
    @claim(f"without {what} `up FILE` refuses with the exact command, and leaves nothing")
    def lacking(install=install, word=word):
        path = written(GOOD)
        got, out, error = poor(install, "up", path, "--detach")
        expect(got == 3 and word in error and f"up {path} --isolation none" in error,
               f"{got}: {out}{error}")
        expect(settled(before, platform="small"), difference(before, "small"))


@claim("without control groups `up FILE` refuses with the exact command, and leaves nothing")
def groups():
    path = written(GOOD)
    command = 'mount -t tmpfs none /sys/fs/cgroup && exec "$0" up "$1" --detach'
    done = subprocess.run(["unshare", "-m", "bash", "-c", command, PROGRAM, path],
                          capture_output=True, text=True, timeout=300)
    expect(done.returncode == 3 and f"up {path} --isolation none" in done.stderr,
           f"{done.returncode}: {done.stdout}{done.stderr}")
    expect(settled(before, platform="small"), difference(before, "small"))


@claim("who is not root gets the exact command, and the demonstration runs at `none` with a warning")
def nobody():
    path = written(GOOD)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM, "up", path,
         "--detach"], capture_output=True, text=True)
    expect(done.returncode == 3 and "--isolation none" in done.stderr, done.stderr + done.stdout)


finish()
