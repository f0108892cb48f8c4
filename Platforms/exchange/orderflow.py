#!/usr/bin/env python3
"""Prints a small synthetic order flow as CSV; `orderflow.csv` beside it is what this prints.

Three stocks, whose middles wander; orders rest around them, now and then one crosses. A few lines
refer to orders that were never told, as in a recording that began late.
"""
import random

STOCKS = {"ALFA": 100.0, "BRAVO": 42.5, "CHARLIE": 7.25}
MESSAGES = 1_500


def flow(chance):
    middles = dict(STOCKS)
    resting = {}
    number = 0
    for _ in range(MESSAGES):
        turn = chance.random()
        if turn < 0.01:
            yield f"delete,{chance.randrange(10**9, 2 * 10**9)},,,,,"
            continue
        if turn < 0.62 or len(resting) < 20:
            number += 1
            stock = chance.choice(sorted(STOCKS))
            middle = middles[stock] = middles[stock] * (1 + chance.uniform(-0.0005, 0.0005))
            side = chance.choice(("buy", "sell"))
            # One in twelve crosses the middle.
            away = chance.uniform(0.0005, 0.02) * (-1 if chance.random() < 1 / 12 else 1)
            price = middle * (1 - away if side == "buy" else 1 + away)
            shares = 100 * chance.randrange(1, 9)
            resting[number] = (price, shares)
            yield f"add,{number},{side},{shares},{stock},{price:.4f},"
            continue
        order = chance.choice(sorted(resting))
        price, shares = resting.pop(order)
        if turn < 0.82:
            yield f"delete,{order},,,,,"
        elif turn < 0.92:
            number += 1
            price *= 1 + chance.uniform(-0.002, 0.002)
            resting[number] = (price, shares)
            yield f"replace,{order},,{shares},,{price:.4f},{number}"
        elif turn < 0.97:
            resting[order] = (price, shares)
            yield f"execute,{order},,100,,,"
        else:
            yield f"reduce,{order},,100,,,"


print("# Synthetic, made by orderflow.py; Docs/exchange.md explains the columns.")
print("message,order,side,shares,stock,price,new")
for line in flow(random.Random(20_261_121)):
    print(line)
