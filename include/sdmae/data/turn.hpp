// Mirror images and right-angle turns: tissue has no up and no down.
#pragma once

#include <cstdint>
#include <string>

#include "sdmae/core/error.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/data/image.hpp"

namespace sdmae {

/// Probabilities. 0.5, 0 and 0.75 make all eight positions of a tile equally likely.
struct turn_settings {
  double mirror = 0;   // that left and right change places
  double flip = 0;     // that top and bottom do
  double quarter = 0;  // that it is turned by one, two or three right angles, each as likely
};

/// Throws an sdmae::error that names `where` when a setting is out of range.
inline void check_turn(const turn_settings& settings, const std::string& where = "flips and turns") {
  for (const double probability : {settings.mirror, settings.flip, settings.quarter})
    if (!(probability >= 0 && probability <= 1))
      throw error(where, "a probability must be 0 to 1", "0.5 flips every second image");
}

/// First mirrored and flipped, then turned against the clock.
struct orientation {
  bool mirrored = false, flipped = false;
  int quarters = 0;
  /// Whether height and width change places.
  bool sideways() const { return quarters % 2 == 1; }
  bool operator==(const orientation&) const = default;
};

/// How a sample stands in an epoch: depends on the arguments only.
inline orientation draw_orientation(const turn_settings& settings, std::uint64_t seed, index epoch, index sample) {
  random_sequence random(seed, stream::turn, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(sample));
  orientation drawn;
  drawn.mirrored = random.uniform() < settings.mirror;
  drawn.flipped = random.uniform() < settings.flip;
  const bool turned = random.uniform() < settings.quarter;
  const int quarters = 1 + static_cast<int>(random.below(3));
  if (turned) drawn.quarters = quarters;
  return drawn;
}

/// Writes the picture so oriented to out, which is overwritten: [height, width, 3] of the picture, or the other way
/// round when it is turned sideways. The turns are those of numpy.rot90.
inline void orient(const image8& in, const orientation& how, std::uint8_t* out) {
  const index bottom = in.height - 1, right = in.width - 1;
  const index height = how.sideways() ? in.width : in.height, width = how.sideways() ? in.height : in.width;
  for (index y = 0; y < height; ++y)
    for (index x = 0; x < width; ++x, out += 3) {
      index row = y, column = x;  // where the pixel comes from
      if (how.quarters == 1) row = x, column = right - y;
      if (how.quarters == 2) row = bottom - y, column = right - x;
      if (how.quarters == 3) row = bottom - x, column = y;
      const std::uint8_t* from =
          in.row(how.flipped ? bottom - row : row) + (how.mirrored ? right - column : column) * 3;
      out[0] = from[0];
      out[1] = from[1];
      out[2] = from[2];
    }
}

}  // namespace sdmae
