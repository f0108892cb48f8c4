"""Capirca's (or Aerleon's) own search for shaded terms over one filter set.

The rules come on standard input as `facet dump` prints them, and become one policy, a term a rule.
Prints the number of terms that are called shaded and the milliseconds of the search, parsing
included, less those of parsing without it.
"""
import contextlib
import importlib
import io
import ipaddress
import logging
import sys
import time


def cover(low, high):
    return [str(net) for net in ipaddress.summarize_address_range(
        ipaddress.ip_address(low), ipaddress.ip_address(high))]


def main():
    package = sys.argv[1]
    naming = importlib.import_module(f"{package}.lib.naming")
    policy = importlib.import_module(f"{package}.lib.policy")
    names, networks, services, ports = {}, [], [], {}

    def network(low, high):
        key = (low, high)
        if key not in names:
            names[key] = f"N{len(names)}"
            networks.append(f"{names[key]} = " + "\n".join(cover(*key)))
        return names[key]

    def service(low, high):
        key = (low, high)
        if key not in ports:
            ports[key] = f"S{len(ports)}"
            services.append(f"{ports[key]} = {low}-{high}/tcp {low}-{high}/udp")
        return ports[key]

    terms = []
    for number, line in enumerate(sys.stdin):
        words = line.split()
        if words[0] != "rule":
            continue
        n = list(map(int, words[1:]))
        body = [f"source-address:: {network(n[0], n[1])}",
                f"destination-address:: {network(n[2], n[3])}"]
        name = {6: "tcp", 17: "udp"}.get(n[4]) if n[4] == n[5] else None
        narrow = (n[6], n[7]) != (0, 65535) or (n[8], n[9]) != (0, 65535)
        if name is None and (narrow or n[4] == n[5]):
            # What it has no words for is left out; so is what it would be compared with.
            continue
        if name:
            body.append(f"protocol:: {name}")
        if (n[6], n[7]) != (0, 65535):
            body.append(f"source-port:: {service(n[6], n[7])}")
        if (n[8], n[9]) != (0, 65535):
            body.append(f"destination-port:: {service(n[8], n[9])}")
        body.append("action:: accept")
        terms.append(f"term t{number} {{ {' '.join(body)} }}")
    text = "header { target:: demo test }\n" + "\n".join(terms)
    definitions = naming.Naming()
    definitions.ParseNetworkList("\n".join(networks).splitlines())
    definitions.ParseServiceList(services)

    records = io.StringIO()
    handler = logging.StreamHandler(records)
    logging.getLogger().addHandler(handler)
    with contextlib.suppress(ImportError):
        from absl import logging as absl
        absl.get_absl_logger().addHandler(handler)
    spent = []
    for check in (False, True):
        start = time.perf_counter()
        try:
            policy.ParsePolicy(text, definitions, shade_check=check)
        except policy.ShadingError as error:
            records.write(str(error))
        spent.append((time.perf_counter() - start) * 1000)
    shaded = {line.split()[0] for line in records.getvalue().splitlines() if " is shaded by " in line}
    print(len(terms), len(shaded), spent[1] - spent[0])


main()
