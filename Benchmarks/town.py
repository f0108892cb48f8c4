"""Towns: three compartments and a fabric each, built by the rooms that the supervisor uses.

Their namespaces have no names and end with the process that holds them, even when that is killed;
it ends itself when the measurement does.
"""
import ctypes
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
PROGRAM = os.environ.get("BULKHEAD_TOWN", f"{HERE}/../.build/release/town")
FLOWS = int(os.environ.get("FLOWS", "10000"))
PIDFD_GETFD = 438
PORT = 1000


class Towns:
    """The places of the towns `ruled`, `empty` and `tracked`, as paths of namespaces."""

    def __init__(self):
        self.holder = subprocess.Popen(
            [PROGRAM, "hold", str(FLOWS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.places, self.log = {}, None
        for line in self.holder.stdout:
            words = line.split()
            if words == ["ready"]:
                break
            if words[0] == "log":
                self.log = int(words[2])
                continue
            self.places[words[0], words[1]] = f"/proc/{self.holder.pid}/fd/{words[2]}"
        else:
            raise RuntimeError(f"the towns were not built: {self.holder.wait()}")
        self.folder = tempfile.TemporaryDirectory(prefix="bulkhead-town-")
        self.asker = f"{self.folder.name}/ask"
        subprocess.run(["cc", "-O2", "-o", self.asker, f"{HERE}/ask.c"], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.holder.stdin.close()
        self.holder.wait(10)
        self.folder.cleanup()

    def ask(self, kind, walls, cpus=(-1, -1), milliseconds=300, pause=0):
        """Round trips' median, p99 and number, or a stream's gigabits a second."""
        done = subprocess.run(
            [self.asker, kind, self.places[walls, "web"], self.places[walls, "data"], str(PORT),
             str(cpus[0]), str(cpus[1]), str(milliseconds), str(pause)],
            capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{kind} in {walls}: {done.stderr}")
        return [float(word) for word in done.stdout.split()]

    def take_log(self):
        """The open log of the compartment `other`, which nobody else reads."""
        holder = os.pidfd_open(self.holder.pid)
        number = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, holder, self.log, 0)
        if number < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        os.close(holder)
        return number
