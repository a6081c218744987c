"""100,000 replications of 1,000 requests of a two-version split: numpy's multinomial beside
`shiftsim run --sampled`, in one script, taking turns.

    cargo build --release && pip install numpy==2.4.6 && python benches/multinomial.py

numpy's time is that of the draws alone. shiftsim's is the whole process, from its start to the
summary, and beside it the same less a process of two replications, which is the draws alone. Printed
are the best of 50 rounds.
"""

import pathlib
import subprocess
import tempfile
import time

import numpy

RUNS, REQUESTS = 100_000, 1_000
BINARY = pathlib.Path(__file__).parent.parent / "target/release/shiftsim"


def timed(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def command(replications, folder):
    return [
        BINARY, "run", "--weights", "v1=80,v2=20", "--requests", str(REQUESTS),
        "--replications", str(replications), "--sampled", "--no-charts", "--threads", "1",
        "--requests-csv", "never", "--quiet", "--out", folder,
    ]


def main():
    random = numpy.random.default_rng(1)
    times = {"numpy": [], "whole": [], "start": []}
    with tempfile.TemporaryDirectory() as folder:
        def process(replications):
            subprocess.run(command(replications, folder), check=True, stdout=subprocess.DEVNULL)

        for _ in range(50):
            times["numpy"].append(
                timed(lambda: random.multinomial(REQUESTS, [0.8, 0.2], size=RUNS))
            )
            times["whole"].append(timed(lambda: process(RUNS)))
            times["start"].append(timed(lambda: process(2)))
    best = {name: min(all_times) * 1e3 for name, all_times in times.items()}
    draws = best["whole"] - best["start"]
    print(f"numpy {numpy.__version__} multinomial: {best['numpy']:.2f} ms")
    print(f"shiftsim run --sampled, draws alone: {draws:.2f} ms, ratio {draws / best['numpy']:.2f}")
    whole = best["whole"]
    print(f"the same, whole process: {whole:.2f} ms, ratio {whole / best['numpy']:.2f}")


if __name__ == "__main__":
    main()
