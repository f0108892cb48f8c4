#!/usr/bin/env python3
"""Docs/exchange.md: its program and its commands, run exactly as they stand there."""
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile

from journey import *

before = host("exchange")
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
folder = tempfile.mkdtemp(prefix="journey-fill-", dir="/var/tmp")
os.chmod(folder, 0o755)
os.symlink(PROGRAM, f"{folder}/bulkhead")
os.symlink(f"{root}/Platforms", f"{folder}/Platforms")
FLOW = f"{root}/Platforms/exchange/orderflow.csv"
with open(f"{root}/Docs/exchange.md") as file:
    text = file.read()
said = {}


def headed(language):
    """Blocks of a language, each with the heading that it stands under."""
    parts = re.split(r"^## (.*)$", text, flags=re.M)
    return [(heading, block) for heading, body in zip(parts[1::2], parts[2::2])
            for block in re.findall(rf"^```{language}\n(.*?)^```", body, re.M | re.S)]


@claim("the client of the document has ten lines, and all commands of the document work")
def commands():
    client = headed("python")[0][1]
    expect(len(client.splitlines()) == 10, client)
    with open(f"{folder}/client.py", "w") as file:
        file.write(client)
    script = 'set -eu\nsudo() { "$@"; }\n'
    for heading, block in headed("sh"):
        script += f"printf '\\n== %s\\n' {shlex.quote(heading)}\n{block}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=600,
        stdin=subprocess.DEVNULL)
    expect(done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:])
    for part in re.split(r"^== ", done.stdout, flags=re.M)[1:]:
        heading, body = part.split("\n", 1)
        said[heading] = said.get(heading, "") + body


def venue():
    return json.loads(bulkhead("venue", "--json", check=0)[1])


def spoken(start):
    return next(body for heading, body in said.items() if heading.startswith(start))


@claim("the maker's order waits in the book, the taker's is filled, and balances show it")
def fill():
    expect('"state":"open"' in spoken("A maker's order"), said)
    taken = spoken("A taker's order")
    for words in ('"filled":"0.20000000"', '"state":"filled"', "87976.00000000",
                  '"price":"60100.00"', '"takerSide":"buy"', '"state":"cancelled"'):
        expect(words in taken, (words, taken))


@claim("the same order again is the same answer; other orders are refused by the words that stand there")
def refusals():
    lines = re.findall(r"^(\d{3}) (.*)$", spoken("When it says no"), re.M)
    expect([line[0] for line in lines] == ["201", "409", "422", "404"], lines)
    for (_, body), word in zip(lines[1:], ("conflict", "insufficient-funds", "unknown-order")):
        problem = json.loads(body)
        expect(problem["type"] == word and problem["title"] and problem["detail"], problem)


@claim("load trades, and everything adds up; who is killed comes back and so does the book")
def load():
    expect(spoken("Load").count("everything adds up") == 2, said)
    expect("open" in spoken("When a service dies"), said)


@claim("a recorded order flow is replayed whole, and what it refers to without telling is counted")
def replayed():
    with open(FLOW) as file:
        written = file.read()
    made = subprocess.run(["python3", FLOW.replace(".csv", ".py")], capture_output=True, text=True)
    expect(made.stdout == written, "orderflow.py prints something else than orderflow.csv")
    rows = [line.split(",") for line in written.splitlines()[2:]]
    unknown = sum(int(row[1]) >= 10**9 for row in rows)
    executed = sum(row[0] == "execute" for row in rows)
    expect(unknown > 5, unknown)
    for words in (f"{len(rows) - unknown - executed} steps",
                  f"file: {executed} executions, {unknown} unknown references, 0 other messages"):
        expect(words in spoken("Load"), (words, said))


@claim("a file that is cut or malformed is refused with its place, and nothing is traded")
def malformed():
    opened = venue()["commands"]
    with open(FLOW, "rb") as file:
        whole = file.read()
    lines = whole.count(b"\n")
    for content, place in (
            (whole[:-9], f"line {lines} of the file"), (b"", "byte 0 of the file"),
            (whole.replace(b"add,9,", b"put,9,"), "line 11 of the file: message is not add"),
            (b"\0\0D" + bytes(5), "byte 0 of the file: the file ends inside a message"),
            (b"\0\0S" + bytes(11) + b"\0\0z", "byte 14 of the file: no message of the format")):
        with open(f"{folder}/flow", "wb") as file:
            file.write(content)
        error = bulkhead("load", "--replay", f"{folder}/flow", check=2)[2]
        expect(place in error, (place, error))
    expect(venue()["commands"] == opened, "something was traded")


@claim("every route, problem and refusal of the program is in the document")
def complete():
    sources = {
        "problems": ("Application/ClientAPI/ClientProblem.swift", r'\("([a-z-]+)", \d{3}, "'),
        "refusals": ("Treaties/OrderTreaty/Identifiers.swift", r'case \.\w+: "([a-z-]+)"')}
    for path in os.listdir(f"{root}/Sources/Treaties/OrderTreaty"):
        with open(f"{root}/Sources/Treaties/OrderTreaty/{path}") as file:
            if "enum Refusal" in file.read():
                sources["refusals"] = (f"Treaties/OrderTreaty/{path}", sources["refusals"][1])
    for what, (path, pattern) in sources.items():
        with open(f"{root}/Sources/{path}") as file:
            words = set(re.findall(pattern, file.read()))
        missing = sorted(word for word in words if f"`{word}`" not in text)
        expect(len(words) > 10 and not missing, (what, len(words), missing))


@claim("`down` leaves nothing of it")
def down():
    bulkhead("down", check=0)
    shutil.rmtree(folder)
    expect(settled(before, platform="exchange"), difference(before, "exchange"))


finish()
