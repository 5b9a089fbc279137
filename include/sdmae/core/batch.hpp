// Where a training step gets its images from: slice by slice.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>

#include "sdmae/core/images.hpp"

namespace sdmae {

/// A batch of images is anything with
///  1. `value_type`: std::uint8_t for 8-bit images [H, W, C], or a floating-point type for normalised images [C, H, W];
///  2. `size()`, the number of images B, and `epoch()`, `sample(i)`: what image i is called when its mask is drawn;
///  3. `next(count, out)`: writes the next `count` images, in order, each of them once a step.
template <class S>
concept image_batch = requires(S& batch, index i, typename S::value_type* out) {
  { batch.size() } -> std::convertible_to<index>;
  { batch.epoch() } -> std::convertible_to<index>;
  { batch.sample(i) } -> std::convertible_to<index>;
  batch.next(i, out);
};

/// A batch whose images are labelled also has `label(i, out)`: writes how much image i shows of each class, one number
/// for each class that is told apart; they sum to 1.
template <class S, class T>
concept labelled_batch = image_batch<S> && requires(const S& batch, index i, T* out) {
  batch.label(i, out);
};

/// How a model reads the images of a batch.
template <image_shape Image, class Value>
struct image_format {
  using type = normalised_images<Image, Value>;
};
template <image_shape Image>
struct image_format<Image, std::uint8_t> {
  using type = byte_images<Image>;
};

/// Images that stand in the caller's memory one after the other, 8-bit [B, H, W, C] or normalised [B, C, H, W]. Image i
/// is sample first_sample + i. The batch is read from its start again in every step.
template <image_shape Image, class Value>
class array_batch {
 public:
  using value_type = Value;
  array_batch(const Value* images, index count, index epoch = 0, index first_sample = 0)
      : images_(images), count_(count), epoch_(epoch), first_sample_(first_sample) {}

  index size() const { return count_; }
  index epoch() const { return epoch_; }
  index sample(index i) const { return first_sample_ + i; }
  void next(index count, Value* out) {
    std::copy_n(images_ + used_ * Image.values(), count * Image.values(), out);
    used_ = (used_ + count) % count_;
  }

 private:
  const Value* images_;
  index count_, epoch_, first_sample_, used_ = 0;
};

/// The same with labels [B, classes].
template <image_shape Image, class Value, class T>
class labelled_array_batch : public array_batch<Image, Value> {
 public:
  labelled_array_batch(const Value* images, const T* labels, index classes, index count, index epoch = 0,
                       index first_sample = 0)
      : array_batch<Image, Value>(images, count, epoch, first_sample), labels_(labels), classes_(classes) {}

  void label(index i, T* out) const { std::copy_n(labels_ + i * classes_, classes_, out); }

 private:
  const T* labels_;
  index classes_;
};

/// 8-bit images whose source is known at run time only.
class byte_batch {
 public:
  using value_type = std::uint8_t;
  virtual ~byte_batch() = default;
  virtual index size() const = 0;
  virtual index epoch() const = 0;
  virtual index sample(index i) const = 0;
  virtual void next(index count, std::uint8_t* out) = 0;
};
class labelled_byte_batch : public byte_batch {
 public:
  virtual void label(index i, float* out) const = 0;
};

}  // namespace sdmae
