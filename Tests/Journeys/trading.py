"""What journeys of the exchange share: a client, a load that is paused and reconciled, a leak."""
import hashlib
import hmac
import http.client
import json
import os
import random
import socket
import ssl
import subprocess
import sys
import threading
import time
from decimal import Decimal

from journey import Broken, bulkhead, eventually, expect

PLACE = ("127.0.0.1", 8443)
UNIT = 100_000_000


def milliseconds():
    return time.time_ns() // 1_000_000


def coins(amount):
    """An amount in the smallest units of its currency; all of the listing have eight digits."""
    return int(Decimal(str(amount)) * UNIT)


def fee(value, rate):
    """In hundred thousandths, rounded up for the venue."""
    return -(-value * rate // 100_000)


def venue():
    return json.loads(bulkhead("venue", "--json")[1])


def is_open():
    return venue()["state"] == "open"


def booked():
    """The venue's state once the ledger has everything that was journaled."""
    state = eventually(lambda: (lambda now: now if now["state"] == "open"
                                and now["journaled"] == now["answered"] == now["booked"]
                                else None)(venue()))
    if not state:
        raise Broken(f"the ledger does not catch up: {venue()}")
    return state


def trail(name):
    return bulkhead("trail", "show", name, check=0)[1]


def processes(name):
    """A compartment's jail and its program."""
    parents, jail = {}, None
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            with open(f"/proc/{pid}/stat") as file:
                parents[int(pid)] = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if words[:2] == [b"bulkhead-jail", name.encode()]:
            jail = int(pid)
    program = [pid for pid, parent in parents.items() if parent == jail]
    if jail is None or len(program) != 1:
        raise Broken(f"{name} is not one jail and one program: {jail} {program}")
    return [jail, *program]


def order_text(name, side, price, quantity, symbol="BTC-USD"):
    return json.dumps({"clientOrderId": name, "symbol": symbol, "side": side, "type": "limit",
                       "price": price, "quantity": quantity}).encode()


def book(front, symbol="BTC-USD"):
    """Bids and asks: price, quantity and orders of each level."""
    answer = Line(front).ask("GET", f"/v1/book/{symbol}")[1]
    return tuple([(one["price"], coins(one["quantity"]), one["orders"]) for one in answer[side]]
                 for side in ("bids", "asks"))


class Front:
    """The front door, and the root under which it is found."""

    def __init__(self, root):
        self.trust(root)

    def trust(self, root):
        self.context = ssl.create_default_context(cadata=root)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3


class Line:
    """One kept connection; it is opened again when it was lost."""

    def __init__(self, front, trusted=True):
        self.front, self.trusted, self.connection = front, trusted, None

    def send(self, method, target, body=b"", fields=None):
        """Status and document; raises what a lost connection raises."""
        if self.connection is None:
            context = self.front.context if self.trusted else ssl.create_default_context()
            self.connection = http.client.HTTPSConnection(*PLACE, context=context, timeout=60)
        try:
            self.connection.request(method, target, body or None, fields or {})
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise
        return answer.status, json.loads(content)

    def ask(self, method, target):
        return self.send(method, target)


class Raw:
    """A TLS connection without any manners."""

    def __init__(self, front):
        self.socket = front.context.wrap_socket(
            socket.create_connection(PLACE, timeout=60), server_hostname=PLACE[0])

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # It was refused before it was whole.

    def end(self, data):
        self.send(data)
        self.socket.close()

    def all(self):
        heard = b""
        try:
            while more := self.socket.recv(65_536):
                heard += more
        except OSError:
            pass
        self.socket.close()
        return heard


class Account:
    """An account, opened and funded by the operators' channel, and one key of it."""

    def __init__(self, front, number=None, allow=None, scopes="read,trade", **funds):
        if number is None:
            opened = bulkhead("account", "open", "--json", check=0)[1]
            number = json.loads(opened)["accounts"][0]
        self.number, self.funds, self.stamp = number, funds, 0
        for currency, amount in funds.items():
            bulkhead("account", "fund", str(number), currency, str(amount), check=0)
        words = ["--allow", allow] if allow else []
        made = bulkhead("key", "create", str(number), "--scopes", scopes, "--json", *words,
                        check=0)[1]
        self.key, secret = (json.loads(made)[name] for name in ("key", "secret"))
        self.secret = bytes.fromhex(secret)
        self.line = Line(front)

    def signed(self, method, target, body, stamp=None):
        # The same request signed in the same millisecond is a replay.
        if stamp is None:
            stamp = self.stamp = max(self.stamp + 1, milliseconds())
        text = f"{stamp}\n5000\n{method}\n{target}\n".encode() + body
        return {"BULKHEAD-KEY": self.key, "BULKHEAD-TIMESTAMP": str(stamp),
                "BULKHEAD-SIGNATURE": hmac.new(self.secret, text, hashlib.sha256).hexdigest()}

    def ask(self, method, target, body=b""):
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        return self.line.send(method, target, body, self.signed(method, target, body))

    def place(self, name, side, price, quantity):
        return self.ask("POST", "/v1/orders", order_text(name, side, price, quantity))

    def find(self, name):
        return self.patiently("GET", f"/v1/orders/{name}")

    def patiently(self, method, target, body=b"", seconds=120, seen=None):
        """Asks again after each answer that says nothing was decided, or that nobody knows."""
        end = time.monotonic() + seconds
        while True:
            try:
                answer = self.ask(method, target, body)
                word = answer[1].get("type")
                if seen is not None:
                    seen(answer[0], word if answer[0] >= 300 else None)
                unclear = answer[0] in (503, 504) or word in ("outside-window", "replayed")
                if not unclear:
                    return answer
            except (OSError, http.client.HTTPException) as error:
                answer = (type(error).__name__, str(error))
                if seen is not None:
                    seen("closed", None)
            if time.monotonic() > end:
                raise Broken(f"{method} {target} has no answer: {answer}")
            time.sleep(0.02)

    def balances(self):
        """Available and held by currency."""
        code, answer = self.patiently("GET", "/v1/account")
        expect(code == 200, answer)
        expect(all(coins(one["reserved"]) == 0 for one in answer["balances"]), answer)
        return {one["currency"]: (coins(one["available"]), coins(one["held"]))
                for one in answer["balances"]}


class Load:
    """Each account trades in a thread of its own; paused, nothing is under way."""

    CLEAR = {200, 201, 401, 404, 422, 503, 504, "closed"}
    FINAL = ("filled", "cancelled", "expired")

    def __init__(self, front, accounts, seed):
        self.accounts, self.answered, self.tally = accounts, 0, {}
        self.book = [{} for _ in accounts]  # by name: the last answer, and what was asked
        self.faults, self.parked = [], 0
        self.state, self.change = "paused", threading.Condition()
        self.threads = [threading.Thread(target=self.work, args=(index, seed), daemon=True)
                        for index in range(len(accounts))]
        for thread in self.threads:
            thread.start()

    def __str__(self):
        said = ", ".join(f"{key} {count}" for key, count in sorted(self.tally.items()))
        return f"{self.answered} steps, {sum(map(len, self.book))} orders, answers: {said}"

    def seen(self, code, word):
        with self.change:
            name = f"{code} {word}" if word else str(code)
            self.tally[name] = self.tally.get(name, 0) + 1
            if code not in self.CLEAR or (code == 401
                                          and word not in ("outside-window", "replayed")):
                self.faults.append(f"a client saw {name}")

    def work(self, index, seed):
        chance = random.Random(seed * 1_000 + index)
        number = 0
        while True:
            with self.change:
                while self.state == "paused":
                    self.parked += 1
                    self.change.notify_all()
                    self.change.wait_for(lambda: self.state != "paused")
                    self.parked -= 1
                if self.state == "ended":
                    return
            number += 1
            try:
                self.step(index, chance, f"s{index}-{number}")
            except Exception as error:  # told by the next reconciliation
                with self.change:
                    self.faults.append(f"{type(error).__name__}: {error}")
            self.answered += 1
            time.sleep(0.004)

    def step(self, index, chance, name):
        account, orders = self.accounts[index], self.book[index]
        opened = [one for one, view in orders.items() if view["state"] == "open"]
        price = f"{60_000 + chance.randint(-5, 5)}.00"
        quantity = f"{chance.randint(100, 1_000) / 100_000:.5f}"
        kind = chance.random() + (0.3 if len(opened) > 8 else 0)
        if kind < 0.7 or not opened:
            side = chance.choice(("buy", "sell"))
            body = order_text(name, side, price, quantity)
            code, view = account.patiently("POST", "/v1/orders", body, seen=self.seen)
            if code == 201:
                expect((view["side"], view["clientOrderId"]) == (side, name), view)
                orders[name] = view
            else:
                expect(code == 422, f"{name}: {code} {view}")
            return
        name = chance.choice(opened)
        if kind < 0.8:
            change = json.dumps({"price": price, "quantity": quantity}).encode()
            code, view = account.patiently("PUT", f"/v1/orders/{name}", change, seen=self.seen)
        else:
            code, view = account.patiently("DELETE", f"/v1/orders/{name}", seen=self.seen)
        if code == 200:
            orders[name] = view
        else:
            expect(code == 422, f"{name}: {code} {view}")
            orders[name] = account.find(name)[1]

    def resume(self):
        with self.change:
            self.state = "running"
            self.change.notify_all()

    def pause(self):
        with self.change:
            self.state = "paused"
            done = self.change.wait_for(lambda: self.parked == len(self.threads), 60)
        expect(done, f"the load does not come to rest: {self}")

    def end(self):
        with self.change:
            self.state = "ended"
            self.change.notify_all()
        for thread in self.threads:
            thread.join(60)

    def reconcile(self, state, whole=False):
        """Every acknowledged order is found as it was acknowledged, and the money adds up.

        An order that had ended is asked for again only when `whole`.
        """
        expect(not self.faults, "; ".join(self.faults[:5]))
        value = {"buy": 0, "sell": 0}
        amount = {"buy": 0, "sell": 0}
        paid = 0
        for account, orders in zip(self.accounts, self.book):
            self.find(account, orders, whole)
            expected = {name: coins(sum_) for name, sum_ in account.funds.items()}
            held = dict.fromkeys(expected, 0)
            slack, least, most = 0, 0, 0
            for view in orders.values():
                filled, worth = coins(view["filled"]), coins(view["filledValue"])
                sign = 1 if view["side"] == "buy" else -1
                expected["BTC"] += sign * filled
                expected["USD"] -= sign * worth
                amount[view["side"]] += filled
                value[view["side"]] += worth
                least, most = least + fee(worth, 100), most + fee(worth, 200)
                if view["state"] != "open":
                    continue
                rest = coins(view["quantity"]) - filled
                if view["side"] == "sell":
                    held["BTC"] += rest
                else:
                    worst = rest * coins(view["price"]) // UNIT
                    held["USD"] += worst + fee(worst, 200)
                    # What rounding up took before is not taken again.
                    slack += 1 if filled else 0
            shown = account.balances()
            who = f"account {account.number}"
            expect(sum(shown["BTC"]) == expected["BTC"], f"{who}: {shown} not {expected} BTC")
            expect(shown["BTC"][1] == held["BTC"], f"{who}: holds {shown} not {held} BTC")
            off = held["USD"] - shown["USD"][1]
            expect(0 <= off <= slack, f"{who}: holds {shown} not {held} USD")
            charged = expected["USD"] - sum(shown["USD"])
            expect(least <= charged <= most, f"{who}: fees {charged} not {least} to {most}")
            paid += charged
        expect(amount["buy"] == amount["sell"] and value["buy"] == value["sell"],
               f"bought {amount} for {value}")
        count = sum(map(len, self.book))
        expect(0 <= paid - fee(value["buy"], 300) <= count, f"fees {paid} of {value}")
        expect(state["state"] == "open", state)

    def find(self, account, orders, whole):
        for name, view in orders.items():
            if view.get("checked") and not whole:
                continue
            code, now = account.find(name)
            expect(code == 200, f"{name} was acknowledged, now {code} {now}")
            same = ("orderId", "clientOrderId", "symbol", "side", "type")
            expect(all(now[key] == view[key] for key in same), f"{name}: {now} was {view}")
            expect(coins(view["filled"]) <= coins(now["filled"]) <= coins(now["quantity"]),
                   f"{name}: {now} was {view}")
            if view["state"] in self.FINAL:
                fixed = ("state", "filled", "filledValue", "price", "quantity")
                expect(all(now[key] == view[key] for key in fixed), f"{name}: {now} was {view}")
            now["checked"] = now["state"] in self.FINAL
            orders[name] = now


LEAK = """
import os, sys, time
with open(f"/proc/{sys.argv[2]}/oom_score_adj", "w") as file: file.write("1000")
with open(sys.argv[1] + "/cgroup.procs", "w") as file: file.write(str(os.getpid()))
held = []
while os.path.exists("/proc/" + sys.argv[2]):
    held.append(b"x" * (1 << 20))
    time.sleep(0.001)
"""


class Filler:
    """Uses up a control group's memory until a program in it is killed for it.

    The program is named to the kernel as the first to go, as it were if the leak were its own.
    """

    def __init__(self, group, program):
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", LEAK, group, str(program)])

    def end(self):
        self.process.kill()
        self.process.wait()
