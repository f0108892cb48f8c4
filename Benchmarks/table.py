"""What the measurements share: timing with peers in turn, and tables of medians."""
import statistics
import time


def in_turn(runners, rounds, warm=5):
    """Times each runner once a round, so that a slow moment of the machine meets them all.

    `runners` maps a name to a function; the answer maps it to a list of milliseconds.
    """
    samples = {name: [] for name in runners}
    for index in range(rounds + warm):
        for name, run in runners.items():
            start = time.perf_counter_ns()
            run()
            spent = (time.perf_counter_ns() - start) / 1e6
            if index >= warm:
                samples[name].append(spent)
    return samples


def show(samples, unit, base=None, digits=2):
    """Prints minimum, median, 99th percentile, maximum, and the ratio of medians to `base`."""
    against = statistics.median(samples[base]) if base else None
    print(f"| | min {unit} | median {unit} | p99 {unit} | max {unit} |"
          + (f" / {base} |" if base else ""))
    print("|---|---|---|---|---|" + ("---|" if base else ""))
    for name, values in samples.items():
        ordered = sorted(values)
        high = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        cells = [ordered[0], statistics.median(ordered), high, ordered[-1]]
        row = f"| {name} | " + " | ".join(f"{cell:.{digits}f}" for cell in cells) + " |"
        print(row + (f" {statistics.median(ordered) / against:.2f} |" if base else ""))
