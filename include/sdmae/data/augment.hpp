// What is done to a picture before the network sees it: its stain may be normalised; then a part of it at the
// network's size, which may be turned, stained otherwise, colored otherwise, blurred, and partly erased, in this order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sdmae/core/random.hpp"
#include "sdmae/data/blur.hpp"
#include "sdmae/data/color_jitter.hpp"
#include "sdmae/data/crop.hpp"
#include "sdmae/data/erase.hpp"
#include "sdmae/data/resample.hpp"
#include "sdmae/data/stain_jitter.hpp"
#include "sdmae/data/stain_normalise.hpp"
#include "sdmae/data/turn.hpp"

namespace sdmae {

/// As given, SD-MAE's as released: crops alone, resized bilinearly. He et al.'s has crop.min_scale 0.2, bicubic and
/// turn.mirror 0.5. Each part has random numbers of its own: switching one on changes no other's.
struct augmentation {
  stain_normalisation normalise_stain = stain_normalisation::none;  // of the whole picture, to reference_stain
  cropping part = cropping::random;
  crop_settings crop = {};
  interpolation filter = interpolation::bilinear;
  turn_settings turn = {};
  stain_jitter stain = {};
  color_jitter color = {};
  blur_settings blur = {};
  erase_settings erase = {};
};

/// Throws an sdmae::error that names the part that is out of range.
inline void check_augmentation(const augmentation& how) {
  if (how.part == cropping::random) check_crop(how.crop);
  check_turn(how.turn);
  check_stain(how.stain);
  check_color(how.color);
  check_blur(how.blur);
  check_erase(how.erase);
}

namespace detail {

inline void cut_and_turn(const image8& image, const augmentation& how, std::uint64_t seed, index epoch, index sample,
                         index height, index width, std::uint8_t* out) {
  const orientation turned = draw_orientation(how.turn, seed, epoch, sample);
  const index rows = turned.sideways() ? width : height, columns = turned.sideways() ? height : width;
  pixel_box box = whole_box(image.height, image.width);
  if (how.part == cropping::random) box = random_box(image.height, image.width, how.crop, seed, epoch, sample);
  if (how.part == cropping::center) box = center_box(image.height, image.width, rows, columns);
  if (turned == orientation{}) return resample(image, box, rows, columns, how.filter, out);
  orient(resized(image, box, rows, columns, how.filter), turned, out);
}

}  // namespace detail

/// Writes a sample as it is seen in an epoch to out [height, width, 3], which is overwritten. Depends on the picture,
/// the settings (checked: check_augmentation), seed, epoch and sample number, and, where stain is normalised by slide,
/// on that of its slide, see decoded_image::stain_of_slide.
inline void augment(const image8& image, const augmentation& how, std::uint64_t seed, index epoch, index sample,
                    index height, index width, std::uint8_t* out,
                    const std::optional<slide_stain>& stain_of_slide = std::nullopt) {
  const auto numbers = [&](stream purpose) {
    return random_sequence(seed, purpose, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(sample));
  };
  const auto cut_and_turn = [&](const image8& from) {
    detail::cut_and_turn(from, how, seed, epoch, sample, height, width, out);
  };
  how.normalise_stain == stain_normalisation::none
      ? cut_and_turn(image)
      : cut_and_turn(with_normalised_stain(image, how.normalise_stain, stain_of_slide));
  if (how.stain.on()) jitter_stain(how.stain, numbers(stream::stain), height * width, out);
  if (how.color.on()) jitter_color(how.color, numbers(stream::color), height * width, out);
  if (how.blur.on()) blur_sometimes(how.blur, numbers(stream::blur), height, width, out);
  if (how.erase.on()) erase_sometimes(how.erase, numbers(stream::erase), height, width, out);
}

}  // namespace sdmae
