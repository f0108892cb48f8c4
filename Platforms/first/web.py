"""The desk's front: a page for people and JSON for programs, both from the service behind it."""

import os
import socket
import urllib.parse

import page
import service

FORMS = {"/orders": ("symbol", "side", "quantity", "price"), "/notes": ("text",)}
READABLE = ("/positions", "/orders", "/notes", "/summaries")
BASE = os.environ["APP"]


class Front(service.Handler):
    def answer(self, method, path, body):
        path = urllib.parse.urlsplit(path).path
        if method == "POST":
            self.check_origin()
        if path == "/" and method == "GET":
            return self.page()
        if path in FORMS and method == "POST":
            return self.form(path, body)
        if path.startswith("/api/"):
            return self.forward(method, path.removeprefix("/api"), body)
        raise service.Refusal(404, "there is nothing here")

    def check_origin(self):
        # A browser says where a request comes from: another site's page may not write here.
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise service.Refusal(403, "this request comes from another site")

    def page(self):
        try:
            held = {name[1:]: service.call(BASE, name) for name in READABLE}
        except service.Refusal as refusal:
            return refusal.status, "text/html", page.apology(refusal.text), page.HEADERS
        return 200, "text/html", page.render(held), page.HEADERS

    def form(self, path, body):
        fields = urllib.parse.parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
        value = {name: fields.get(name, [""])[0] for name in FORMS[path]}
        try:
            service.call(BASE, path, value)
        except service.Refusal as refusal:
            return refusal.status, "text/html", page.apology(refusal.text), page.HEADERS
        return 303, "text/plain", b"", {"Location": "/"}

    def forward(self, method, path, body):
        if method == "GET" and path in READABLE:
            return 200, "application/json", service.encode(service.call(BASE, path)), {}
        if method == "POST" and path in FORMS:
            made = service.call(BASE, path, service.decode(body))
            return 201, "application/json", service.encode(made), {}
        raise service.Refusal(404, "there is nothing here")


def main():
    service.end_on_request()
    # The first handed descriptor is the published port's listener: this program opens none itself.
    if int(os.environ.get("LISTEN_FDS", "0")) < 1:
        raise SystemExit("no listener was handed over")
    listener = socket.socket(fileno=3)
    server = service.Server(listener.getsockname(), Front, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    service.ready()
    server.serve_forever()


main()
