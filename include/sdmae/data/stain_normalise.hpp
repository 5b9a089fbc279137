// Stain normalisation: the tissue of every tile, or of every slide, gets about the same mean and spread of optical
// density, whichever laboratory stained it and whichever scanner took it. Reinhard et al., "Color transfer between
// images" (IEEE CG&A 2001), match mean and deviation in decorrelated logarithms of color; here they are matched in
// optical density, which is proportional to the amount of stain, channel by channel, and over tissue alone.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>

#include "sdmae/core/error.hpp"
#include "sdmae/data/image.hpp"
#include "sdmae/data/optical_density.hpp"
#include "sdmae/data/stain_measure.hpp"
#include "sdmae/data/stain_statistics.hpp"

namespace sdmae {

/// Whether stain is normalised, and by what is measured where: on each tile alone, which makes all tiles alike, or on
/// the tiles of a slide together, which keeps how they differ from one another.
enum class stain_normalisation { none, by_tile, by_slide };

/// Mean and deviation of common haematoxylin and eosin.
inline constexpr stain_statistics reference_stain{{0.35, 0.62, 0.35}, {0.25, 0.30, 0.20}};

/// Changes `image` in place. With m and s the mean and deviation that were measured of a channel, density d becomes
///   d' = M + S·(d − m)/(s + 0.001), at least 0,   I' = 255·exp(−d'), rounded,
/// at the pixels of tissue; M and S are the target's. Glass and padding stay as they are. Glass darker or more colored
/// than background's counts as tissue, pale grey tissue as glass. What would be paler than white becomes white, by
/// which the mean rises and the spread falls a little.
inline void match_stain(image8& image, const stain_statistics& measured,
                        const stain_statistics& target = reference_stain) {
  const std::array<float, 256>& densities = optical_densities();
  std::array<std::array<std::uint8_t, 256>, 3> changed{};
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t v = 0; v < 256; ++v) {
      const double above = densities[v] - measured.mean[c];
      const double density = target.mean[c] + target.deviation[c] * above / (measured.deviation[c] + 1e-3);
      changed[c][v] = static_cast<std::uint8_t>(255 * std::exp(-std::max(density, 0.0)) + 0.5);
    }
  const index pixels = image.height * image.width;
  for (index i = 0; i < pixels; ++i) {
    std::uint8_t* const rgb = image.pixels.data() + 3 * i;
    const bool changes = detail::is_tissue(rgb);
    for (std::size_t c = 0; c < 3; ++c) rgb[c] = changes ? changed[c][rgb[c]] : rgb[c];
  }
}

/// The same by what the picture's own stain is; one that says too little of it, see stain_counts, stays as it is.
inline void normalise_stain(image8& image, const stain_statistics& target = reference_stain) {
  if (const measured_stain measured = measure_stain(image)) match_stain(image, *measured, target);
}

/// `image`, normalised as asked for. By slide it goes by itself where its slide says too little of its stain. Throws
/// sdmae::error where that is asked for, and not known: see decoded_image::stain_of_slide.
inline image8 with_normalised_stain(image8 image, stain_normalisation how = stain_normalisation::by_tile,
                                    const std::optional<slide_stain>& stain_of_slide = std::nullopt) {
  const bool by_slide = how == stain_normalisation::by_slide;
  if (by_slide && !stain_of_slide)
    throw error("stain normalisation by slide", "how the slide of an image is stained is not known",
                "load images from a slide_stained data set, or normalise by tile");
  if (by_slide && stain_of_slide->measured)
    match_stain(image, *stain_of_slide->measured);
  else if (how != stain_normalisation::none)
    normalise_stain(image);
  return image;
}

}  // namespace sdmae
