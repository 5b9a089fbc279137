// What the host prepares for a slice of a batch: its images, and what is drawn and told for them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sdmae/core/batch.hpp"
#include "sdmae/masking/draw.hpp"
#include "sdmae/train/drop_path.hpp"
#include "sdmae/train/slice_pass.hpp"

namespace sdmae {

/// Holds one slice at a time. T: of what the backend computes in.
template <class Architecture, class T>
class host_slice {
 public:
  static constexpr bool labelled = Architecture::says == distilled::classes;

  /// Takes memory for slices of `images` images where there is not enough yet.
  template <class Value>
  void reserve(index images) {
    const auto count = static_cast<std::size_t>(images);
    grow(images_, count * Architecture::image.values() * sizeof(Value));
    grow(masks_, count * Architecture::N);
    grow(keep_, static_cast<std::size_t>(drop_path_values<Architecture>(images)));
    grow(labels_, labelled ? count * Architecture::K : 0);
  }

  /// Pulls images [first, first + count) of a batch and draws from `seed` what their masks hide and which branches
  /// they drop (`drop_path`, see draw_drop_path; 0: none). Allocates nothing.
  template <class Batch, masking::mask_policy Mask>
  slice_inputs<typename Batch::value_type, T> fill(Batch& batch, index first, index count, const Mask& mask,
                                                   std::uint64_t seed, double drop_path) {
    using Value = typename Batch::value_type;
    Value* const images = reinterpret_cast<Value*>(images_.data());
    batch.next(count, images);
    masking::draw_slice<Architecture::image>(mask, seed, batch, first, count, images, masks_.data());
    for (index i = 0; drop_path > 0 && i < count; ++i)
      draw_drop_path<Architecture>(drop_path, seed, static_cast<std::uint64_t>(batch.epoch()),
                                   static_cast<std::uint64_t>(batch.sample(first + i)), i, count, keep_.data());
    if constexpr (labelled)
      for (index i = 0; i < count; ++i) batch.label(first + i, labels_.data() + i * Architecture::K);
    return {images, masks_.data(), drop_path > 0 ? keep_.data() : nullptr, labelled ? labels_.data() : nullptr};
  }

 private:
  template <class Values>
  static void grow(Values& values, std::size_t count) {
    values.resize(std::max(values.size(), count));
  }

  std::vector<std::byte> images_;
  std::vector<std::int32_t> masks_;
  std::vector<T> keep_, labels_;
};

}  // namespace sdmae
