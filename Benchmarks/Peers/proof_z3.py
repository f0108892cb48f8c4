"""The questions of Benchmarks/proof asked of Z3, in fixed-width bit vectors over sliced rules.

Rules come on standard input as `facet dump` prints them. Z3 is handed only the rules that touch a
question, and the time to find those is not counted: what is left is what a solver must do.
`zones N` decides N questions evenly taken, `diff N` finds a packet of N turned rules or none,
`dead N` decides N rules whether earlier ones hold them. Prints the numbers and the milliseconds.
"""
import sys
import time

import z3

BITS = [32, 32, 8, 16, 16]
FIELDS = [z3.BitVec(name, bits) for name, bits in zip(
    ["source", "destination", "protocol", "sport", "dport"], BITS)]


def read():
    rules, questions = [], []
    for line in sys.stdin:
        words = line.split()
        numbers = list(map(int, words[1:]))
        box = [(numbers[2 * at], numbers[2 * at + 1]) for at in range(5)]
        if words[0] == "rule":
            rules.append((box, numbers[10] == 1))
        else:
            questions.append(box)
    return rules, questions


def touches(one, other):
    return all(a <= d and c <= b for (a, b), (c, d) in zip(one, other))


def inside(box):
    terms = []
    for field, bits, (low, high) in zip(FIELDS, BITS, box):
        if low == high:
            terms.append(field == low)
            continue
        if low > 0:
            terms.append(z3.UGE(field, low))
        if high < (1 << bits) - 1:
            terms.append(z3.ULE(field, high))
    return z3.And(terms) if terms else z3.BoolVal(True)


def allowed(rules):
    """What the list allows, from the last rule to the first; nothing where no rule decides."""
    formula = z3.BoolVal(False)
    for box, allow in reversed(rules):
        formula = z3.Or(inside(box), formula) if allow else z3.And(z3.Not(inside(box)), formula)
    return formula


def decide(*formulas):
    solver = z3.SolverFor("QF_BV")
    solver.set("timeout", 60_000)
    solver.add(*formulas)
    return str(solver.check())


def main():
    what, count = sys.argv[1], int(sys.argv[2])
    rules, questions = read()
    found = {"sat": 0, "unsat": 0, "unknown": 0}
    spent = 0.0
    if what == "zones":
        for question in questions[::max(1, len(questions) // count)][:count]:
            near = [rule for rule in rules if touches(rule[0], question)]
            start = time.perf_counter()
            found[decide(inside(question), allowed(near))] += 1
            spent += time.perf_counter() - start
    else:
        step = max(1, len(rules) // count)
        for number in range(step // 2, len(rules), step)[:count]:
            box = rules[number][0]
            near = [rule[0] for rule in rules[:number] if touches(rule[0], box)]
            start = time.perf_counter()
            # A packet that comes to the rule: it changes when the rule is turned, and without
            # one the rule is dead.
            found[decide(inside(box), *[z3.Not(inside(other)) for other in near])] += 1
            spent += time.perf_counter() - start
    print(found["sat"], found["unsat"], found["unknown"], spent * 1000)


main()
