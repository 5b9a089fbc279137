"""Writes classifiers.safetensors beside it: what scikit-learn and PyTorch answer on cases that classifiers_test.cpp draws.

Case (sample number s, classes K, width D, rows): row i is of class i % K; a feature is 2·uniform − 1, plus 0.7 where the
feature's number % K is the class. The first rows train, the last 20 are asked about.
"""
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from philox import Sequence


def case(number, classes, width, rows):
    random = Sequence(17, 0, number)
    x = [[2 * random.uniform() - 1 + (0.7 if d % classes == i % classes else 0) for d in range(width)] for i in range(rows)]
    x, y = np.array(x, np.float32).astype(np.float64), np.arange(rows) % classes
    return x[:-20], y[:-20], x[-20:]


def logistic(number, classes, width, rows, strength):
    x, y, asked = case(number, classes, width, rows)
    mean, scale = x.mean(0), x.std(0)
    model = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-11, max_iter=1000).fit((x - mean) / scale, y)
    return model.predict_proba((asked - mean) / scale)


def neighbours(number, classes, width, rows, k):
    x, y, asked = case(number, classes, width, rows)
    model = KNeighborsClassifier(k, metric="cosine", weights=lambda d: np.exp(-d / 0.07)).fit(x, y)
    return model.predict_proba(asked)


def probe(number, classes, width, rows):
    x, y, asked = map(torch.tensor, case(number, classes, width, rows))
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(width, affine=False, eps=1e-6), torch.nn.Linear(width, classes)).double()
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1 * len(x) / 256, momentum=0.9)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 90)
    for _ in range(90):  # one batch is an epoch: the order plays no part
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimiser.step()
        schedule.step()
    return model.eval()(asked).softmax(1).detach().numpy()


save_file({"logistic3": logistic(0, 3, 5, 100, 0.5), "logistic2": logistic(1, 2, 4, 80, 2.0),
           "logistic3_weak": logistic(2, 3, 8, 60, 1000.0), "neighbours": neighbours(3, 3, 6, 110, 7),
           "probe": probe(4, 3, 6, 84)}, Path(__file__).parent / "classifiers.safetensors")
