"""The desk's page: plain HTML that works without scripts, with a keyboard and with a reader."""

import html

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

STYLE = """
:root { color-scheme: light dark; --edge: #767676; --accent: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --edge: #8e8e8e; --accent: #a8c7fa; } }
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
.skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--edge); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
form { display: flex; flex-wrap: wrap; gap: .8rem; align-items: end; margin: .8rem 0; }
label { display: grid; gap: .2rem; } .long { flex: 1 1 20rem; }
input, select, button { font: inherit; padding: .45rem .6rem; border: 1px solid var(--edge);
  border-radius: .3rem; min-height: 2.6rem; }
button { border-color: var(--accent); color: var(--accent); background: transparent;
  cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
"""


def cell(value, number=False):
    kind = ' class="number"' if number else ""
    return f"<td{kind}>{html.escape(str(value))}</td>"


def table(caption, columns, rows):
    head = "".join(
        f'<th scope="col"{" class=number" if number else ""}>{html.escape(title)}</th>'
        for title, _, number in columns)
    body = "".join(
        "<tr>" + "".join(cell(row[key], number) for _, key, number in columns) + "</tr>"
        for row in rows)
    return (f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(caption)}">'
            f"<table><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>")


def order_form(positions):
    choices = "".join(f"<option>{html.escape(row['symbol'])}</option>" for row in positions)
    return f"""<form method="post" action="/orders">
<label>Instrument <select name="symbol">{choices}</select></label>
<label>Side <select name="side"><option>buy</option><option>sell</option></select></label>
<label>Quantity <input name="quantity" type="number" min="1" max="1000000" value="1" required></label>
<label>Price <input name="price" type="number" min="0.0001" step="0.0001" required></label>
<button>Place order</button></form>"""


def notes(rows):
    items = "".join(
        f"<li><time>{html.escape(row['written'])}</time> {html.escape(row['text'])}</li>"
        for row in rows)
    return f"""<ul>{items}</ul><form method="post" action="/notes">
<label class="long">New note <input name="text" maxlength="500" required autocomplete="off"></label>
<button>Keep note</button></form>"""


def render(held):
    summary = held["summaries"][0]["text"] if held["summaries"] else "No summary was made yet."
    positions = table(
        "Positions", [("Instrument", "symbol", False), ("Name", "name", False),
                      ("Quantity", "quantity", True), ("Value", "value", True)],
        held["positions"])
    orders = table(
        "The latest orders", [("Placed", "placed", False), ("Instrument", "symbol", False),
                              ("Side", "side", False), ("Quantity", "quantity", True),
                              ("Price", "price", True)], held["orders"])
    return frame(
        "Desk", f"""<p>{html.escape(summary)}</p><h2>Positions</h2>{positions}
<h2>Orders</h2>{order_form(held["positions"])}{orders}
<h2>Notes</h2>{notes(held["notes"])}""")


def apology(text):
    return frame(
        "Not done", f'<p role="alert">{html.escape(text)}</p><p><a href="/">Back to the desk</a></p>')


def frame(title, content):
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>
<body><a class="skip" href="#main">To the content</a>
<main id="main"><h1>{title}</h1>{content}</main></body></html>
""".encode()
