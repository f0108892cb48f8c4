#!/usr/bin/env python3
"""A service that was taken over, a preparation that breaks off, neighbours with like names."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from journey import *

before = host("cruel")
folder = tempfile.mkdtemp(prefix="journey-", dir="/var/tmp")
os.chmod(folder, 0o755)
PYTHON = "/usr/bin/python3.11"

CRUEL = """
import array, os, signal, socket, struct, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
names = os.environ["LISTEN_FDNAMES"].split(":")
events = socket.socket(fileno=3 + names.index("events"))
events.setblocking(False)
listener = socket.socket(fileno=3 + names.index("http"))
def note(text):
    with open("/state/told", "a") as file: file.write(text + "\\n")
def attempt(name, act):
    try: note(f"{name}: {act()}")
    except OSError as error: note(f"{name}: refused {error.errno}")
pipes = [os.pipe()[0] for _ in range(8)]
def flood():
    sent = 0
    for _ in range(5000):
        try:
            events.sendmsg([b"x" * 100], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", pipes))])
            sent += 1
        except OSError: time.sleep(0.001)  # the queue is full, or too many are under way
    return f"sent {sent}"
attempt("descriptors", flood)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.setblocking(False)
def shout():
    for _ in range(2000):
        try: notify.sendto(b"READY=1\\nMAINPID=1\\n" + b"x" * 4000, "/run/notify")
        except BlockingIOError: time.sleep(0.001)
attempt("shout", shout)
sys.stdout.write(("\\x1b]0;owned\\x07" + "z" * 1000 + "\\n") * 20000)
sys.stdout.flush()
os.symlink("/etc/passwd", "/state/link") if not os.path.lexists("/state/link") else None
listener.settimeout(None)
attempt("ready", lambda: notify.sendto(b"READY=1", "/run/notify"))
while True:
    peer, _ = listener.accept()
    port = int(peer.recv(16))
    def out():
        # AF_UNSPEC makes the accepted socket, which is the host's, free to connect anywhere.
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.connect(peer.fileno(), bytes(16), 16) < 0: raise OSError(ctypes.get_errno(), "unspec")
        peer.settimeout(1)
        peer.connect(("127.0.0.1", port))
        return "GOT OUT"
    attempt("out", out)
"""

FILE = """platform: cruel
zones: {application: {network: 10.94.1.0/24}}
services:
  owned:
    zone: application
    run: [PYTHON, -B, -E, -s, /app/owned.py]
    ports: {http: tcp/8000}
    ready: notify
    files: [/usr/lib/python3.11, {source: FOLDER/owned.py, target: /app/owned.py}]
    limits: {memory: 96MiB, disk: 8MiB}
flows:
  - {from: internet, to: owned.http, because: it is published}
publish: {owned.http: 127.0.0.1:8199}
"""


def write(name, text, mode=0o644):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text.replace("FOLDER", folder).replace("PYTHON", PYTHON))
    os.chmod(path, mode)
    return path


def supervisor(name):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if any(os.readlink(f"/proc/{pid}/fd/{n}") == f"/run/bulkhead/{name}/lock"
                   for n in os.listdir(f"/proc/{pid}/fd")):
                return int(pid)
        except OSError:
            pass
    return None


def inside(name, path):
    """What a service's state directory holds, read through its program's root."""
    pid = compartment(name)["pid"]
    with open(f"/proc/{pid}/root/state/{path}") as file:
        return file.read()


def half_done():
    """The step of a preparation has left its link, where it stands."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as file:
                if "/step.py" in file.read() and os.path.islink(f"/proc/{pid}/cwd/ruin"):
                    return True
        except OSError:
            pass
    return False


write("owned.py", CRUEL)


@claim("descriptors, garbage and floods of a service leave its writer and the platform standing")
def floods():
    bulkhead("up", write("cruel.yaml", FILE), "--detach", check=0)
    told = inside("owned", "told")
    expect("descriptors: sent" in told and "descriptors: sent 0" not in told, told)
    writer = compartment("trail.owned")
    expect(writer["state"] == "ready" and writer["restarts"] == 0, writer)
    expect(len(os.listdir(f"/proc/{writer['pid']}/fd")) < 32, "the writer keeps descriptors")
    size = sum(os.path.getsize(f"/var/lib/bulkhead/cruel/logs/{n}")
               for n in os.listdir("/var/lib/bulkhead/cruel/logs"))
    expect(size < 16 << 20, size)
    bulkhead("trail", "verify", check=0)


@claim("an accepted socket of the host is no way out")
def way_out():
    target = socket.create_server(("127.0.0.1", 8198))
    with socket.create_connection(("127.0.0.1", 8199)) as client:
        client.sendall(b"8198")
        expect(eventually(lambda: "out:" in inside("owned", "told")), inside("owned", "told"))
    told = inside("owned", "told")
    expect("GOT OUT" not in told and "out: refused" in told or "out: " in told
           and "GOT OUT" not in told, told)
    target.close()


@claim("connections that others hold open do not keep the operator out")
def crowd():
    holder = subprocess.Popen(
        ["/usr/bin/python3", "-c", """
import os, socket, sys, time
os.setuid(65534)
held = []
for _ in range(200):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect('/run/bulkhead/cruel/control')
    held.append(s)
print('held', flush=True)
time.sleep(3600)"""], stdout=subprocess.PIPE, text=True)
    try:
        expect(holder.stdout.readline() == "held\n", "not held")
        expect(status()["compartments"], "no status")
    finally:
        holder.kill()
        holder.wait()


@claim("a service that ignores SIGTERM is down all the same")
def stubborn():
    bulkhead("down", check=0)
    ended = bulkhead("trail", "show", "cruel/owned", "--kind", "ended")[1]
    expect("signal 9" in ended, ended)
    expect(settled(before, platform="cruel"), difference(before, "cruel"))


KEEPER = """platform: cruel
zones: {application: {network: 10.94.1.0/24}}
services:
  keeper:
    zone: application
    run: [PYTHON, -B, -E, -s, FOLDER/keep.py]
    files: [/usr/lib/python3.11, FOLDER/keep.py]
"""
STEP = """    prepare: [{run: [PYTHON, -B, -E, -s, FOLDER/step.py], files: [FOLDER/step.py]}]
"""
write("keep.py", """
import os, time
open(os.environ["STATE_DIRECTORY"] + "/kept", "a").write("kept ")
time.sleep(1000)
""")


@claim("a first preparation step that comes later keeps what the service has")
def later():
    shutil.rmtree("/var/lib/bulkhead/cruel", ignore_errors=True)
    bulkhead("up", write("keeper.yaml", KEEPER), "--detach", check=0)
    bulkhead("down", check=0)
    write("step.py", "")
    bulkhead("up", write("keeper.yaml", KEEPER + STEP), "--detach", check=0)
    kept = eventually(lambda: inside("keeper", "kept").count("kept") == 2)
    expect(kept, inside("keeper", "kept"))
    bulkhead("down", check=0)


for level in ("full", "none"):
    @claim(f"a preparation that is killed half done begins with nothing, and follows no link ({level})")
    def interrupted(level=level):
        shutil.rmtree("/var/lib/bulkhead/cruel", ignore_errors=True)
        precious = write("precious", "untouched")
        step = f"""
import os, time
os.chdir(os.environ["STATE_DIRECTORY"])
if os.path.lexists("ruin"): raise SystemExit(9)
os.mkdir("half")
open("half/x", "w").close()
os.symlink("{folder}", "ruin")
"""
        write("step.py", step + "time.sleep(1000)\n")
        write("keeper.yaml", KEEPER + STEP)
        up = subprocess.Popen([PROGRAM, "up", folder + "/keeper.yaml", "--isolation", level],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        begun = "/var/lib/bulkhead/cruel/prepared/keeper" + (
            ".begun" if level == "full" else ".none.begun")
        expect(eventually(lambda: half_done() and os.path.exists(begun)), "it is not half done")
        os.kill(supervisor("cruel"), signal.SIGKILL)
        up.wait(60)
        expect(os.path.exists(begun), "nothing says that it was interrupted")
        write("step.py", step)
        bulkhead("up", folder + "/keeper.yaml", "--detach", "--isolation", level, check=0)
        bulkhead("down", check=0)
        with open(precious) as file:
            expect(file.read() == "untouched", "a link was followed")


@claim("a start of one platform leaves a neighbour alone whose name begins like its own")
def neighbour():
    near = KEEPER.replace("cruel", "cruel-too").replace("10.94", "10.95")
    bulkhead("up", write("near.yaml", near), "--detach", check=0)
    pid = compartment("keeper", "--platform", "cruel-too")["pid"]
    bulkhead("up", write("keeper.yaml", KEEPER), "--detach", check=0)
    same = compartment("keeper", "--platform", "cruel-too")
    expect(same["pid"] == pid and same["restarts"] == 0, (pid, same))
    bulkhead("down", "--platform", "cruel", check=0)
    bulkhead("down", "--platform", "cruel-too", check=0)
    expect(settled(before, platform="cruel"), difference(before, "cruel"))


LATE = """platform: cruel
isolation: none
zones: {application: {network: 10.94.1.0/24}}
services:
  late:
    zone: application
    run: [PYTHON, -B, -E, -s, FOLDER/late.py]
    ports: {http: tcp/8000}
    ready: port
    environment: {LISTEN: "${address}:${port.http}"}
    files: [/usr/lib/python3.11, FOLDER/late.py]
"""


@claim("`ready: port` waits for the port without namespaces too")
def port():
    write("late.py", """
import os, socket, time
time.sleep(1.5)
host, port = os.environ["LISTEN"].split(":")
server = socket.create_server((host, int(port)))
time.sleep(1000)
""")
    start = time.monotonic()
    bulkhead("up", write("late.yaml", LATE), "--detach", check=0)
    took = time.monotonic() - start
    bulkhead("down", check=0)
    expect(took > 1.5, f"ready after {took:.2f} s")


shutil.rmtree(folder)
finish()
