// Fine-tuning: a classifier learns from labelled images.
#pragma once

#include <string>

#include "sdmae/loss/cross_entropy.hpp"
#include "sdmae/masking/none.hpp"
#include "sdmae/model/classifier.hpp"
#include "sdmae/train/pretrainer.hpp"

namespace sdmae {

/// A pretrainer that sees whole images and learns from labels alone. Settings that are usual here: .layer_decay = 0.75,
/// .drop_path = 0.1. Its batches bring labels; see labelled_batch.
template <class Model>
class finetuner : public pretrainer<Model, masking::none, loss::weighted_sum<loss::cross_entropy>> {
  using trainer_type = pretrainer<Model, masking::none, loss::weighted_sum<loss::cross_entropy>>;

 public:
  finetuner(Model& trained, loss::cross_entropy loss, adamw optimiser, const pretrain_settings& chosen = {})
      : trainer_type(trained, {}, 1.0 * loss, optimiser, chosen) {
    if (loss.classes < 0 || loss.classes == 1 || loss.classes > Model::architecture::K)
      throw error("classes", std::to_string(loss.classes) + " are not 2 to " + std::to_string(Model::architecture::K),
                  "build a vit_classifier with room for more");
    if (!(loss.smoothing >= 0 && loss.smoothing < 1))
      throw error("smoothing", "must lie in [0, 1)", "the usual one is 0.1");
  }
};

template <class Model>
finetuner(Model&, loss::cross_entropy, adamw, pretrain_settings = {}) -> finetuner<Model>;

}  // namespace sdmae
