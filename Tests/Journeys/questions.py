#!/usr/bin/env python3
"""Every question about a plan: each verb on each platform file and on each format that is imported,
for people and as JSON; and what is malformed is refused with its place. Nothing is started.
"""
import glob
import json
import os
import re
import shlex
import subprocess
import tempfile

from journey import *

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
folder = tempfile.mkdtemp(prefix="journey-questions-", dir="/var/tmp")
os.chmod(folder, 0o755)
os.symlink(PROGRAM, f"{folder}/bulkhead")
PLATFORMS = [f"{root}/Platforms/{name}.yaml" for name in ("exchange", "first", "firm")]
EXERCISES = sorted(glob.glob(f"{root}/Platforms/exercises/*/*.yaml"))


def write(name, content):
    path = f"{folder}/{name}"
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(path, "w") as file:
        file.write(content if isinstance(content, str) else json.dumps(content, indent=2))
    os.chmod(path, 0o644)
    return path


def page(name):
    with open(f"{root}/Docs/{name}") as file:
        return file.read()


def quiet(errors):
    """Standard error holds what the answer leaves open, and nothing else."""
    rest = [line for line in errors.splitlines()
            if not re.search(r": (warning|note): |^proved: ", line)]
    expect(not rest, f"on standard error: {rest[:5]}")


def said(*words, code):
    """What is printed for people: something, and no error beside it."""
    _, text, errors = bulkhead(*words, check=code)
    expect(text.strip(), f"`{' '.join(words)}` prints nothing")
    quiet(errors)
    return text


def told(*words, code, keys=None, list_of=None):
    """The document of `--json`: one, with these keys at its top."""
    _, text, errors = bulkhead(*words, "--json", check=code)
    quiet(errors)
    document = json.loads(text)
    if list_of is not None:
        expect(isinstance(document, list), f"`{' '.join(words)}` is no list")
        for one in document:
            expect(set(list_of) <= set(one), f"`{' '.join(words)}`: {one}")
    else:
        expect(set(document) == set(keys), f"`{' '.join(words)}` has {sorted(document)}")
    return document


def opened(path):
    with open(path) as file:
        return re.sub(r"expires: \d{4}", "expires: 2999", file.read())


def services(path):
    """Names under `services:`."""
    with open(path) as file:
        block = re.search(r"^services:\n(.*?)^\w", file.read(), re.M | re.S).group(1)
    return re.findall(r"^  ([a-z0-9-]+):", block, re.M)


def forms():
    """What `render` names itself."""
    errors = bulkhead("render", PLATFORMS[0], check=2)[2]
    return re.search(r"one of ([a-z-]+(?:, [a-z-]+)*)", errors).group(1).split(", ")


def listed_formats():
    errors = bulkhead("reach", "--from-format", "qqqqqqq", PLATFORMS[0], check=2)[2]
    return re.search(r"one of ([a-z-]+(?:, [a-z-]+)*)", errors).group(1).split(", ")


def security_group(name, port=None, source=None, world=False):
    """One group and its rules, as resources of their own."""
    address = f"aws_security_group.{name}"
    changes = [{
        "address": address, "mode": "managed", "type": "aws_security_group", "name": name,
        "change": {"actions": ["create"], "before": None, "after": {"name": name},
                   "after_unknown": {"id": True, "ingress": True, "egress": True}}}]
    written = [{"address": address, "mode": "managed",
                "expressions": {"name": {"constant_value": name}}}]

    def rule(kind, suffix, after, expressions):
        where = f"aws_vpc_security_group_{kind}_rule.{name}_{suffix}"
        changes.append({
            "address": where, "mode": "managed", "type": f"aws_vpc_security_group_{kind}_rule",
            "name": f"{name}_{suffix}",
            "change": {"actions": ["create"], "before": None, "after": after,
                       "after_unknown": {"security_group_id": True, **{
                           key: True for key in expressions if key != "cidr_ipv4"}}}})
        written.append({"address": where, "mode": "managed", "expressions": {
            "security_group_id": {"references": [f"{address}.id", address]}, **expressions}})
    rule("egress", "out", {"ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"},
         {"cidr_ipv4": {"constant_value": "0.0.0.0/0"}})
    if port:
        after = {"ip_protocol": "tcp", "from_port": port, "to_port": port,
                 "description": f"{name} is asked on {port}"}
        if world:
            rule("ingress", "in", {**after, "cidr_ipv4": "0.0.0.0/0"},
                 {"cidr_ipv4": {"constant_value": "0.0.0.0/0"}})
        else:
            other = f"aws_security_group.{source}"
            rule("ingress", "in", after, {
                "referenced_security_group_id": {"references": [f"{other}.id", other]}})
    return changes, written


def plan(count, wide=()):
    """Services in a row, each asked by the one before it; wide ones are open to the world."""
    changes, written = [], []
    for number in range(count):
        more = security_group(
            f"s{number}", 443 if number == 0 else 8000 + number, f"s{number - 1}",
            world=number == 0 or number in wide)
        changes += more[0]
        written += more[1]
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes,
            "configuration": {"root_module": {"resources": written, "module_calls": {}}}}


def groups(world):
    ranges = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]} if world else {
        "UserIdGroupPairs": [{"GroupId": "sg-0lb"}]}
    out = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    return {"SecurityGroups": [
        {"GroupId": "sg-0lb", "GroupName": "front", "VpcId": "vpc-1", "IpPermissionsEgress": out,
         "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                            "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]},
        {"GroupId": "sg-0db", "GroupName": "database", "VpcId": "vpc-1",
         "IpPermissionsEgress": out,
         "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, **ranges}]}]}


def machine(extra=""):
    return re.search(r"^```nft\n(.*?)^```", page("packet-filters.md"), re.M | re.S).group(1) \
        .replace('iifname "lo" accept', 'iifname "lo" accept' + extra)


def manifests(port):
    def pod(name, labels):
        return (f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, "
                f"labels: {{app: {labels}}}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n")
    return "---\n".join([
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", pod("web", "web"),
        pod("db", "db"),
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        "metadata: {name: db, namespace: shop}\nspec:\n  podSelector: {matchLabels: {app: db}}\n"
        "  policyTypes: [Ingress]\n  ingress:\n"
        "    - from: [{podSelector: {matchLabels: {app: web}}}]\n"
        f"      ports: [{{protocol: TCP, port: {port}}}]\n"])


def listed(rules):
    """What `nft -j list ruleset` prints of rules, from a network of nobody's."""
    done = subprocess.run(
        ["unshare", "-n", "bash", "-c", f"nft -f {shlex.quote(rules)} && nft -j list ruleset"],
        capture_output=True, text=True)
    expect(done.returncode == 0, done.stderr)
    return done.stdout


def dump(open_port):
    return ("*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
            "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n"
            "-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT\n"
            + (f"-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport {open_port} -j ACCEPT\n"
               if open_port else "") + "COMMIT\n")


known = []


def imports():
    """Each format with a good file and one that opens more."""
    if known:
        return known
    more = '\n        iifname "lan0" tcp dport 8443 accept'
    good, bad = write("m/router.nft", machine()), write("m/wider.nft", machine(more))
    known.extend([
        ("nftables", good, bad),
        ("nftables-json", write("m/router.json", listed(good)), write("m/wider.json", listed(bad))),
        ("iptables-save", write("m/rules.v4", dump(0)), write("m/wider.v4", dump(8443))),
        ("terraform-plan", write("t/plan.json", plan(4)), write("t/wider.json", plan(4, [2]))),
        ("aws-security-groups", write("a/groups.json", groups(False)),
         write("b/groups.json", groups(True))),
        ("kubernetes", write("k/shop.yaml", manifests(5432)),
         write("l/shop.yaml", manifests(5432).replace("      ports:", "    - from: []\n      ports:"))),
    ])
    return known


CHECK = ["file", "platform", "good", "findings", "guarantees", "expired", "mutation"]
REACH = ["platform", "from", "to", "reach", "missing"]
BLAST = ["platform", "owned", "reached"]
DIFF = ["old", "new", "opened", "closed"]
DRIFT = ["clean", "endpoints", "differences", "not_imported", "not_planned"]
RENDER = ["file", "format", "files", "proof", "findings"]
HOP = ["source", "destination", "protocol", "ports", "certain"]
# Findings and guarantees that do not hold are what the first state of an exercise is for.
BROKEN = {path: 1 for path in EXERCISES if path.endswith("start.yaml")}
# A file with errors is not asked further: those of the exercise without its flow that expired.
WHOLE = PLATFORMS + [write(f"whole-{os.path.basename(path)}", opened(path)) for path in EXERCISES]


@claim("check and its review answer for every platform file, with and without JSON and SARIF")
def check():
    for path in PLATFORMS + EXERCISES:
        code = BROKEN.get(path, 0)
        said("check", path, code=code)
        found = told("check", path, code=code, keys=CHECK)
        # What has errors in itself is not asked what it promises.
        isWhole = all(one["severity"] != "error" for one in found["findings"])
        expect(found["good"] == (code == 0) and bool(found["guarantees"]) == isWhole, path)
        for one in found["guarantees"]:
            expect({"guarantee", "line", "verdict", "why", "path", "layers"} <= set(one), one)
        said("check", path, "--pack", "capital-minimum", code=bulkhead(
            "check", path, "--pack", "capital-minimum", "--json")[0])
        log = json.loads(bulkhead("check", path, "--sarif", check=code)[1])
        expect(log["version"] == "2.1.0", path)
    expect(len(EXERCISES) >= 2 and BROKEN, EXERCISES)


@claim("reach answers as a matrix, from, to and for a pair, which fails when nothing leads there")
def reach():
    for path in WHOLE:
        names = services(path)
        said("reach", path, code=0)
        hops = told("reach", path, code=0, keys=REACH)["reach"]
        expect(hops, path)
        joined = {(hop["from"], hop["to"]) for hop in hops}
        for name in names:
            from_it = told("reach", path, "--from", name, code=0, keys=REACH)["reach"]
            expect({hop["from"] for hop in from_it} <= {name}, from_it)
        (source, target) = sorted(pair for pair in joined if pair[0] in names)[0]
        said("reach", path, "--from", source, "--to", target, code=0)
        told("reach", path, "--to", target, code=0, keys=REACH)
        away = next((a, b) for a in names for b in names if a != b and (a, b) not in joined)
        said("reach", path, "--from", away[0], "--to", away[1], code=1)
        why = told("reach", path, "--from", away[0], "--to", away[1], code=1, keys=REACH)["missing"]
        expect({"flow", "forbidden", "detour", "callers"} == set(why), why)


@claim("blast answers for every service, and more steps reach no less")
def blast():
    for path in WHOLE:
        names = services(path)
        said("blast", path, names[0], code=0)
        for name in names:
            near = told("blast", path, name, code=0, keys=BLAST)["reached"]
            far = told("blast", path, name, "--steps", "3", code=0, keys=BLAST)["reached"]
            expect({one["service"] for one in near} <= {one["service"] for one in far}, name)
            expect(all(one["cut"] and one["path"] for one in far), far)


@claim("the example about blast is what the program prints")
def example():
    shown = re.search(r"^```\n\$ bulkhead (blast .*?)\n(.*?)^  …\n```", page("segmentation.md"),
                      re.M | re.S)
    words = shown.group(1).replace("exchange.yaml", PLATFORMS[0]).split()
    text = said(*words, code=0)
    expect(text.startswith(shown.group(2)), text)


@claim("diff says nothing of the same file, and what an exercise's solution opens and closes")
def diff():
    for path in WHOLE:
        expect("no change" in said("diff", path, path, code=0), path)
    start, solution = [next(p for p in WHOLE if p.endswith(name))
                       for name in ("start.yaml", "solution.yaml")]
    text = said("diff", solution, start, code=1)
    expect("opened" in text, text)
    document = told("diff", solution, start, code=1, keys=json.loads(
        bulkhead("diff", solution, solution, "--json", check=0)[1]))
    expect(document["opened"] if "opened" in document else document, document)
    log = json.loads(bulkhead("diff", solution, start, "--sarif", check=1)[1])
    expect(log["runs"][0]["results"], log)


@claim("draw makes a picture of every file, of a change, and of every format")
def draw():
    for path in WHOLE:
        picture = said("draw", path, code=0)
        expect(picture.startswith("<svg") and "<script" not in picture, picture[:200])
        expect(told("draw", path, code=0, keys=["file", "svg"])["svg"].strip() == picture.strip(),
               path)
    said("draw", PLATFORMS[0], "--diff", PLATFORMS[0], code=0)
    for name, good, bad in imports():
        for words in ([good], [bad, "--diff", good]):
            picture = said("draw", *words, "--from-format", name, code=0)
            expect(picture.startswith("<svg"), f"{name}: {picture[:200]}")
        told("draw", good, "--from-format", name, code=0, keys=["file", "svg"])


@claim("render writes every file in every form, and the readers of those forms read it back")
def render():
    for path in WHOLE:
        for form in forms():
            words = ["render", path, "--to", form]
            if form == "systemd-networkd":
                words += ["--trunk", "eth1"]
                errors = bulkhead(*words)[2]
                if "[no-vlan]" in errors or "[shared-vlan]" in errors:
                    bulkhead(*words, check=1)
                    continue
            text = said(*words, code=0)
            document = told(*words, code=0, keys=RENDER)
            expect(document["proof"] and document["files"], f"{path} {form}")
            expect(all(file["text"].strip() in text for file in document["files"]), form)
            if form in ("nftables", "iptables-save"):
                rules = write(f"rendered.{form}", text)
                told("reach", "--from-format", form, rules, code=0, list_of=HOP)


@claim("reach, check, diff and drift answer for every format that is imported")
def imported():
    named = listed_formats()
    expect(sorted(named) == sorted(name for name, *_ in imports()), named)
    for name, good, bad in imports():
        flag = ["--from-format", name]
        expect("connected pair" in said("reach", *flag, good, code=0), name)
        hops = told("reach", *flag, good, code=0, list_of=HOP)
        expect(hops, f"{name}: nobody reaches anybody")
        one = hops[0]
        told("reach", *flag, good, "--from", one["source"], "--to", one["destination"], code=0,
             list_of=HOP)
        code = bulkhead("check", *flag, good)[0]
        expect(code in (0, 1), f"{name}: {code}")
        said("check", *flag, good, code=code)
        found = told("check", *flag, good, code=code,
                     keys=["format", "files", "good", "summary", "findings"])
        expect(found["summary"] and found["good"] == (code == 0), found)
        json.loads(bulkhead("check", *flag, good, "--sarif", check=code)[1])
        same = told("diff", *flag, good, good, code=0, keys=json.loads(
            bulkhead("diff", *flag, good, good, "--json", check=0)[1]))
        expect("no change" in said("diff", *flag, good, good, code=0), same)
        expect("opened" in said("diff", *flag, good, bad, code=1), name)
        expect("closed" in said("diff", *flag, bad, good, code=0), name)
        said("diff", *flag, bad, good, "--strict", code=1)
        json.loads(bulkhead("diff", *flag, good, bad, "--sarif", check=1)[1])
        words = ["drift", PLATFORMS[0], *flag, good]
        code = bulkhead(*words)[0]
        expect(code in (0, 1), f"{name}: {bulkhead(*words)}")
        said(*words, code=code)
        told(*words, code=code, keys=DRIFT)


@claim("the questions of the README are answered as they stand there")
def readme():
    with open(f"{root}/README.md") as file:
        block = re.search(r"^## Only asking\n.*?^```\n(.*?)^```", file.read(), re.M | re.S).group(1)
    os.symlink(f"{root}/Platforms", f"{folder}/Platforms")
    inputs = {"terraform": plan(4), "nft": machine()}
    lines = block.splitlines()
    for line in lines:
        left, _, right = line.rpartition(" | ")
        given = inputs[left.split()[0]] if left else ""
        done = subprocess.run(
            ["bash", "-c", right], cwd=folder, capture_output=True, text=True, timeout=60,
            input=given if isinstance(given, str) else json.dumps(given))
        # The gateway does not reach the ledger.
        expect(done.returncode == (1 if "--to ledger" in line else 0),
               f"`{line}` exited {done.returncode}: {done.stdout}{done.stderr}")
    for name in ("firm.svg", "firm.nft"):
        expect(os.path.getsize(f"{folder}/{name}") > 1_000, name)
    expect(len(lines) >= 8, f"only {len(lines)} questions")


@claim("what is found in a folder names the file that it is in")
def folders():
    imports()
    write("both/groups.json", groups(True))
    write("both/network-interfaces.json", {"NetworkInterfaces": [{
        "NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "SubnetId": "subnet-a",
        "Attachment": {"InstanceId": "i-db"}, "Groups": [{"GroupId": "sg-0db"}],
        "PrivateIpAddress": "10.0.1.10"}]})
    for name, path, file, count in (
            ("aws-security-groups", "b", "groups.json", 1),
            ("aws-security-groups", "both", "groups.json", 2), ("kubernetes", "k", "shop.yaml", 1)):
        words = ["check", "--from-format", name, f"{folder}/{path}"]
        found = json.loads(bulkhead(*words, "--json")[1])["findings"]
        expect({one["file"] for one in found} == {f"{folder}/{path}/{file}"}, found)
        expect(len(found) == count, found)
        for line in bulkhead(*words)[1].splitlines()[:count]:
            expect(line.startswith(f"{folder}/{path}/{file}:"), line)
    text = said("diff", "--from-format", "aws-security-groups", f"{folder}/a", f"{folder}/b", code=1)
    expect(f"{folder}/b/groups.json:" in text, text)


# What is malformed, and the line at which it is.
MALFORMED = {
    "platform": ("platform: x\nzones: {dmz: {network: 10.1.0.0/24}\nservices: [\n", None),
    "nftables": ("table ip x {\n    chain y {\n        tcp dport { 22 accept\n", None),
    "nftables-json": ('{"nftables": [\n  {"table": {"family": "ip", "name": 7}}\n', None),
    "iptables-save": ("*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -j ACCEPT\n", 3),
    "terraform-plan": ('{"format_version": "1.2",\n "resource_changes": [}\n', 2),
    "aws-security-groups": ('{"SecurityGroups": [\n  {"GroupId": }]}\n', 2),
    "kubernetes": ("apiVersion: v1\nkind: Pod\nmetadata: {name: [}\n", 3),
}


@claim("what is malformed, empty, binary or not there is refused with its place, by every verb")
def malformed():
    for name, (text, line) in MALFORMED.items():
        flag = [] if name == "platform" else ["--from-format", name]
        ending = {"platform": ".yaml", "kubernetes": ".yaml", "nftables": ".nft",
                  "iptables-save": ".v4"}.get(name, ".json")
        bad = write(f"bad/{name}{ending}", text)
        hostile = [write(f"bad/empty{ending}", ""), write(f"bad/nul{ending}", "\0\0\0"),
                   write(f"bad/deep{ending}", "[" * 100_000),
                   write(f"bad/long{ending}", "a" * 1_000_000), f"{folder}/bad/none{ending}"]
        for path in [bad] + hostile:
            verbs = [["check", *flag, path], ["reach", *flag, path], ["diff", *flag, path, path],
                     ["draw", *flag, path]]
            if name == "platform":
                verbs += [["blast", path, "x"]] + [["render", path, "--to", f] for f in forms()]
            else:
                verbs += [["drift", PLATFORMS[0], *flag, path]]
            for words in verbs:
                for more in ([], ["--json"]):
                    code, text, errors = bulkhead(*words, *more)
                    # An empty list of rules is one; what is no manifest is named and left out.
                    if code == 0 and (path == hostile[0] or "not-manifest" in text + errors):
                        continue
                    expect(code in (1, 2), f"{words} {more}: {code} {text[:300]}{errors[:300]}")
                    if path != bad:
                        continue
                    place = rf"{re.escape(path)}:{line or '[0-9]+'}:[0-9]+: error"
                    shown = text if not more else "".join(
                        f"{path}:{one['line']}:{one['column']}: {one['severity']}\n"
                        for one in json.loads(text)["findings"]) if words[0] == "check" else ""
                    expect(re.search(place, shown + errors), f"{words} {more}: {text}{errors}")


@claim("a Terraform plan of thousands of lines is checked by the one command of its page")
def terraform():
    line = next(line for line in page("clouds.md").splitlines()
                if line.startswith("bulkhead check --from-format terraform-plan"))
    command = line.split("#")[0].strip()

    def ran():
        return subprocess.run(
            ["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=60,
            env={**os.environ, "PATH": f"{folder}:/usr/bin:/bin"})
    with open(write("plan.json", plan(40))) as file:
        expect(len(file.readlines()) >= 2_000, "too short")
    done = ran()
    expect(done.returncode == 0 and "40 security groups" in done.stdout, done.stdout + done.stderr)
    path = write("plan.json", plan(40, [33]))
    done = ran()
    place = re.search(r"^plan\.json:(\d+):\d+: error: .*s33_in.*\[open-to-world\]$", done.stdout, re.M)
    expect(done.returncode == 1 and place, done.stdout + done.stderr)
    with open(path) as file:
        near = file.read().splitlines()[int(place.group(1)) - 1:][:30]
    expect(any("s33_in" in one for one in near), near)


finish()
