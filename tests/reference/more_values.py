"""Further values for sequential statistics and planning, computed in plain Python.

    pip install mpmath numpy scipy
    python3 tests/reference/more_values.py > tests/reference/more_values.csv

Nothing here shares a method with the library where another one exists: the laws of counts are
dictionaries, Brownian motion is a dense grid, tables are enumerated with SciPy's own tests.
"""

import csv
import sys
from math import inf, log, log1p, sqrt

import mpmath
import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln
from scipy.stats import binom, fisher_exact, norm

out = csv.writer(sys.stdout, lineterminator="\n")


def row(name, quantity, inputs, value, tolerance, how):
    text = "none" if value == inf else repr(value)
    out.writerow([name, quantity, inputs, text, tolerance, how])


def walk(p, last, alarms, looks=lambda n: True):
    """P(ever an alarm), E[number of picks], P(alarm above) of a count under a stopping rule."""
    alive, stopped, mean, above, n = {0: 1.0}, 0.0, 0.0, 0.0, 0
    while n < last:
        going = sum(alive.values())
        if going < 1e-17:
            break
        mean += going
        n += 1
        grown = {}
        for x, mass in alive.items():
            grown[x] = grown.get(x, 0.0) + mass * (1 - p)
            grown[x + 1] = grown.get(x + 1, 0.0) + mass * p
        if looks(n):
            alive = {}
            for x, mass in grown.items():
                side = alarms(x, n)
                if side == 0:
                    if mass > 1e-30:
                        alive[x] = mass
                else:
                    stopped += mass
                    above += mass if side > 0 else 0.0
        else:
            alive = grown
    return stopped, mean, above


def ln_e(counts, shares, k):
    value = mpmath.loggamma(k) - mpmath.loggamma(k + sum(counts))
    for count, share in zip(counts, shares):
        value += mpmath.loggamma(k * share + count) - mpmath.loggamma(k * share)
        value -= count * mpmath.log(share)
    return value


def e_values():
    mpmath.mp.dps = 50
    cases = [([2, 0], "0.5,0.5", 10), ([70, 30], "0.8,0.2", 10), ([480, 310, 210], "0.5,0.3,0.2", 10),
             ([5, 0, 0, 0], "0.7,0.1,0.1,0.1", 1), ([100200, 99800], "0.5,0.5", 10000)]
    for i, (counts, weights, k) in enumerate(cases, 81):
        shares = [mpmath.mpf(w) for w in weights.split(",")]
        value = float(ln_e(counts, shares, mpmath.mpf(k)))
        inputs = f"counts={','.join(map(str, counts))};weights={weights};dirichlet={k}*weights"
        row(f"O{i}_loge", "ln e-value", inputs, value, "abs=1e-9", "mpmath, 50 digits")
    for i, (weights, k) in enumerate([("0.5,0.5", 2), ("0.5,0.5", 10), ("0.5,0.5", 100), ("0.9,0.1", 10)], 81):
        shares = [mpmath.mpf(w) for w in weights.split(",")]
        first = next((n for n in range(1, 401) if ln_e([n, 0], shares, k) >= mpmath.log(20)), inf)
        inputs = f"sequence=all v1;length=400;weights={weights};dirichlet={k}*weights"
        row(f"O_seq{i}", "first n at which e reaches 20", inputs, first, "exact", "mpmath, 50 digits")


def sprt():
    cases = [(0.001, 0.002, 0.05, 0.1), (0.01, 0.03, 0.05, 0.2), (0.2, 0.1, 0.05, 0.1), (0.5, 0.55, 0.01, 0.01),
             (0.9, 0.8, 0.1, 0.05)]
    for i, (p0, p1, alpha, beta) in enumerate(cases, 81):
        a, b = log((1 - beta) / alpha), log(beta / (1 - alpha))
        up, down = log(p1 / p0), log1p(-p1) - log1p(-p0)

        def alarms(x, n):
            ratio = x * up + (n - x) * down
            return 1 if ratio >= a else -1 if ratio <= b else 0

        inputs = f"p0={p0};p1={p1};alpha={alpha};beta={beta}"
        for name, p in (("0", p0), ("1", p1)):
            stopped, mean, above = walk(p, 10**7, alarms)
            row(f"R{i}_ASN{name}", "exact E[N]", inputs, mean, "rel=1e-6", "dictionary recursion")
            error = ("alpha", above) if name == "0" else ("beta", stopped - above)
            row(f"R{i}_{error[0]}", "exact error", inputs, error[1], "rel=1e-6", "dictionary recursion")


def monitor(p0, k, n_last):
    """The alarm rule of the e-value, from float log gammas."""
    a, b = k * p0, k * (1 - p0)
    n = np.arange(n_last + 1)
    g_all = gammaln(k) - gammaln(k + n)
    g_one = gammaln(a + n) - gammaln(a) - n * log(p0)
    g_other = gammaln(b + n) - gammaln(b) - n * log1p(-p0)
    return lambda x, m: 1 if g_all[m] + g_one[x] + g_other[m - x] >= log(20) else 0


def gates():
    for i, (w, k, ratio, errors) in enumerate(
            [(0.05, 10, 3, 100), (0.2, 100, 1, 500), (0.5, 10, 0.5, 80), (0.1, 10, 4, 50), (0.01, 10, 10, 60)], 81):
        share = w * ratio / (w * ratio + 1 - w)
        value, _, _ = walk(share, errors, monitor(w, k, errors))
        inputs = f"canary_weight={w};dirichlet={k}*weights;rate_ratio={ratio};M_errors={errors}"
        row(f"X{i}", "P(alarm within M errors)", inputs, value, "abs=1e-9", "dictionary recursion")
    for i, (truth, last) in enumerate([(0.5, 1000), (0.55, 1000), (0.6, 200), (0.9, 50)], 81):
        value, _, _ = walk(truth, last, monitor(0.5, 100, last))
        inputs = f"looks=1..{last};true={truth}"
        row(f"S_av{i}", "P(alarm of the e-value)", inputs, value, "abs=1e-9", "dictionary recursion")
    z = float(norm.isf(0.025))
    for i, (step, last, p0) in enumerate([(1, 200, 0.1), (7, 300, 0.3), (50, 2000, 0.9)], 81):
        alarms = lambda x, n: 1 if abs(x - n * p0) > z * sqrt(n * p0 * (1 - p0)) else 0
        value, _, _ = walk(p0, last // step * step, alarms, lambda n: n % step == 0)
        inputs = f"looks={step},..,{last};p0={p0}"
        row(f"S_bin{i}", "P(share check ever alarms)", inputs, value, "abs=1e-9", "dictionary recursion")


class Brownian:
    """Brownian motion at equal steps of one, on a dense grid, stopped outside of its bounds."""

    def __init__(self):
        self.points, self.mass, self.look = np.zeros(1), np.ones(1), 0

    def crossing(self, bound):
        edge = bound * sqrt(self.look + 1)
        return float(np.sum(self.mass * (norm.sf(edge - self.points) + norm.cdf(-edge - self.points))))

    def advance(self, bound, count=1500):
        self.look += 1
        edge = min(bound, 9) * sqrt(self.look)
        nodes, weights = np.polynomial.legendre.leggauss(count)
        points = edge * nodes
        density = norm.pdf(points[:, None] - self.points[None, :]) @ self.mass
        self.points, self.mass = points, edge * weights * density


def boundaries():
    z = float(norm.isf(0.025))
    for looks in (3, 10, 20, 50, 100):
        motion, ever = Brownian(), 0.0
        for _ in range(looks):
            ever += motion.crossing(z)
            motion.advance(z, 500)
        row(f"S_norm{looks:03}", "P(any |Z| > 1.96)", f"K={looks};alpha=0.05", ever, "abs=1e-6", "dense grid")
    spendings = {
        "obf": (lambda t: 2 * norm.sf(norm.isf(0.025) / sqrt(t)), "total"),
        "obfLD": (lambda t: 4 * norm.sf(norm.isf(0.0125) / sqrt(t)), "per side"),
        "pow": (lambda t: 0.05 * t * t, "0.05*t^2"),
    }
    for name, (spent, label) in spendings.items():
        for looks in (5, 8):
            motion, before = Brownian(), 0.0
            for look in range(1, looks + 1):
                wanted = float(spent(look / looks)) - before
                bound = brentq(lambda c: log(motion.crossing(c) / wanted), 0.5, 8.5, xtol=1e-12)
                before += wanted
                motion.advance(bound, 300)
                row(f"S_{name}{look}", "spending bound at a look", f"look={look};K={looks};spend={label}",
                    float(bound), "abs=1e-5", "dense grid and Brent's method")


def enumerated_powers():
    z = float(norm.isf(0.025))
    for i, (p1, p2, n1, n2) in enumerate([(0.05, 0.2, 60, 60), (0.02, 0.1, 50, 200), (0.3, 0.3, 40, 25)], 81):
        total, fisher = 0.0, 0.0
        one, other = binom.pmf(np.arange(n1 + 1), n1, p1), binom.pmf(np.arange(n2 + 1), n2, p2)
        for x in range(n1 + 1):
            for y in range(n2 + 1):
                mass = one[x] * other[y]
                pooled = (x + y) / (n1 + n2)
                variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2)
                if variance > 0 and abs(x / n1 - y / n2) / sqrt(variance) >= z:
                    total += mass
                if mass > 1e-14 and fisher_exact([[x, n1 - x], [y, n2 - y]])[1] <= 0.05:
                    fisher += mass
        inputs = f"p1={p1};p2={p2};n1={n1};n2={n2};alpha=0.05"
        row(f"Q_pow{i}", "exact power of the pooled z test", inputs, float(total), "abs=1e-8", "all tables")
        row(f"Q_pow{i + 10}", "exact power of Fisher's test", inputs, float(fisher), "abs=1e-8",
            "all tables, scipy.stats.fisher_exact")


def sizes():
    for i, (p1, last) in enumerate([(0.65, 500), (0.75, 300), (0.4, 600)], 81):
        powers = []
        for n in range(1, last):
            low = int(binom.ppf(0.025, n, 0.5))
            low = low if binom.cdf(low, n, 0.5) <= 0.025 else low - 1
            powers.append(binom.cdf(low, n, p1) + binom.sf(n - low - 1, n, p1) if low >= 0 else 0.0)
        first = next(n for n, power in enumerate(powers, 1) if power >= 0.8)
        stable = max(n for n, power in enumerate(powers, 1) if power < 0.8) + 1
        inputs = f"p0=0.5;p1={p1};alpha=0.05"
        row(f"Q_split{i}a", "first n with power 0.8", inputs, first, "exact", "scipy.stats.binom")
        row(f"Q_split{i}b", "stable N with power 0.8", inputs, stable, "exact", "scipy.stats.binom")
    for i, (c, p, conf) in enumerate([(0, 0.01, 0.95), (2, 0.01, 0.95), (5, 0.002, 0.99), (10, 0.05, 0.9)], 81):
        n = c + 1
        while binom.cdf(c, n, p) > 1 - conf + 1e-13:
            n += 1
        row(f"Q_demo{i}", "smallest n that demonstrates p", f"c={c};p={p};conf={conf}", n, "exact",
            "scipy.stats.binom, one by one")


def canary_worse():
    mpmath.mp.dps = 30
    for i, (es, ns, ec, nc) in enumerate([(9, 900, 2, 100), (0, 1000, 1, 50), (120, 9000, 30, 1000),
                                          (50, 5000, 0, 500), (3000, 90000, 250, 10000), (5, 10, 9, 10)], 81):
        a, b, c, d = 1 + es, 1 + ns - es, 1 + ec, 1 + nc - ec
        total, norm_c = mpmath.mpf(0), mpmath.beta(c, d)
        # P(canary > stable) = sum over j >= a of the beta-binomial law of j among a + b - 1
        n = a + b - 1
        for j in range(a, n + 1):
            total += mpmath.binomial(n, j) * mpmath.beta(c + j, d + n - j) / norm_c
        inputs = f"err_stable={es};n_stable={ns};err_canary={ec};n_canary={nc}"
        row(f"T{i}", "P(canary worse)", inputs, float(total), "abs=1e-9", "beta-binomial sum, 30 digits")


out.writerow(["case_id", "quantity", "inputs", "value", "tolerance", "how_computed"])
for table in (e_values, sprt, gates, boundaries, enumerated_powers, sizes, canary_worse):
    table()
