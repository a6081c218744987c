"""The workload of `cargo bench --bench queues` in SimPy, as a user would write it.

Install with `pip install simpy==4.1.2`; run with `python benches/peers/simpy_queues.py [requests]`.
Compare its mean times with those that the benchmark prints before believing the time.
"""

import random
import sys
import time

import simpy

REQUESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
GAP = 1.0  # milliseconds between arrivals
SERVICE = (3.5, 14.0)  # milliseconds, per version
THEORY = (4.75024, 19.00097)  # mean time from arrival to departure, Erlang's C formula


def request(env, servers, mean, times):
    arrived = env.now
    with servers.request() as turn:
        yield turn
        yield env.timeout(random.expovariate(1 / mean))
    times.append(env.now - arrived)


def source(env, pools, times):
    for _ in range(REQUESTS):
        yield env.timeout(random.expovariate(1 / GAP))
        version = 0 if random.getrandbits(64) % 100 < 80 else 1
        env.process(request(env, pools[version], SERVICE[version], times[version]))


random.seed(1)
env = simpy.Environment()
pools = [simpy.Resource(env, capacity=4) for _ in SERVICE]
times = [[], []]
env.process(source(env, pools, times))
start = time.process_time()
env.run()
seconds = time.process_time() - start
print(f"simpy {simpy.__version__}: {REQUESTS / seconds / 1e6:.3f} M requests/s")
for version, found in enumerate(times):
    found.sort()
    mean = sum(found) / len(found)
    p99 = found[int(0.99 * len(found))]
    print(f"  v{version + 1}: {len(found)} requests, mean {mean:.3f} ms, p99 {p99:.2f} ms")
    allowed = (0.03, 0.06)[version] * (1e6 / REQUESTS) ** 0.5
    assert abs(mean / THEORY[version] - 1) < allowed, "the mean is not that of the workload"
