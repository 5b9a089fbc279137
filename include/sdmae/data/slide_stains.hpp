// How slides are stained, for normalisation by slide.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/data/stain_measure.hpp"

namespace sdmae {

/// Each slide's stain, from the pixels of at most 256 of its samples together, evenly apart in their order:
///
///     slide_stains stains(slides);                                   // each sample's slide, numbered from 0
///     for (index i : stains.measured()) stains.add(i, data.load(i).image);
///
/// A data set whose load(i) then sets decoded_image::slide_stain to stains.of(i) can be normalised by slide.
class slide_stains {
 public:
  explicit slide_stains(std::vector<index> slides) : slides_(std::move(slides)) {
    const index count = slides_.empty() ? 0 : *std::max_element(slides_.begin(), slides_.end()) + 1;
    counts_.resize(static_cast<std::size_t>(count));
    std::vector<std::vector<index>> samples(counts_.size());
    for (std::size_t i = 0; i < slides_.size(); ++i)
      samples[static_cast<std::size_t>(slides_[i])].push_back(static_cast<index>(i));
    for (const std::vector<index>& of_slide : samples) {
      const auto all = static_cast<index>(of_slide.size()), some = std::min<index>(all, 256);
      for (index k = 0; k < some; ++k) measured_.push_back(of_slide[static_cast<std::size_t>(k * all / some)]);
    }
  }

  /// The samples that are to be added.
  std::span<const index> measured() const { return measured_; }
  /// From any thread, in any order: what is measured is the same.
  void add(index sample, const image8& image) {
    stain_counts counts;
    counts.add(image);
    const std::lock_guard lock(mutex_);
    counts_[slide_of(sample)] += counts;
  }
  /// Of the slide of a sample, once all are added; nothing where they say too little of it, see stain_counts.
  std::optional<stain_statistics> of(index sample) const { return counts_[slide_of(sample)].statistics(); }

 private:
  std::size_t slide_of(index sample) const {
    return static_cast<std::size_t>(slides_[static_cast<std::size_t>(sample)]);
  }

  std::vector<index> slides_, measured_;
  std::vector<stain_counts> counts_;
  std::mutex mutex_;
};

}  // namespace sdmae
