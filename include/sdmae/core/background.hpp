// Which patches of a picture show glass instead of tissue.
#pragma once

#include "sdmae/core/config.hpp"

namespace sdmae {

/// A pixel is glass when it is bright and grey, a patch is background when it mostly consists of such pixels.
struct background {
  double brightness = 0.8;   // a glass pixel's largest channel is at least this, of 1 …
  double saturation = 0.08;  // … and (largest − smallest)/largest at most this
  double share = 0.75;       // a background patch has at least this share of glass

  /// Channels are in [0, 1].
  SDMAE_HOST_DEVICE constexpr bool is_glass(double red, double green, double blue) const {
    const double above = red > green ? red : green, below = red > green ? green : red;
    const double largest = blue > above ? blue : above, smallest = blue < below ? blue : below;
    return largest >= brightness && largest - smallest <= saturation * largest;
  }
  /// Of a patch of `pixels` pixels, `glass` of which are glass.
  SDMAE_HOST_DEVICE constexpr bool holds(double glass, double pixels) const { return glass >= share * pixels; }

  friend constexpr bool operator==(const background&, const background&) = default;
};

}  // namespace sdmae
