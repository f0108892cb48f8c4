"""The desk's service: the only program that speaks to the database."""

import os
import re
import threading
import urllib.parse

import psycopg2
import psycopg2.extras

import service

QUERIES = {
    "/positions": "SELECT symbol, name, quantity, round(value, 2) AS value FROM desk.positions"
                  " ORDER BY symbol",
    "/orders": "SELECT id, to_char(placed, 'YYYY-MM-DD HH24:MI:SS') AS placed, symbol, side,"
               " quantity, price FROM desk.orders ORDER BY id DESC LIMIT 20",
    "/notes": "SELECT id, to_char(written, 'YYYY-MM-DD HH24:MI') AS written, text FROM desk.notes"
              " ORDER BY id DESC LIMIT 20",
    "/summaries": "SELECT id, to_char(made, 'YYYY-MM-DD HH24:MI:SS') AS made, text"
                  " FROM desk.summaries ORDER BY id DESC LIMIT 5",
}
COMMANDS = {
    "/orders": "INSERT INTO desk.orders (symbol, side, quantity, price)"
               " VALUES (%(symbol)s, %(side)s, %(quantity)s, %(price)s) RETURNING id",
    "/notes": "INSERT INTO desk.notes (text) VALUES (%(text)s) RETURNING id",
    "/summaries": "INSERT INTO desk.summaries (text) VALUES (%(text)s) RETURNING id",
}
PATTERNS = {
    "symbol": r"[A-Z0-9]{1,12}", "side": r"buy|sell", "quantity": r"[1-9][0-9]{0,6}",
    "price": r"[0-9]{1,14}(\.[0-9]{1,4})?", "text": r"[^\x00-\x1f\x7f]{1,500}",
}
FIELDS = {
    "/orders": ("symbol", "side", "quantity", "price"), "/notes": ("text",),
    "/summaries": ("text",),
}

local = threading.local()


def is_alive(connection):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except psycopg2.Error:
        return False


def database():
    """The thread's own connection. One from before a restart of the database is only found dead
    when it is used, so it is asked first: a command is never sent twice."""
    held = getattr(local, "connection", None)
    if held is None or not is_alive(held):
        local.connection = psycopg2.connect(os.environ["DATABASE"], connect_timeout=5)
        local.connection.autocommit = True
    return local.connection


def run(statement, values=None):
    try:
        with database().cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()
    except psycopg2.IntegrityError as error:
        raise service.Refusal(422, error.diag.message_primary) from None
    except psycopg2.OperationalError as error:
        print("database:", str(error).strip(), flush=True)
        raise service.Refusal(503, "the database does not answer") from None


def checked(path, value):
    if not isinstance(value, dict) or set(value) != set(FIELDS[path]):
        raise service.Refusal(422, "the fields are " + ", ".join(FIELDS[path]))
    for name, given in value.items():
        if not re.fullmatch(PATTERNS[name], str(given)):
            raise service.Refusal(422, f"{name} does not have the right form")
    return {name: str(given) for name, given in value.items()}


class Desk(service.Handler):
    def answer(self, method, path, body):
        path = urllib.parse.urlsplit(path).path
        if method == "GET" and path in QUERIES:
            return 200, "application/json", service.encode(run(QUERIES[path])), {}
        if method == "POST" and path in COMMANDS:
            rows = run(COMMANDS[path], checked(path, service.decode(body)))
            return 201, "application/json", service.encode(rows[0]), {}
        raise service.Refusal(404, "there is nothing here")


def main():
    service.end_on_request()
    address, port = os.environ["LISTEN"].split(":")
    server = service.Server((address, int(port)), Desk)
    service.ready()
    server.serve_forever()


main()
