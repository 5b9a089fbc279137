// Tissue without a slide: procedural pictures that look like haematoxylin and eosin stained sections, so that
// everything can be tried and tested without any data.
#pragma once

#include <cstdint>
#include <string>

#include "sdmae/core/error.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/data/fingerprint.hpp"
#include "sdmae/data/image.hpp"
#include "sdmae/data/synthetic_parts.hpp"

namespace sdmae {

/// A data set of generated tiles at about 1 µm a pixel. Each is one of
///  - glands in stroma: a wavy ring of epithelium, pale towards the lumen, its nuclei lined up along the outer edge in
///    one or two layers, around an empty or secretion-filled lumen;
///  - stroma or smooth muscle: wavy fibres of one main direction with clefts, spindle-shaped fibroblast nuclei along
///    them and round lymphocytes, now and then in a cluster;
///  - a sheet of tumor cells: crowded irregular nuclei, now and then around tiny lumina;
/// some run out into the glass at an edge. The two stains are laid down as amounts and turned into light by Beer and
/// Lambert's law, with stain colors, strengths, light and noise that differ from tile to tile.
/// Tile i depends on (seed, i) and the size only. May be used from several threads at once.
class synthetic_tissue {
 public:
  /// `count` tiles of height × width pixels.
  synthetic_tissue(std::uint64_t seed, index count, index height, index width)
      : seed_(seed), count_(count), height_(height), width_(width) {
    if (count < 1 || height < 1 || width < 1)
      throw error("synthetic tissue", "no images, or images without pixels, asked for", "give sizes of at least 1");
  }

  index size() const { return count_; }
  std::string name(index i) const { return "synthetic tile " + std::to_string(i); }

  decoded_image load(index i) const {
    decoded_image result{image8(height_, width_), conversion::none};
    random_sequence random(seed_, stream::synthetic, 0, static_cast<std::uint64_t>(i));
    detail::stained_tile tile(height_, width_);
    detail::tissue_painter(tile, random).paint();
    detail::develop(tile, random, result.image);
    return result;
  }

  /// A number that changes with the seed, the count and the size.
  std::uint64_t fingerprint() const {
    sdmae::fingerprint sum;
    sum.add("synthetic tissue 1");
    for (const index number : {static_cast<index>(seed_), count_, height_, width_})
      sum.add(static_cast<std::uint64_t>(number));
    return sum.value();
  }

  /// No files.
  std::uint64_t state_of_files() const { return 0; }

 private:
  std::uint64_t seed_;
  index count_, height_, width_;
};

}  // namespace sdmae
