"""Writes metrics.safetensors beside it: scikit-learn's figures on 1,000 random cases, which metrics_test.cpp draws again.

Case i: classes = 2 + i % 4, samples = 12 + i % 29; a true label is floor(uniform·classes), but the first samples are one of
each class; a score is 1 + floor(10·uniform), the true class's raised by floor(6·uniform), divided by the row's sum.
"""
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sklearn import metrics as m

from philox import Sequence

rows = []
for case in range(1000):
    random, classes, samples = Sequence(11, 0, case), 2 + case % 4, 12 + case % 29
    truth = [j if j < classes else int(random.uniform() * classes) for j in range(samples)]
    scores = np.empty((samples, classes))
    for j in range(samples):
        row = [1.0 + int(10 * random.uniform()) for _ in range(classes)]
        row[truth[j]] += int(6 * random.uniform())
        scores[j] = np.array(row) / sum(row)
    said = scores.argmax(1)
    truth, labels = np.array(truth), range(classes)
    kappa = lambda weights: m.cohen_kappa_score(truth, said, labels=labels, weights=weights)
    one = [1] if classes == 2 else labels
    mean = lambda figure: np.mean([figure(truth == c, scores[:, c]) for c in one])
    if classes > 2:
        assert abs(mean(m.roc_auc_score) - m.roc_auc_score(truth, scores, multi_class="ovr")) < 1e-12
    rows.append([m.accuracy_score(truth, said), m.balanced_accuracy_score(truth, said),
                 m.f1_score(truth, said, average="macro"), kappa(None), kappa("linear"), kappa("quadratic"),
                 mean(m.roc_auc_score), mean(m.average_precision_score),
                 m.f1_score(truth, said, labels=labels, average=None, zero_division=0)[-1]])
save_file({"figures": np.array(rows)}, Path(__file__).parent / "metrics.safetensors")
