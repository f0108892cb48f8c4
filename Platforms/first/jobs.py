"""The desk's clerk: sums up the positions now and then, through the service like everybody."""

import os
import time

import service


def summarise(base):
    rows = service.call(base, "/positions")
    held = [row for row in rows if int(row["quantity"]) != 0]
    total = sum(float(row["value"]) for row in held)
    text = f"{len(held)} instruments held, worth {total:,.2f} at the prices paid."
    service.call(base, "/summaries", {"text": text})
    print(text, flush=True)


def main():
    service.end_on_request()
    service.ready()
    while True:
        pause = float(os.environ.get("SECONDS", "30"))
        try:
            summarise(os.environ["APP"])
        except service.Refusal as refusal:
            print("no summary:", refusal, flush=True)
            pause = min(pause, 2)
        time.sleep(pause)


main()
