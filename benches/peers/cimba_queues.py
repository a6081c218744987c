"""The workload of `cargo bench --bench queues` in Cimba, whose engine is written in C.

Install with `pip install cimba==0.9.5`; run with `python benches/peers/cimba_queues.py [requests]`.
Servers are processes that take the moments of arrival from a store. Means alone are kept, not every
time, so that the percentile is missing: the work is less than that of the others. The first run,
which compiles the model, is not timed.
"""

import sys
import time

import cimba as cb
import numpy as np

REQUESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
THEORY = (4.75024, 19.00097)  # mean time from arrival to departure, Erlang's C formula


class Shop(cb.Model):
    requests: cb.Param[int]
    first: cb.Store[float]
    second: cb.Store[float]
    sum_first: cb.Output[float]
    sum_second: cb.Output[float]
    count_first: cb.Output[float]
    count_second: cb.Output[float]

    @cb.on_start
    def begin(self):
        self.sum_first = 0.0
        self.sum_second = 0.0
        self.count_first = 0.0
        self.count_second = 0.0

    @cb.process
    def source(self):
        for _ in range(self.requests):
            cb.hold(cb.random.exponential(1.0))
            if cb.random.bernoulli(0.8):
                self.first.put(cb.now())
            else:
                self.second.put(cb.now())

    @cb.process(copies=4)
    def serve_first(self):
        while True:
            arrived = self.first.get()
            cb.hold(cb.random.exponential(3.5))
            self.sum_first += cb.now() - arrived
            self.count_first += 1.0

    @cb.process(copies=4)
    def serve_second(self):
        while True:
            arrived = self.second.get()
            cb.hold(cb.random.exponential(14.0))
            self.sum_second += cb.now() - arrived
            self.count_second += 1.0


def run(requests):
    model = Shop()
    model.requests = requests
    experiment = cb.Experiment(
        model, replications=1, window=cb.Window(warmup=0, duration=1.1 * requests + 1e4), seed=1
    )
    start = time.process_time()
    results = experiment.run()[model]
    return time.process_time() - start, results


run(1000)
seconds, results = run(REQUESTS)
print(f"cimba {cb.__version__}: {REQUESTS / seconds / 1e6:.3f} M requests/s")
value = lambda output: float(np.asarray(output).ravel()[0])
found = (
    (value(results.count_first), value(results.sum_first)),
    (value(results.count_second), value(results.sum_second)),
)
assert sum(count for count, _ in found) == REQUESTS, "not all requests were served"
for version, (count, total) in enumerate(found):
    print(f"  v{version + 1}: {count:.0f} requests, mean {total / count:.3f} ms")
    allowed = (0.03, 0.06)[version] * (1e6 / REQUESTS) ** 0.5
    assert abs(total / count / THEORY[version] - 1) < allowed, "the mean is not that of the workload"
    share = (0.8, 0.2)[version]
    assert abs(count / REQUESTS - share) < 0.003 * (1e6 / REQUESTS) ** 0.5
