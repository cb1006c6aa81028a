"""What scipy says: quantiles and indices of the cases on standard input, and the factors of control charts by integration."""
import json
import sys

import numpy as np
from scipy import stats


def intervals(values, lower, upper, subgroup):
    values = np.array(values)
    n = len(values)
    d2 = FACTORS["d2"]
    d3 = FACTORS["d3"]
    if subgroup == 1:
        sigma = np.mean(np.abs(np.diff(values))) / d2[0]
        nu = (n - 1) ** 2 / (2 * (0.8264 * n - 1.082))
    else:
        groups = values[: n // subgroup * subgroup].reshape(-1, subgroup)
        sigma = np.mean(np.ptp(groups, axis=1)) / d2[subgroup - 2]
        nu = len(groups) * d2[subgroup - 2] ** 2 / (2 * d3[subgroup - 2] ** 2)
    s = np.std(values, ddof=1)
    out = {"mean": float(np.mean(values)), "s": float(s)}
    for names, sd, degrees in ((("cp", "cpk"), sigma, nu), (("pp", "ppk"), s, n - 1)):
        if lower is not None and upper is not None:
            cp = (upper - lower) / (6 * sd)
            out[names[0]] = [cp, cp * np.sqrt(stats.chi2.ppf(0.025, degrees) / degrees), cp * np.sqrt(stats.chi2.ppf(0.975, degrees) / degrees)]
        else:
            out[names[0]] = None
        sides = ([np.mean(values) - lower] if lower is not None else []) + ([upper - np.mean(values)] if upper is not None else [])
        cpk = min(sides) / (3 * sd)
        half = stats.norm.ppf(0.975) * np.sqrt(1 / (9 * n) + cpk**2 / (2 * degrees))
        out[names[1]] = [cpk, cpk - half, cpk + half]
    return out


def factors():
    """Mean and standard deviation of the range of n normal values, from the joint distribution of the least and the greatest."""
    x = np.linspace(-8, 8, 1601)
    cdf = stats.norm.cdf(x)
    step = x[1] - x[0]
    between = np.clip(cdf[None, :] - cdf[:, None], 0, None)
    above = np.triu(np.ones((len(x), len(x))), 1) + 0.5 * np.eye(len(x))
    d2, d3 = [], []
    for n in range(2, 26):
        mean = np.sum(1 - (1 - cdf) ** n - cdf**n) * step
        joint = 1 - cdf[None, :] ** n - (1 - cdf[:, None]) ** n + between**n
        square = 2 * np.sum(joint * above) * step * step
        d2.append(float(mean))
        d3.append(float(np.sqrt(square - mean**2)))
    return {"d2": d2, "d3": d3}


given = json.load(sys.stdin)
FACTORS = given["factors"]
json.dump(
    {
        "quantiles": [float(stats.chi2.ppf(p, degrees)) for p, degrees in given["quantiles"]],
        "probabilities": [float(stats.gamma.cdf(x, a)) for a, x in given["probabilities"]],
        "cases": [intervals(**one) for one in given["cases"]],
        "factors": factors(),
    },
    sys.stdout,
)
