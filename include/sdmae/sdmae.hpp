// Everything that needs no more than Eigen, xtensor and the standard library: architectures, backends for the CPU,
// masks, losses, training. Images and checkpoints are headers of their own (data/folder.hpp, io/safetensors.hpp,
// train/checkpoint.hpp, …), each with a CMake component.
#pragma once

#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/data/array.hpp"
#include "sdmae/data/loader.hpp"
#include "sdmae/data/synthetic.hpp"
#include "sdmae/loss/cross_entropy.hpp"
#include "sdmae/loss/feature_distillation.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/loss/texture.hpp"
#include "sdmae/loss/weighted_sum.hpp"
#include "sdmae/masking/any.hpp"
#include "sdmae/masking/given.hpp"
#include "sdmae/model/classifier.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/model/paint.hpp"
#include "sdmae/model/presets.hpp"
#include "sdmae/model/reconstruction.hpp"
#include "sdmae/model/sd_mae.hpp"
#include "sdmae/train/classifier_trainer.hpp"
#include "sdmae/train/finetuner.hpp"
#include "sdmae/train/preset_trainer.hpp"
#include "sdmae/train/pretrainer.hpp"
#include "sdmae/train/trainer.hpp"
