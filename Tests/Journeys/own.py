#!/usr/bin/env python3
"""The reader's own program: README's file, program and commands, run exactly as they stand there."""
import os
import re
import shutil
import subprocess
import tempfile

from journey import *

before = host("mine")
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
folder = tempfile.mkdtemp(prefix="journey-own-", dir="/var/tmp")
os.chmod(folder, 0o755)
os.symlink(PROGRAM, f"{folder}/bulkhead")
commands = []


def block(language):
    with open(f"{root}/README.md") as file:
        return re.search(rf"^```{language}\n(.*?)^```", file.read(), re.M | re.S).group(1)


def next_command(verb):
    """Runs README's next line, which must be about `verb`, in the folder; returns what it printed."""
    line = commands.pop(0)
    expect(verb in line, f"the README says `{line}` where {verb} was expected")
    done = subprocess.run(
        ["bash", "-c", f'sudo() {{ "$@"; }}\n{line}'], cwd=folder, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=300)
    return done.returncode, done.stdout + done.stderr


@claim("the platform file of the README has six lines and passes the check")
def check():
    for name, language in (("mine.yaml", "yaml"), ("hello.py", "python")):
        with open(f"{folder}/{name}", "w") as file:
            file.write(block(language))
        os.chmod(f"{folder}/{name}", 0o644)
    with open(f"{folder}/mine.yaml") as file:
        expect(len(file.readlines()) == 6, "not six lines")
    commands.extend(block("sh").splitlines())
    code, text = next_command("check")
    expect(code == 0, text)


@claim("the program of the README answers from its compartment at the published address")
def answers():
    code, text = next_command("up")
    expect(code == 0 and "http://127.0.0.1:8000" in text, text)
    code, text = next_command("curl")
    expect((code, text) == (0, "hello from inside\n"), text)


@claim("what nobody wrote is refused, and the record names both ends and the missing flow")
def refused():
    code, text = next_command("nsenter")
    expect(code != 0, "it arrived")
    line = commands[0]

    def found():
        commands[0] = line
        return re.search(
            r"REFUSED hello \(dmz\) .* -> internet 198\.51\.100\.7:443/tcp .*no flow from hello",
            next_command("trail show")[1])
    expect(eventually(found), bulkhead("trail", "show", "sensor")[1])


@claim("`down` leaves nothing of it")
def down():
    code, text = next_command("down")
    expect(code == 0 and not commands, (text, commands))
    shutil.rmtree(folder)
    expect(settled(before, platform="mine"), difference(before, "mine"))


finish()
