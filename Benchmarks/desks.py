#!/usr/bin/env python3
"""Writes a platform file of a firm with many desks: `desks.py SERVICES [GUARANTEES]`.

Zones and services are those of Platforms/firm.yaml, once for each desk, with about three flows a
service and guarantees of every kind; the same words always give the same file.
"""
import sys

ZONES = {
    "dmz": ("10.16.0.0/16", 101), "application": ("10.32.0.0/16", 102),
    "data": ("10.48.0.0/16", 103), "wallet": ("10.64.0.0/16", 104),
    "cold": ("10.80.0.0/16", 105), "vault": ("10.96.0.0/16", 106),
}

# Name, zone, and ports of each service of a desk.
DESK = [
    ("egress-alpha", "dmz", {"orders": 7301, "prices": 7302}),
    ("egress-beta", "dmz", {"orders": 7301, "prices": 7302}),
    ("feed", "application", {"prices": 7101}),
    ("strategy", "application", {}),
    ("orders", "application", {"orders": 7102, "control": 7103}),
    ("risk", "application", {"checks": 7104}),
    ("treasury", "application", {}),
    ("positions", "data", {"sql": 5432}),
    ("hot-wallet", "wallet", {"transfers": 7401}),
    ("signer", "vault", {"sign": 7501}),
    ("keys", "vault", {"hsm": 2223}),
    ("secrets", "vault", {"read": 7502}),
]

# From, to, port, and which desk's: 0 is the own one, another number a neighbour.
FLOWS = [
    ("feed", "egress-alpha", "prices", 0), ("feed", "egress-beta", "prices", 0),
    ("feed", "egress-alpha", "prices", 1), ("feed", "egress-beta", "prices", 1),
    ("strategy", "feed", "prices", 0), ("strategy", "feed", "prices", 1),
    ("strategy", "feed", "prices", 2), ("strategy", "feed", "prices", 3),
    ("strategy", "orders", "orders", 0), ("strategy", "orders", "orders", 1),
    ("orders", "risk", "checks", 0), ("orders", "risk", "checks", 1),
    ("orders", "positions", "sql", 0),
    ("risk", "egress-alpha", "orders", 0), ("risk", "egress-beta", "orders", 0),
    ("risk", "egress-alpha", "orders", 1), ("risk", "egress-beta", "orders", 1),
    ("risk", "positions", "sql", 0), ("risk", "positions", "sql", 1),
    ("risk", "positions", "sql", 2), ("risk", "secrets", "read", 0),
    ("treasury", "positions", "sql", 0), ("treasury", "positions", "sql", 1),
    ("treasury", "positions", "sql", 2), ("treasury", "secrets", "read", 0),
    ("treasury", "hot-wallet", "transfers", 0), ("treasury", "hot-wallet", "transfers", 1),
    ("treasury", "hot-wallet", "transfers", 2), ("hot-wallet", "signer", "sign", 0),
    ("hot-wallet", "signer", "sign", 1), ("hot-wallet", "secrets", "read", 0),
    ("signer", "keys", "hsm", 0), ("signer", "keys", "hsm", 1), ("signer", "secrets", "read", 0),
    ("keys", "secrets", "read", 0),
]

GUARANTEES = [
    "{never: internet, reaches: dmz}", "{never: internet, reaches: application}",
    "{never: internet, reaches: data}", "{never: internet, reaches: vault}",
    "{never: office, reaches: wallet}", "{only: [office], reach: bastion}",
    "{must: office, reach: bastion.ssh}", "{only: [application, bastion], reach: orders-0.control}",
    "{never: dmz, reaches: data}", "{never: dmz, reaches: vault}",
    "{never: strategy-0, reaches: vault}", "{only: [risk-0, risk-1], reach: egress-alpha-1.orders}",
    "{only: [signer-0, signer-1], reach: keys-1.hsm}", "{must: strategy-0, reach: orders-0.orders}",
    "{must: signer-0, reach: keys-0.hsm}", "{contain: egress-beta-0, within: [clock], steps: 0}",
    "{contain: bastion, within: [application, dmz, data], steps: 1}",
    "{contain: strategy-0, within: [application, dmz, data, vault], steps: 2}",
]

EXPECT = [
    "strategy-0 can reach orders-0 on tcp/7102", "strategy-0 cannot reach orders-0 on tcp/7103",
    "bastion cannot reach positions-0 on tcp/5432", "hot-wallet-0 cannot reach keys-0 on tcp/2223",
]

LIMITS = "limits: {memory: 64MiB, processes: 16, files: 128, disk: 4MiB}"


def service(out, name, zone, ports, peers):
    out.append(f"  {name}:")
    out.append(f"    zone: {zone}")
    out.append(f"    run: [/usr/bin/python3.11, -B, -E, -s, /app/stand-in.py, {name}]")
    if ports:
        out.append("    ports: {" + ", ".join(f"{port}: {at}" for port, at in ports.items()) + "}")
    words = []
    if ports:
        listen = " ".join("${address}:${port.%s}" % port for port in ports)
        words.append(f'LISTEN: "{listen}"')
    if peers:
        dial = " ".join("${%s.address}:${%s.port.%s}" % (to, to, port) for to, port in peers)
        words.append(f'PEERS: "{dial}"')
    if words:
        out.append("    environment: {" + ", ".join(words) + "}")
    out.append("    files: [/usr/lib/python3.11, "
               "{source: /usr/bin/env, target: /app/stand-in.py}]")
    out.append(f"    {LIMITS}")


def platform(services, guarantees=True):
    # The bastion and the clock stand beside the desks.
    desks = max(4, -(-(services - 2) // len(DESK)))
    names = [(f"{name}-{desk}", zone, ports) for desk in range(desks) for name, zone, ports in DESK]
    names = names[:max(services - 2, 4 * len(DESK))]
    there = {name for name, _, _ in names}
    flows = [("office", "bastion", "ssh"), ("bastion", "orders-0", "control")]
    flows += [(zone, "clock", "ntp") for zone in ("dmz", "application", "data", "wallet", "vault")]
    for desk in range(desks):
        for source, target, port, step in FLOWS:
            ends = f"{source}-{desk}", f"{target}-{(desk + step) % desks}"
            if there.issuperset(ends):
                flows.append((*ends, port))
    peers = {}
    for source, target, port in flows:
        peers.setdefault(source, []).append((target, port))
    out = ["platform: desks", "office: [192.0.2.0/24]", "", "zones:"]
    out += [f"  {zone}: {{network: {net}, vlan: {tag}}}" for zone, (net, tag) in ZONES.items()]
    out += ["", "services:"]
    service(out, "bastion", "dmz", {"ssh": "tcp/22"}, peers["bastion"])
    service(out, "clock", "application", {"ntp": "udp/123"}, [])
    for name, zone, ports in names:
        service(out, name, zone, {port: f"tcp/{at}" for port, at in ports.items()},
                peers.get(name, []))
    out += ["", "flows:"]
    out += [f"  - {{from: {source}, to: {target}.{port}, because: {source} asks {target}, "
            "owner: trading}" for source, target, port in flows]
    if guarantees:
        out += ["", "guarantees:"] + [f"  - {line}" for line in GUARANTEES]
        out += ["", "expect:"] + [f"  - {line}" for line in EXPECT]
    out += ["", 'publish: {bastion.ssh: "127.0.0.1:2222"}', ""]
    return "\n".join(out)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not sys.argv[1].isdigit():
        sys.exit("desks: name the number of services, and `none` for no guarantees")
    sys.stdout.write(platform(int(sys.argv[1]), sys.argv[2:] != ["none"]))
