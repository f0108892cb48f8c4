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


def run(name, mark="run"):
    for status, body in blocks(name, "sh", mark):
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
    run("Docs/render.md")
    run("Docs/operating.md")
    bulkhead("up", f"{folder}/desk.yaml", "--detach", check=0)
    run("Docs/trails.md")
    bulkhead("down", check=0)


def shows(page, least):
    """What stands below `$ bulkhead …` is what it prints."""
    shown = re.findall(r"^```\n\$ (bulkhead .*?)\n(.*?)^```", text(page), re.M | re.S)
    for line, wanted in shown:
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, capture_output=True, text=True, timeout=300,
            env={**os.environ, "PATH": f"{folder}:/usr/bin:/bin"})
        expect(done.stdout == wanted, f"`{line}` printed {done.stdout}{done.stderr}")
    expect(len(shown) >= least, f"only {len(shown)} examples")


@claim("what the page about packet filters shows is what the program prints")
def filters():
    page = text("Docs/packet-filters.md")
    write("router.nft", re.search(r"^```nft\n(.*?)^```", page, re.M | re.S).group(1))
    shows("Docs/packet-filters.md", 3)


@claim("what the page about rendering shows is what the program prints")
def renderings():
    write("tagged.yaml", blocks("Docs/render.md", "yaml", "check")[0][1])
    run("Docs/render.md", "tagged")
    shows("Docs/render.md", 1)


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


@claim("the job of the documents passes a branch that opens nothing, and stops one that does")
def pipeline():
    job = re.search(r"^```sh\n(#!/bin/sh\n.*?)^```", text("Docs/ci.md"), re.M | re.S).group(1)
    place = f"{folder}/repository"
    os.mkdir(place)
    shutil.copy(f"{folder}/hello.py", place)
    before = example("yaml")

    def put(content):
        with open(f"{place}/desk.yaml", "w") as file:
            file.write(content)

    def ran(*words):
        return subprocess.run(
            words, cwd=place, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": f"{folder}:/usr/bin:/bin", "HOME": place,
                 "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c",
                 "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.c"})
    put(before)
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "first"]):
        done = ran("git", *words)
        expect(done.returncode == 0, f"git {words[0]}: {done.stderr}")
    write("segmentation.sh", job)
    done = ran("sh", f"{folder}/segmentation.sh", "desk.yaml", "main")
    expect(done.returncode == 0 and "no change" in done.stdout, done.stdout + done.stderr)

    put(before.replace("services:\n", "services:\n  spy: {zone: dmz, run: [/bin/true]}\n").replace(
        "flows: [", "flows: [{from: spy, to: hello.http, because: curious}, ").replace(
        "publish: {hello.http: \"127.0.0.1:8000\"}", "").replace(
        "{from: internet, to: hello.http, because: my browser asks it}", ""))
    done = ran("sh", f"{folder}/segmentation.sh", "desk.yaml", "main")
    expect(done.returncode == 1 and "spy -> hello: tcp 8000" in done.stdout,
           f"{done.returncode} {done.stdout}{done.stderr}")
    with open(f"{place}/reports/diff.sarif") as file:
        results = json.load(file)["runs"][0]["results"]
    rules = sorted(result["ruleId"] for result in results)
    expect(rules == ["diff-closed", "diff-opened"], rules)
    opened = next(result for result in results if result["ruleId"] == "diff-opened")
    physical = opened["locations"][0]["physicalLocation"]
    line = next(number for number, line in enumerate(open(f"{place}/desk.yaml"), 1)
                if "curious" in line)
    expect(physical["artifactLocation"]["uri"] == "desk.yaml"
           and physical["region"]["startLine"] == line, physical)
    with open(f"{place}/reports/check.sarif") as file:
        expect(json.load(file)["version"] == "2.1.0", "check.sarif")
    with open(f"{place}/reports/change.svg") as file:
        picture = file.read()
    expect("opened: spy to hello" in picture and "<script" not in picture, picture[:2000])


@claim("the picture of the documents is the one that draw prints")
def drawn():
    _, picture, _ = bulkhead("draw", f"{root}/Platforms/exchange.yaml", check=0)
    expect(picture == text("Docs/exchange.svg"), "Docs/exchange.svg is another one")


@claim("nothing is left")
def left():
    shutil.rmtree(folder)
    expect(settled(before, platform="mine"), difference(before, "mine"))


finish()
