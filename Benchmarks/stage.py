"""A host of its own for measurements that run whole platforms, and what could be left on it.

Mount, network, pid, ipc and uts namespaces, so that the kernel takes away what a broken run leaves;
state lies in a folder of the real disk, because a start syncs. Control groups and loop devices are
the machine's, and are compared before and after.
"""
import os
import shutil
import subprocess
import sys
import tempfile

INSIDE = """
    set -euo pipefail
    folder=$1 programs=$2
    shift 2
    mount -t tmpfs -o mode=0755,size=64m stage /run
    mkdir -p /run/programs /run/bulkhead /run/netns /run/lock /run/stage
    mount --bind "$programs" /run/programs
    mkdir -p /var/lib/bulkhead
    mount --bind "$folder" /var/lib/bulkhead
    ip link set lo up
    "$@" &
    wait $!
"""
FOLDER = "/run/stage"
PROGRAM = "/run/programs/bulkhead"


def enter(name):
    """Returns inside a host of its own; outside it runs the same script there and exits with it."""
    if os.environ.get("BULKHEAD_STAGE"):
        return
    if os.geteuid() != 0:
        sys.exit(f"{name}: needs root")
    folder = tempfile.mkdtemp(prefix=f"bulkhead-{name}-", dir="/var/tmp")
    os.chmod(folder, 0o755)
    before = machine()
    try:
        code = subprocess.call(
            ["unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child",
             "--mount-proc", "--propagation", "private", "bash", "-c", INSIDE, "stage", folder,
             os.environ["BULKHEAD_PROGRAMS"], *sys.orig_argv],
            env={**os.environ, "BULKHEAD_STAGE": "1"}, stdin=subprocess.DEVNULL)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    left = [one for one in machine() - before if name in one]
    if left:
        print(f"left behind: {sorted(left)}")
    sys.exit(code or (1 if left else 0))


def machine():
    """What outlives namespaces: control groups, and images on loop devices."""
    found = {os.path.join(folder, one) for folder, folders, _ in os.walk("/sys/fs/cgroup")
             for one in folders if "bulkhead" in one}
    for device in os.listdir("/sys/block"):
        try:
            with open(f"/sys/block/{device}/loop/backing_file") as file:
                found.add(file.read().strip())
        except OSError:
            pass
    return found


def processes():
    return len([one for one in os.listdir("/proc") if one.isdigit()])


def here():
    """Everything of this host that a platform could leave on it."""
    def words(*command):
        return subprocess.run(command, capture_output=True, text=True).stdout

    with open("/proc/self/mounts") as file:
        mounts = file.read()
    return {"processes": processes(), "mounts": mounts,
            # The lock that platforms share around the kernel's audit switch stays.
            "run": set(os.listdir("/run/bulkhead")) - {"audit"},
            "rules": words("nft", "list", "ruleset"), "links": words("ip", "-o", "link"),
            "groups": {one for one in machine() if "bench" in one}}


def bulkhead(*arguments):
    """One verb of the program; its failure ends the measurement."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"bulkhead {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def compiled(name, source):
    """A static program in the host's own folder, which nobody else can write."""
    path = f"{FOLDER}/{name}"
    subprocess.run(["cc", "-O2", "-static", "-x", "c", "-o", path, "-"], check=True,
                   input=source, text=True)
    os.chmod(path, 0o555)
    return path
