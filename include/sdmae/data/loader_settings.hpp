// What can be chosen about loading images.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sdmae/core/error.hpp"
#include "sdmae/data/augment.hpp"

namespace sdmae {

/// How a loader works; see there.
struct loader_settings {
  index height = 0, width = 0;  // of the images handed out
  index batch = 1;
  std::uint64_t seed = 0;
  augmentation augment = {};
  bool shuffle = true;                                  // false: every epoch in the data set's own order
  index first_step = 0;                                 // where to go on
  index threads = 1;                                    // that decode
  index ahead = 64;                                     // images held decoded and cropped, at most
  std::function<void(const std::string&)> notice = {};  // called on the pulling thread, a line at a time
};

/// Throws an sdmae::error for settings that are out of range, or when `size` samples do not fill a batch.
inline void check_loader(const loader_settings& settings, index size) {
  const auto need = [](bool good, const std::string& what, const std::string& remedy) {
    if (!good) throw error("loader", what, remedy);
  };
  need(settings.height >= 1 && settings.width >= 1, "images of no size asked for", "set height and width");
  need(settings.batch >= 1, "the batch is empty", "ask for at least one image a batch");
  need(settings.threads >= 1 && settings.ahead >= 1, "no threads, or nothing held ahead", "give at least one");
  need(settings.first_step >= 0, "the first step is negative", "count steps from 0");
  need(size >= settings.batch,
       "a batch of " + std::to_string(settings.batch) + " needs as many images, there are " + std::to_string(size),
       "make the batch smaller or add images");
  check_augmentation(settings.augment);
}

}  // namespace sdmae
