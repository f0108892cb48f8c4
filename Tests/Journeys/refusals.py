#!/usr/bin/env python3
"""Bad input and poor machines: a clear error that says what to do, and nothing left behind."""
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


@claim("who is not root gets the exact command, and the demonstration runs at `none` with a warning")
def nobody():
    path = written(GOOD)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM, "up", path,
         "--detach"], capture_output=True, text=True)
    expect(done.returncode == 3 and "--isolation none" in done.stderr, done.stderr + done.stdout)


finish()
