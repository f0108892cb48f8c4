#!/usr/bin/env python3
"""The exchange end to end: orders through every wall, and nothing that is killed makes a cent.

BULKHEAD_EXCHANGE_KILLS says how many services are killed under load, BULKHEAD_EXCHANGE_SEED which.
"""
import random
import shutil
import tempfile

from journey import *
from trading import *

KILLS = int(os.environ.get("BULKHEAD_EXCHANGE_KILLS", "16"))
SEED = int(os.environ.get("BULKHEAD_EXCHANGE_SEED", "1"))
SERVICES = ["gateway", "api", "identity", "orders", "risk", "matching", "marketdata", "ledger",
            "authority"]
RISK_MEMORY = 96 << 20

before = host("voyage")
folder = tempfile.mkdtemp(prefix="journey-", dir="/var/tmp")
os.chmod(folder, 0o755)
shutil.copytree(f"{os.environ['PROGRAMS']}/Platforms/exchange", f"{folder}/exchange")
with open(f"{os.environ['PROGRAMS']}/Platforms/exchange.yaml") as file:
    text = file.read()
# A name of its own: control groups are the machine's. Less memory for risk: its leak is short.
parts = text.replace("platform: exchange", "platform: voyage").split("\n  risk:\n")
parts[1] = parts[1].replace("memory: 512MiB", f"memory: {RISK_MEMORY >> 20}MiB", 1)
PLATFORM = f"{folder}/voyage.yaml"
with open(PLATFORM, "w") as file:
    file.write("\n  risk:\n".join(parts))

bulkhead("up", PLATFORM, "--detach", check=0)
front = Front(bulkhead("trust", check=0)[1])


@claim("the exchange comes up, every passage opens, and a public request answers under its root")
def opened():
    expect(eventually(is_open), venue())
    line = Line(front)
    status_code, answer = line.ask("GET", "/v1/time")
    expect(status_code == 200 and abs(answer["time"] - milliseconds()) < 60_000, answer)
    listed = line.ask("GET", "/v1/instruments")[1]["instruments"]
    expect("BTC-USD" in [one["symbol"] for one in listed], listed)
    expect(line.ask("GET", "/v1/book/BTC-USD")[1]["bids"] == [], "the book is not empty")
    try:
        Line(front, trusted=False).ask("GET", "/v1/time")
    except ssl.SSLCertVerificationError:
        return
    raise Broken("the front door is trusted without its root")


maker = Account(front, USD=100_000, BTC=5)
taker = Account(front, USD=100_000, BTC=5)


@claim("a taker's order fills against a maker's: fills, fees, balances and book are exactly right")
def crossed():
    rests = maker.place("m1", "sell", "60000.00", "0.50000")
    expect(rests[0] == 201 and rests[1]["state"] == "open", rests)
    booked()
    expect(maker.balances() == {"USD": (coins(100_000), 0), "BTC": (coins("4.5"), coins("0.5"))},
           maker.balances())
    took = taker.place("t1", "buy", "60001.00", "0.20003")
    expect(took[0] == 201 and took[1]["state"] == "filled", took)
    value = coins("0.20003") * 60_000
    expect((took[1]["filled"], coins(took[1]["filledValue"])) == ("0.20003000", value), took)
    maker_fee, taker_fee = fee(value, 100), fee(value, 200)
    booked()
    expect(taker.balances() == {"USD": (coins(100_000) - value - taker_fee, 0),
                                "BTC": (coins("5.20003"), 0)}, taker.balances())
    rest = coins("0.29997")
    expect(maker.balances() == {"USD": (coins(100_000) + value - maker_fee, 0),
                                "BTC": (coins("4.5"), rest)}, maker.balances())
    expect(maker.find("m1")[1]["filled"] == "0.20003000", maker.find("m1"))
    expect(eventually(lambda: book(front) == ([], [("60000.00", rest, 1)])), book(front))
    trade = Line(front).ask("GET", "/v1/trades/BTC-USD?limit=1")[1]["trades"][0]
    expect((trade["price"], coins(trade["quantity"]), trade["takerSide"])
           == ("60000.00", coins("0.20003"), "buy"), trade)
    # A buyer's order holds its worst case: value and the dearer fee.
    value = coins("0.1") * 59_000
    expect(taker.place("t2", "buy", "59000.00", "0.10000")[1]["state"] == "open", "it rests not")
    booked()
    expect(taker.balances()["USD"][1] == value + fee(value, 200), taker.balances())


@claim("the same order again gives the same answer, another one under its name is a conflict")
def repeated():
    money = taker.balances()
    first = taker.find("t1")[1]
    again = taker.place("t1", "buy", "60001.00", "0.20003")
    expect(again == (201, first), again)
    other = taker.place("t1", "buy", "60001.00", "0.20004")
    expect(other[0] == 409 and other[1]["type"] == "conflict", other)
    expect(taker.balances() == money, "the repetition moved money")


@claim("an order is replaced and cancelled, and what it held is free again")
def changed():
    moved = taker.ask("PUT", "/v1/orders/t2", {"price": "59500.00", "quantity": "0.20000"})
    expect(moved[0] == 200 and moved[1]["price"] == "59500.00", moved)
    booked()
    value = coins("0.2") * 59_500
    expect(taker.balances()["USD"][1] == value + fee(value, 200), taker.balances())
    expect(eventually(lambda: book(front)[0] == [("59500.00", coins("0.2"), 1)]), book(front))
    gone = taker.ask("DELETE", "/v1/orders/t2")
    expect(gone[0] == 200 and gone[1]["state"] == "cancelled", gone)
    booked()
    expect(taker.balances()["USD"][1] == 0, taker.balances())
    expect(maker.ask("DELETE", "/v1/orders") == (200, {"cancelled": 1}), "not taken back")
    expect(eventually(lambda: book(front) == ([], [])), book(front))
    late = taker.ask("DELETE", "/v1/orders/t1")
    expect(late[0] == 422 and late[1]["type"] == "too-late", late)


def told(*forms):
    """Each form of refusal is an event of its own in the trail of api."""
    def missing():
        text = trail("api")
        return [form for form in forms if form not in text]
    expect(eventually(lambda: not missing()), missing())


def refusal(answer, status_code, word):
    expect(answer[0] == status_code and answer[1]["type"] == word,
           f"{answer} instead of {status_code} {word}")


@claim("requests that are not the key owner's are refused: each with its status and an event")
def unsigned():
    order = order_text("x1", "buy", "50000.00", "0.10000")
    line = Line(front)
    fields = taker.signed("POST", "/v1/orders", order)
    for name, value in (("BULKHEAD-SIGNATURE", "0" * 64), ("BULKHEAD-KEY", "ab" * 10)):
        refusal(line.send("POST", "/v1/orders", order, {**fields, name: value}),
                401, "not-authenticated")
    altered = order.replace(b"0.10000", b"4.10000")
    refusal(line.send("POST", "/v1/orders", altered, fields), 401, "not-authenticated")
    refusal(line.send("POST", "/v1/orders", order, {}), 401, "not-authenticated")
    for late in (-6_000, 60_000):
        stamped = taker.signed("POST", "/v1/orders", order, milliseconds() + late)
        refusal(line.send("POST", "/v1/orders", order, stamped), 401, "outside-window")
    question = taker.signed("GET", "/v1/account", b"")
    expect(line.send("GET", "/v1/account", b"", question)[0] == 200, "an honest request")
    refusal(line.send("GET", "/v1/account", b"", question), 401, "replayed")
    away = Account(front, number=taker.number, allow="192.0.2.0/24")
    refusal(away.place("x1", "buy", "50000.00", "0.10000"), 401, "not-authenticated")
    reader = Account(front, number=taker.number, scopes="read")
    refusal(reader.place("x1", "buy", "50000.00", "0.10000"), 403, "scope-missing")
    refusal(taker.find("x1"), 404, "unknown-order")
    words = ("wrongSignature", "unknownKey", "outsideWindow", "replayed", "addressNotAllowed")
    expect(eventually(lambda: all(word in trail("identity") for word in words)),
           trail("identity"))
    told("401 not-authenticated", "401 outside-window", "401 replayed", "403 scope-missing",
         "404 unknown-order")


@claim("what is no request of the API is refused: each with its status, and no order comes of it")
def malformed():
    def place(body):
        return taker.ask("POST", "/v1/orders", body)
    for body, word in (
        (b"{", "malformed-body"), (b"[]", "malformed-body"), (b"{\"a\":\"b\"}", "unknown-member"),
        (b"{\"side\":\"buy\",\"side\":\"buy\"}", "duplicate-member"),
        (b"{\"side\":\"buy\"}", "missing-member"), (b"\xff" * 40, "malformed-body"),
        (order_text("x2", "buy", "1e4", "0.1"), "malformed-value"),
        (order_text("x2", "buy", "-60000", "0.1"), "malformed-value"),
        (order_text("x2", "buy", "99999999999999999999", "0.1"), "malformed-value"),
        (order_text("x/2", "buy", "60000", "0.1"), "malformed-value")):
        refusal(place(body), 400, word)
    refusal(place(b"{" + b" " * 8_192 + b"}"), 413, "too-large")
    for price, quantity, word in (
        ("60000.00", "0.000001", "quantity-off-lot"), ("90000.00", "0.1", "price-outside-collar"),
        ("60000.00", "0.00001", "value-too-small"), ("60000.00", "4", "insufficient-funds"),
        ("60000.00", "2000", "quantity-too-large")):
        refusal(taker.place("x-" + word, "buy", price, quantity), 422, word)
    refusal(taker.find("x2"), 404, "unknown-order")
    line = Line(front)
    refusal(line.ask("GET", "/v1/nothing"), 404, "unknown-route")
    refusal(line.ask("GET", "/v1/book/DOGE-USD"), 404, "unknown-instrument")
    refusal(line.ask("DELETE", "/v1/time"), 405, "method-not-allowed")
    told("400 malformed-body", "400 unknown-member", "400 duplicate-member", "400 missing-member",
         "400 malformed-value", "413 too-large", "422 quantity-off-lot",
         "422 price-outside-collar", "422 insufficient-funds", "404 unknown-route",
         "404 unknown-instrument", "405 method-not-allowed")


@claim("keys are made for accounts that were opened, and fees are there to be looked at")
def keys():
    for number in (0, taker.number + 100, 4_294_967_294):
        code, _, said = bulkhead("key", "create", str(number))
        expect(code != 0 and ("never opened" in said or "is no account" in said), (code, said))
    expect(bulkhead("key", "create", "fees")[0] != 0, "a key to trade with fees")
    fees = json.loads(bulkhead("account", "show", "fees", "--json", check=0)[1])["balances"]
    value = coins("0.20003") * 60_000
    expect([coins(one["available"]) for one in fees if one["currency"] == "USD"]
           == [fee(value, 100) + fee(value, 200)], fees)


@claim("a service that floods with refused requests is counted, not listed without end")
def flood():
    line = Line(front)
    before = trail("api").count("404 unknown-route")
    for _ in range(200):
        refusal(line.ask("GET", "/v1/nothing"), 404, "unknown-route")
    expect(eventually(lambda: "further requests refused, not listed: " in trail("api")
                      or trail("api").count("404 unknown-route") >= before + 200), "not told")


@claim("hostile HTTP is refused at the gateway: each form with its status and an event")
def hostile():
    slow = Raw(front)
    slow.send(b"POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1:8443\r\nContent-Le")
    post = b"POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1:8443\r\n"
    smuggled = b"GET /v1/account HTTP/1.1\r\nHost: 127.0.0.1:8443\r\n\r\n"
    get = b"GET /v1/time HTTP/1.1\r\n"
    forms = [
        (post + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
         400, "length-and-coding"),
        (post + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd" + smuggled,
         400, "content-length-repeated"),
        (post + b"Content-Length: +4\r\n\r\nabcd" + smuggled, 400, "content-length"),
        (post + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled, 501, "coding-unknown"),
        (post + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled, 400, "field-name"),
        (post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n" + smuggled, 400, "chunk"),
        (post + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n" + smuggled, 400, "folded-field"),
        (post.replace(b"\r\n", b"\n") + b"\n", 400, "bare-lf"),
        (get + b"\r\n", 400, "host-missing"),
        (get + b"Host: a\r\nHost: b\r\n\r\n", 400, "host-repeated"),
        (b"GET /v1/../v1/time HTTP/1.1\r\nHost: 127.0.0.1:8443\r\n\r\n", 400, "target-not-normal"),
        (b"GET /" + b"a" * 3_000 + b" HTTP/1.1\r\n\r\n", 414, "target-too-long"),
        (get + b"Host: 127.0.0.1:8443\r\nX: " + b"a" * 17_000 + b"\r\n\r\n", 431,
         "head-too-large"),
        (post + b"Content-Length: 100000\r\n\r\n", 413, "body-too-large"),
        (b"BREW /v1/time HTTP/1.1\r\nHost: 127.0.0.1:8443\r\n\r\n", 501, "method-unknown"),
    ]
    def refuse(sent, status_code, word):
        raw = Raw(front)
        raw.send(sent)
        heard = raw.all()
        expect(heard.startswith(b"HTTP/1.1 %d " % status_code) and word.encode() in heard
               and heard.count(b"HTTP/1.1 ") == 1, f"{sent[:90]}: {heard[:300]}")
    for form in forms:
        refuse(*form)
    neighbour = Line(front)
    expect(neighbour.ask("GET", "/v1/time")[0] == 200, "the neighbour is disturbed")
    heard = slow.all()
    expect(heard.startswith(b"HTTP/1.1 408 ") and b"head-too-slow" in heard, heard)
    expect(neighbour.ask("GET", "/v1/time")[0] == 200, "the neighbour is disturbed")
    expect(eventually(lambda: "408 head-too-slow" in trail("gateway")), trail("gateway"))
    def unlisted():
        text = trail("gateway")
        return [form for form in forms if f"{form[1]} {form[2]}" not in text]
    # The gateway lists so many a second and counts the rest: those are tried once more.
    for form in unlisted()[:6]:
        refuse(*form)
    expect(eventually(lambda: not unlisted()), [form[1:] for form in unlisted()])
    expect("half-request" not in trail("gateway"), "a refused request is told of twice")
    Raw(front).end(b"POST /v1/orders HTTP/1.1\r\nHost: 127.0.0.1:8443\r\nContent-Length: 9\r\n\r\n{")
    expect(eventually(lambda: "half-request" in trail("gateway")), trail("gateway"))
    for one in status()["compartments"]:
        expect(one["restarts"] == 0, f"{one['name']} was restarted")


traders = [Account(front, USD=1_000_000, BTC=100) for _ in range(4)]
load = Load(front, traders, SEED)


@claim(f"{KILLS} services killed under load: the venue opens again, nothing acknowledged is lost, "
       "money and holds add up, clients see clear answers")
def killed():
    chance = random.Random(SEED)
    slowest = 0.0
    queue, calm = [], {}
    for turn in range(KILLS):
        if not queue:
            queue = chance.sample(SERVICES, len(SERVICES))
        name = queue.pop()
        isJail = chance.random() < 0.25
        what = f"kill {turn} of {name}{' (its jail)' if isJail else ''}"
        done = load.answered
        load.resume()
        # Six failures within the supervisor's patience, and it gives a service up.
        if turn >= 5 * len(SERVICES):
            eventually(lambda: time.monotonic() > calm[name], 15)
        expect(eventually(lambda: load.answered > done + 20), f"before {what}: no load {load}")
        was = compartment(name)["restarts"]
        start = time.monotonic()
        for pid in processes(name)[:1] if isJail else processes(name)[1:]:
            os.kill(pid, 9)
        expect(eventually(lambda: compartment(name)["restarts"] > was
                          and compartment(name)["state"] == "ready" and is_open()),
               f"{what}: {compartment(name)}, {venue()}")
        slowest = max(slowest, time.monotonic() - start)
        calm[name] = time.monotonic() + 11
        done = load.answered
        expect(eventually(lambda: load.answered > done + 20), f"after {what}: no load {load}")
        load.pause()
        try:
            load.reconcile(booked())
        except Broken as error:
            raise Broken(f"{what}: {error}")
    print(f"# {load}, slowest {slowest:.1f} s", flush=True)


@claim("risk leaks until the kernel kills it: orders are refused clearly, the gateway answers, and "
       "all adds up afterwards")
def leaked():
    load.resume()
    was = compartment("risk")["restarts"]
    program = processes("risk")[1]
    filler = Filler("/sys/fs/cgroup/memory/bulkhead-voyage=risk", program)
    line, maker.line = Line(front), Line(front)
    answers, refused = 0, set()
    try:
        end = time.monotonic() + 120
        while os.path.exists(f"/proc/{program}") and time.monotonic() < end:
            expect(line.ask("GET", "/v1/time")[0] == 200, "the gateway is disturbed")
            answers += 1
        expect(not os.path.exists(f"/proc/{program}"), f"risk is not killed: {compartment('risk')}")
    finally:
        filler.end()
    end = time.monotonic() + 120
    while not is_open() and time.monotonic() < end:
        expect(line.ask("GET", "/v1/time")[0] == 200, "the gateway is disturbed")
        answers += 1
        status_code, answer = maker.place(f"leak{answers}", "buy", "59000.00", "0.00100")
        if status_code >= 500:
            refused.add((status_code, answer["type"]))
    expect(answers > 0 and refused, f"nobody was refused: {answers}")
    expect(refused <= {(503, "venue-unavailable"), (503, "venue-busy"), (504, "outcome-unknown")},
           refused)
    expect((503, "venue-unavailable") in refused, refused)
    expect(eventually(lambda: compartment("risk")["restarts"] > was and is_open()), venue())
    expect(eventually(lambda: "memory" in trail("risk")), trail("risk")[-2000:])
    load.pause()
    load.reconcile(booked())


@claim("everything is taken back: nothing is held, no order is left, and the sums are those funded")
def closed():
    load.end()
    for one in traders + [maker, taker]:
        expect(one.patiently("DELETE", "/v1/orders")[0] == 200, "not taken back")
    state = booked()
    expect(state["open_orders"] == 0, state)
    expect(eventually(lambda: book(front) == ([], [])), book(front))
    for one in traders + [maker, taker]:
        for currency, (_, held) in one.balances().items():
            expect(held == 0, f"account {one.number} holds {held} {currency}")
    load.reconcile(state)


@claim("`down` leaves nothing, and the next `up` replays to the same digest and balances")
def replayed():
    state, money = booked(), [one.balances() for one in traders]
    bulkhead("down", check=0)
    expect(settled(before, platform="voyage"), difference(before, "voyage"))
    bulkhead("up", PLATFORM, "--detach", check=0)
    expect(eventually(is_open), venue())
    again = booked()
    for name in ("digest", "commands", "journaled", "booked", "open_orders"):
        expect(again[name] == state[name], f"{name}: {again[name]} was {state[name]}")
    front.trust(bulkhead("trust", check=0)[1])
    for one, was in zip(traders, money):
        expect(one.balances() == was, f"account {one.number}: {one.balances()} was {was}")
    bulkhead("trail", "verify", check=0)
    bulkhead("down", check=0)
    expect(settled(before, platform="voyage"), difference(before, "voyage"))


finish()
