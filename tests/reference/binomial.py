"""Writes binomial.csv and special.csv, the values that tests/accuracy.rs holds the library against.

Binomial tails are summed term by term at 60 digits with an exact rational share; the special
functions are mpmath's own, or found by bisection. Run: python3 tests/reference/binomial.py
"""

import csv
import pathlib
from fractions import Fraction

from mpmath import mp, mpf

mp.dps = 60
HERE = pathlib.Path(__file__).parent
SIZES = [10, 1_000, 100_000, 10_000_000]
SHARES = [Fraction(1, 2), Fraction(1, 5), Fraction(9, 10), Fraction(1, 100), Fraction(9_999, 10_000)]
DISTANCES = [-30, -8, -4, -1, 0, 1, 4, 8, 30]


def digits(value):
    return mp.nstr(value, 20, min_fixed=0, max_fixed=0)


def mass(n, share, k):
    p = mpf(share.numerator) / share.denominator
    log = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
    return mp.exp(log + k * mp.log(p) + (n - k) * mp.log(1 - p))


def tail(n, share, k, step):
    """The sum of the masses from k on, in steps of +1 or -1, until they vanish."""
    p = mpf(share.numerator) / share.denominator
    odds = p / (1 - p) if step > 0 else (1 - p) / p
    term = total = mass(n, share, k)
    while 0 <= k + step <= n:
        ratio = (mpf(n - k) / (k + 1) if step > 0 else mpf(k) / (n - k + 1)) * odds
        term *= ratio
        total += term
        k += step
        if ratio < 1 and term < total * mpf(10) ** -30 * (1 - ratio):
            break
    return total


def binomial_rows():
    for n in SIZES:
        for share in SHARES:
            mean = n * share
            sd = mp.sqrt(mpf(n) * share.numerator * (share.denominator - share.numerator)) / share.denominator
            counts = {min(max(int(mp.nint(mpf(mean.numerator) / mean.denominator + z * sd)), 0), n) for z in DISTANCES}
            for k in sorted(counts | {0, n}):
                pmf = mass(n, share, k)
                if pmf < mpf(10) ** -290:
                    continue
                if k < mean:
                    cdf = tail(n, share, k, -1)
                    sf = 1 - cdf
                else:
                    sf = tail(n, share, k + 1, 1) if k < n else mpf(0)
                    cdf = 1 - sf
                yield [n, f"{share.numerator}/{share.denominator}", k, digits(pmf), digits(cdf), digits(sf)]


def lower_beta(a, b, x, y):
    """x^a y^b / (a B(a, b)) times the positive series of 2F1(a+b, 1; a+1; x)."""
    front = mp.exp(a * mp.log(x) + b * mp.log(y) - mp.loggamma(a) - mp.loggamma(b) + mp.loggamma(a + b)) / a
    term = total = mpf(1)
    step = 0
    while term > total * mpf(10) ** -35 * (1 - x):
        term *= (a + b + step) / (a + 1 + step) * x
        total += term
        step += 1
    return front * total


def beta_tails(a, b, x):
    """Both tails, from the series that is short there."""
    x = mpf(x)
    if x * (a + b) < a + 200:
        lower = lower_beta(a, b, x, 1 - x)
        return lower, 1 - lower
    upper = lower_beta(b, a, 1 - x, x)
    return 1 - upper, upper


def beta_quantile(a, b, probability):
    # Bisection in the logarithm: the root may be near 0.
    mean = mp.log(a / (a + b))
    low, high = mean - 12, min(mean + 4, -mpf(10) ** -9)
    for _ in range(75):
        middle = (low + high) / 2
        if beta_tails(a, b, mp.exp(middle))[0] < probability:
            low = middle
        else:
            high = middle
    return mp.exp((low + high) / 2)


def special_rows():
    mp.dps = 40
    for a, b, x in [(0.5, 0.5, 0.25), (2, 3, 0.5), (7.5, 8.5, 0.2), (0.5, 100.5, 1e-4), (1.5, 100.5, 0.1),
                    (2000.5, 8000.5, 0.19), (2000.5, 8000.5, 0.25), (300.5, 99700.5, 0.004), (1, 1e6, 1e-6)]:
        lower, upper = beta_tails(mpf(a), mpf(b), x)
        yield ["regularised_beta", f"{a};{b};{x}", digits(lower)]
        yield ["regularised_beta_upper", f"{a};{b};{x}", digits(upper)]
    for a, b, probability in [(0.5, 0.5, 0.025), (7, 9, 0.025), (8, 8, 0.975), (7.5, 8.5, 0.025),
                              (1.5, 1e6, 0.025), (3, 999998, 0.025), (11, 1e7 - 10, 0.975)]:
        yield ["inverse_regularised_beta", f"{a};{b};{probability}", digits(beta_quantile(mpf(a), mpf(b), mpf(probability)))]
    yield ["inverse_regularised_beta", "1.0;10000000.0;0.975", digits(-mp.expm1(mp.log(1 - mpf(0.975)) / 10**7))]
    for a, b in [(0.5, 0.5), (3, 4), (0.5, 1e6), (5, 12), (20.5, 1e7), (5e5, 5e5)]:
        value = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(mpf(a) + b)
        yield ["ln_beta", f"{a};{b}", digits(value)]
    for x in [0.1, 0.5, 3.5, 12.25, 1000.5, 1e7]:
        yield ["ln_gamma", f"{x}", digits(mp.loggamma(x))]
    for n, k in [(5, 2), (100, 50), (1000, 3), (10**7, 5 * 10**6), (10**7, 12)]:
        value = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
        yield ["ln_binomial_coefficient", f"{n};{k}", digits(value)]
    for z in [-20, -6, -1.96, -0.5, 0, 0.5, 1.96, 6]:
        yield ["normal_cdf", f"{z}", digits(mp.ncdf(z))]
        yield ["normal_sf", f"{z}", digits(mp.ncdf(-z))]
    for probability in [1e-300, 1e-100, 1e-20, 1e-9, 0.001, 0.025, 0.3]:
        log_target = mp.log(mpf(probability))
        z = mp.findroot(lambda v: mp.log(mp.erfc(v / mp.sqrt(2)) / 2) - log_target, (mpf(0.1), mpf(40)), solver="anderson")
        yield ["normal_upper_quantile", f"{probability}", digits(z)]
    for statistic, degrees in [(0.1, 1), (3.84, 1), (60, 1), (0.5, 2), (9.2, 3), (100, 3), (50, 19), (400, 19), (900, 1000)]:
        yield ["chi_square_sf", f"{statistic};{degrees}", digits(mp.gammainc(mpf(degrees) / 2, mpf(statistic) / 2, regularized=True))]
    for probability, degrees in [(0.05, 1), (1e-9, 1), (0.05, 2), (0.001, 6), (1e-20, 6), (0.9, 19)]:
        low, high = mpf(0), mpf(2000)
        for _ in range(140):
            middle = (low + high) / 2
            if mp.gammainc(mpf(degrees) / 2, middle / 2, regularized=True) > mpf(probability):
                low = middle
            else:
                high = middle
        yield ["chi_square_upper_quantile", f"{probability};{degrees}", digits(low)]


def write(name, header, rows):
    with open(HERE / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    write("binomial.csv", ["n", "share", "k", "pmf", "cdf", "sf"], binomial_rows())
    write("special.csv", ["function", "arguments", "value"], special_rows())
