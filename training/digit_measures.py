"""Measures of a set of digits: recognised, varied, not copied. Numbers in, numbers out; trains nothing."""

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.spatial.distance import cdist, pdist

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]

_SMALLEST = 1e-12  # probability


def accuracy(probabilities: Numbers, digits: Labels) -> float:
    return float((probabilities.argmax(axis=1) == digits).mean())


def inception_score(probabilities: Numbers) -> float:
    """1 for mush, 10 for ten digits that are all clear and equally frequent."""
    p = np.clip(probabilities, _SMALLEST, 1.0)
    return float(np.exp((p * (np.log(p) - np.log(p.mean(axis=0)))).sum(axis=1).mean()))


def spread(features: Numbers, digits: Labels) -> float:
    """Mean distance between two of the same digit, averaged over the digits that are there twice."""
    several = [
        digit for digit, count in zip(*np.unique(digits, return_counts=True), strict=True) if count > 1
    ]
    return float(np.mean([pdist(features[digits == digit]).mean() for digit in several]))


def nearest(places: Numbers, digits: Labels, others: Numbers, other_digits: Labels) -> Numbers:
    """Of each the distance to the nearest of the others that is the same digit."""
    found = np.empty(len(places))
    for digit in np.unique(digits):
        mine = digits == digit
        found[mine] = cdist(places[mine], others[other_digits == digit]).min(axis=1)
    return found


def frechet(a: Numbers, b: Numbers) -> float:
    """Between the normal distributions that fit two sets of features best."""
    covariances = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # The trace of the root of a product, by way of a symmetric one, whose root is real.
    root = linalg.sqrtm(covariances[0])
    product = linalg.eigvalsh(np.real(root) @ covariances[1] @ np.real(root))
    trace = np.sqrt(np.clip(product, 0.0, None)).sum()
    apart = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    return float(apart + np.trace(covariances[0]) + np.trace(covariances[1]) - 2.0 * trace)
