// A data set whose images know how their slide is stained, for normalisation by slide.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/dataset.hpp"
#include "sdmae/data/stain_measure.hpp"

namespace sdmae {

/// The images of another data set, which must outlive this one, with decoded_image::stain_of_slide: the stain of the
/// pixels of at most 256 images of the slide together, evenly apart in their order. A slide is measured when the first
/// of its images is loaded, or before that by measure(); an image that cannot be read counts nothing there. What is
/// measured depends on the images alone.
template <dataset Dataset>
class slide_stained {
 public:
  /// `slides`: each image's, numbered from 0. Throws sdmae::error where they are not as many, or one is below 0.
  slide_stained(const Dataset& data, std::vector<index> slides)
      : data_(data),
        slides_(checked(std::move(slides), data.size())),
        by_slide_(ascending_order(static_cast<index>(slides_.size()))),
        stains_(slides_.empty() ? 0 : static_cast<std::size_t>(*std::max_element(slides_.begin(), slides_.end())) + 1) {
    std::stable_sort(by_slide_.begin(), by_slide_.end(), [&](index a, index b) { return slide(a) < slide(b); });
    for (const index i : by_slide_) ++stains_[slide(i)].images;
    index first = 0;
    for (slide_images& one : stains_) one.first = std::exchange(first, first + one.images);
  }

  index size() const { return data_.size(); }
  std::string name(index i) const { return data_.name(i); }
  decoded_image load(index i) const {
    decoded_image found = data_.load(i);
    measure(slide_of(i));
    found.stain_of_slide = stains_[slide(i)].stain;
    return found;
  }

  index slides() const { return static_cast<index>(stains_.size()); }
  index slide_of(index image) const { return slides_[static_cast<std::size_t>(image)]; }
  /// Measures a slide that was not yet. Threads may measure one each; else those that load its images wait for the
  /// first.
  void measure(index slide) const {
    slide_images& one = stains_[static_cast<std::size_t>(slide)];
    std::call_once(one.once, [&] { one.stain.measured = stain_of(one); });
  }

 private:
  struct slide_images {
    std::once_flag once;
    index first = 0, images = 0;  // a part of by_slide_
    slide_stain stain;
  };

  static std::vector<index> checked(std::vector<index> slides, index images) {
    if (static_cast<index>(slides.size()) != images ||
        (images > 0 && *std::min_element(slides.begin(), slides.end()) < 0))
      throw error("slide_stained", std::to_string(slides.size()) + " slides of " + std::to_string(images) + " images",
                  "give one for each, numbered from 0");
    return slides;
  }
  std::size_t slide(index i) const { return static_cast<std::size_t>(slide_of(i)); }
  measured_stain stain_of(const slide_images& one) const {
    stain_counts counts;
    const index some = std::min<index>(one.images, 256);
    for (index k = 0; k < some; ++k) try {
        counts.add(data_.load(by_slide_[static_cast<std::size_t>(one.first + k * one.images / some)]).image);
      } catch (const error&) {
      }
    return counts.statistics();
  }

  const Dataset& data_;
  std::vector<index> slides_, by_slide_;
  mutable std::vector<slide_images> stains_;
};

}  // namespace sdmae
