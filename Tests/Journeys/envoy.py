#!/usr/bin/env python3
"""The drill's envoys on the exchange: owned services lie to their neighbours, and are not believed."""
import json

from journey import *

EXCHANGE = os.path.join(os.path.dirname(PROGRAM), "Platforms", "exchange.yaml")
before = host("exchange")
report = {}

PASSAGES = ["gateway", "api", "identity", "orders", "risk", "matching"]
# Who must be stopped at what: everybody else has no such word to say.
WANTED = {
    "pass.no-flow": PASSAGES + ["marketdata", "ledger"],
    **{f"pass.{name}": PASSAGES for name in (
        "plaintext", "anonymous", "forged-certificate", "stolen-certificate", "oversize",
        "malformed", "state", "unasked", "kind", "garbage")},
    **{f"trust.{name}": PASSAGES for name in ("anonymous", "self-made", "expired", "outlived")},
    "order.altered": ["gateway"], "order.repeated": ["gateway"],
    **{f"order.{name}": ["api"] for name in (
        "forged-voucher", "other-account", "edited-payload", "replayed-voucher", "raised-scope",
        "other-kind")},
    "book.below-zero": ["orders"], "book.from-nothing": ["orders"],
    "book.false-hold": ["risk"], "book.false-release": ["risk"],
    "book.false-trade": ["matching"], "book.stolen-trade": ["matching"],
    **{f"fill.{name}": ["matching"] for name in (
        "unknown-order", "beyond-quantity", "outside-limit", "repeated")},
}


def cells(document):
    return {(c["name"], cell["id"]): cell
            for c in document["compartments"] for cell in c["cells"]}


@claim("every lie that an owned service of the exchange can tell is stopped, beside an honest way")
def whole():
    code, text, errors = bulkhead(
        "drill", "breach", EXCHANGE, "--json", "--only", "pass", "--only", "trust", "--only",
        "order", "--only", "book", "--only", "fill", timeout=900)
    expect(text, (code, errors))
    document = json.loads(text)
    found = {key: cell for key, cell in cells(document).items()
             if cell["state"] not in ("stopped", "inapplicable")}
    report.update(document)
    expect(code == 0 and report["passed"] and not found,
           (code, found, report["troubles"], errors[-500:]))
    expect(all(t["open"] == "works" and t["openDetail"] for t in report["techniques"]),
           [t for t in report["techniques"] if t["open"] != "works"])


@claim("each is stopped in the place of exactly those who have the words for it")
def where():
    for id, services in WANTED.items():
        seen = [name for (name, one), cell in cells(report).items()
                if one == id and cell["state"] == "stopped"]
        expect(sorted(seen) == sorted(services), (id, seen))
    expect({t["id"] for t in report["techniques"]} == set(WANTED), report["techniques"])


@claim("each is on record in the trail of the service that stopped it, in the layer it attacked")
def recorded():
    for (name, id), cell in cells(report).items():
        if cell["state"] != "stopped" or id == "pass.no-flow":
            continue
        expect(cell["record"] and cell["decidedBy"] == "record", (name, id, cell))
        layer = "data" if id.startswith("book.") else "application"
        expect(cell["layer"] == layer, (name, id, cell))


@claim("while the authority is away who begins anew has no certificate, and orders are refused")
def away():
    for (name, id), cell in cells(report).items():
        if not id.startswith("trust.") or cell["state"] != "stopped":
            continue
        expect(cell["layer"] == "application" and cell["by"] == ["certificate"], (name, id, cell))
    said = {t["id"]: t["openDetail"] for t in report["techniques"] if t["id"].startswith("trust.")}
    expect(len(said) == 4, said)
    for id, detail in said.items():
        expect("begins anew and gets no certificate" in detail, (id, detail))
        expect("orders get 503" in detail or "nobody is answered" in detail, (id, detail))
    for id in ("trust.self-made", "trust.expired", "trust.outlived"):
        expect("welcomes the same key under the authority's root" in said[id], (id, said[id]))


@claim("without the walls of the network only the name at its address stops a dial without a flow")
def ablation():
    code, text, errors = bulkhead(
        "drill", "breach", EXCHANGE, "--json", "--only", "pass.no-flow", "--without", "fabric",
        "--without", "host", "--without", "landlock", timeout=600)
    document = json.loads(text)
    expect(code == 0 and not document["ablation"]["differences"], (code, document, errors))
    for service in PASSAGES + ["marketdata", "ledger"]:
        role = cells(document)[(service, "pass.no-flow")]
        expect(role["state"] == "stopped" and role["by"] == ["name"], (service, role))


@claim("the copies are gone, and nothing is left")
def nothing():
    expect(settled(before, platform="exchange"), difference(before, "exchange"))
    expect(not os.path.exists("/var/lib/bulkhead/drills"), "their state is still there")


finish()
