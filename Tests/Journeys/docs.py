#!/usr/bin/env python3
"""What Docs say: examples run, and every key, word, kind, wall and verb of the program is there."""
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile

from journey import *

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
before = host("mine")
folder = tempfile.mkdtemp(prefix="journey-docs-", dir="/var/tmp")
os.chmod(folder, 0o755)
os.symlink(PROGRAM, f"{folder}/bulkhead")


def text(name):
    with open(f"{root}/{name}") as file:
        return file.read()


def blocks(name, language, mark):
    """Blocks whose first line is `# MARK: STATUS`: (status, lines after it)."""
    found = re.findall(rf"^```{language}\n# {mark}: (\d)\n(.*?)^```", text(name), re.M | re.S)
    return [(int(status), body) for status, body in found]


def example(language):
    return re.search(rf"^```{language}\n(.*?)^```", text("README.md"), re.M | re.S).group(1)


def write(name, content):
    with open(f"{folder}/{name}", "w") as file:
        file.write(content)
    os.chmod(f"{folder}/{name}", 0o644)
    return f"{folder}/{name}"


def run(name):
    for status, body in blocks(name, "sh", "run"):
        for line in body.splitlines():
            done = subprocess.run(
                ["bash", "-c", line], cwd=folder, capture_output=True, text=True, timeout=300,
                stdin=subprocess.DEVNULL, env={**os.environ, "PATH": f"{folder}:/usr/bin:/bin"})
            expect(done.returncode == status, f"`{line}` exited {done.returncode}: "
                   f"{done.stdout[-2000:]}{done.stderr[-2000:]}")


def said(document, words, where):
    """Each word stands in the document as code."""
    there = set(re.findall(r"`([^`\n]+)`", text(document)))
    missing = sorted(word for word in words if word not in there)
    expect(words and not missing, f"{document} does not name these {where}: {missing}")


def listed(error):
    """The names at the end of an error's remedy."""
    remedy = re.sub(r" \[[a-z-]+\]$", "", error.strip().splitlines()[-1])
    return set(re.search(r"([a-z-]+(?:, [a-z-]+)+)$", remedy).group(1).split(", "))


@claim("every platform file in the documents gets the answer that it says")
def checked():
    count = 0
    for path in sorted(glob.glob(f"{root}/Docs/*.md")):
        for status, body in blocks(os.path.relpath(path, root), "yaml", "check"):
            bulkhead("check", write("example.yaml", body), check=status)
            count += 1
    expect(count >= 3, f"only {count} examples")


@claim("every key of the schema is explained")
def keys():
    schema = json.loads(bulkhead("schema", check=0)[1])
    found = set()

    def walk(node):
        if isinstance(node, dict):
            found.update(node.get("properties", {}))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
    walk(schema)
    document = text("Docs/platform-file.md")
    missing = sorted(key for key in found if not re.search(rf"`[^`\n]*\b{key}\b[^`\n]*`", document))
    expect(len(found) > 30 and not missing, f"not explained: {missing}")


@claim("the commands of the documents do what they say")
def commands():
    write("hello.py", example("python"))
    write("desk.yaml", example("yaml"))
    run("Docs/segmentation.md")
    run("Docs/lint.md")
    run("Docs/operating.md")
    bulkhead("up", f"{folder}/desk.yaml", "--detach", check=0)
    run("Docs/trails.md")
    bulkhead("down", check=0)


@claim("what the page about packet filters shows is what the program prints")
def filters():
    page = text("Docs/packet-filters.md")
    write("router.nft", re.search(r"^```nft\n(.*?)^```", page, re.M | re.S).group(1))
    shown = re.findall(r"^```\n\$ (bulkhead .*?)\n(.*?)^```", page, re.M | re.S)
    for line, wanted in shown:
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, capture_output=True, text=True, timeout=60,
            env={**os.environ, "PATH": f"{folder}:/usr/bin:/bin"})
        expect(done.stdout == wanted, f"`{line}` printed {done.stdout}{done.stderr}")
    expect(len(shown) >= 3, f"only {len(shown)} examples")


@claim("an owned service reaches what its flows lead to, and the cut names their lines")
def blast():
    file = write("chain.yaml", """platform: chain
zones: {dmz: {network: 10.77.1.0/24}, data: {network: 10.77.3.0/24}}
services:
  web: {zone: dmz, run: [python3], ports: {http: tcp/80}}
  worker: {zone: dmz, run: [python3], ports: {work: tcp/81}}
  store: {zone: data, run: [python3], ports: {sql: tcp/5432}}
flows:
  - {from: web, to: worker.work, because: work}
  - {from: worker, to: store.sql, because: rows}
""")
    _, near, _ = bulkhead("blast", file, "web", "--json", check=0)
    expect([one["service"] for one in json.loads(near)["reached"]] == ["worker"], near)
    _, far, _ = bulkhead("blast", file, "web", "--steps", "1", "--json", check=0)
    store = json.loads(far)["reached"][1]
    expect(store["service"] == "store" and store["steps"] == 1, far)
    expect([link["line"] for link in store["cut"]] in ([8], [9]), far)
    expect("reaches nothing" in bulkhead("blast", file, "store", check=0)[1], "store reaches")
    for words, error in ((["wbe"], "did you mean web"), (["web", "--steps", "-1"], "--steps")):
        _, _, errors = bulkhead("blast", file, *words, check=2)
        expect(error in errors, errors)


@claim("every word, kind of event, wall and verb is named")
def names():
    mine = example("yaml")
    word = write("word.yaml", mine.replace("{zone: dmz,", "{zone: dmz, role: qqqqqqqq,"))
    said("Docs/compartments.md", listed(bulkhead("up", word, "--detach", check=1)[2]), "words")
    kinds = listed(bulkhead("trail", "show", "--kind", "qqqqqqqq")[2])
    said("Docs/trails.md", kinds, "kinds of event")
    walls = listed(bulkhead("up", word, "--twin", "--without", "qqqqqqqq", check=2)[2])
    said("Docs/drill.md", walls, "walls")
    for wall in walls:
        expect(f"| {wall} |" in text("THREATS.md"), f"THREATS.md has no wall {wall}")
    verbs = re.findall(r"^  ([a-z]+)  ", bulkhead("help", check=0)[1], re.M)
    named = text("Docs/operating.md")
    missing = [verb for verb in verbs if not re.search(rf"`{verb}\b", named)]
    expect(len(verbs) > 10 and not missing, f"operating.md does not name {missing}")


@claim("nothing is left")
def left():
    shutil.rmtree(folder)
    expect(settled(before, platform="mine"), difference(before, "mine"))


finish()
