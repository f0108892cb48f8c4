#!/usr/bin/env python3
"""The reader's own program: README's platform file and program, run exactly as they stand there."""
import os
import re
import shutil
import tempfile

from journey import *

before = host()
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
folder = tempfile.mkdtemp(prefix="journey-readme-", dir="/var/tmp")
os.chmod(folder, 0o755)


def block(language):
    with open(f"{root}/README.md") as file:
        return re.search(rf"^```{language}\n(.*?)^```", file.read(), re.M | re.S).group(1)


@claim("the platform file of the README has six lines and passes the check")
def check():
    for name, language in (("mine.yaml", "yaml"), ("hello.py", "python")):
        with open(f"{folder}/{name}", "w") as file:
            file.write(block(language))
        os.chmod(f"{folder}/{name}", 0o644)
    with open(f"{folder}/mine.yaml") as file:
        expect(len(file.readlines()) == 6, "not six lines")
    bulkhead("check", f"{folder}/mine.yaml", check=0)


@claim("the program of the README answers from its compartment at the published address")
def answers():
    bulkhead("up", f"{folder}/mine.yaml", "--detach", check=0)
    text = eventually(lambda: get("http://127.0.0.1:8000/"))
    expect(text == "hello from inside\n", text)


@claim("`down` leaves nothing of it")
def down():
    bulkhead("down", check=0)
    shutil.rmtree(folder)
    after = eventually(lambda: host() == before and host()) or host()
    expect(after == before, after)


finish()
