// The parts of synthetic tissue: fibres, glands, nuclei, glass; lengths in pixels of about 1 µm.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "sdmae/core/random.hpp"
#include "sdmae/data/stain.hpp"
#include "sdmae/data/value_noise.hpp"

namespace sdmae::detail {

/// An ellipse with half axes `along` (in the direction `angle`) and `across`.
struct nucleus {
  float x, y, along, across, angle, darkness;
};

/// A gland's outline: a circle whose radius waves with the angle, its epithelium `thickness` deep.
struct gland {
  float x, y, radius, thickness;
  std::array<float, 3> waves, phases;

  float outer(float angle) const {
    float factor = 1;
    for (std::size_t k = 0; k < 3; ++k) factor += waves[k] * std::cos(static_cast<float>(k + 2) * angle + phases[k]);
    return radius * factor;
  }
};

/// Composes one tile from a random sequence.
class tissue_painter {
 public:
  tissue_painter(stained_tile& tile, random_sequence& random)
      : tile_(tile), random_(random), noise_(random), direction_(between(0.0f, pi)) {}

  void paint() {
    const double kind = random_.uniform();
    const bool sheet = kind >= 0.85;
    if (sheet)
      cell_sheet();
    else
      stroma();
    if (kind < 0.62) glands(3.2, 17, 40, 9, 15);
    if (sheet && random_.uniform() < 0.6) glands(4, 6, 11, 5, 6);
    if (random_.uniform() < 0.18) glass();
    scattered_nuclei(sheet);
  }

 private:
  static constexpr float pi = 3.14159265f;

  float between(float low, float high) { return static_cast<float>(random_.uniform(low, high)); }
  index at_random(double mean) {  // Poisson, by inversion
    double limit = std::exp(-mean), product = random_.uniform();
    index count = 0;
    for (; product > limit; ++count) product *= random_.uniform();
    return count;
  }
  double hundreds_squared() const { return static_cast<double>(tile_.height * tile_.width) / 1e4; }

  // Texture stretched along the main direction and bent by a slower noise. Muscle is dense and red, collagen pale.
  void stroma() {
    const bool muscle = random_.uniform() < 0.45;
    const float base = muscle ? between(0.85f, 1.3f) : between(0.35f, 0.7f), contrast = muscle ? 0.45f : 0.95f;
    const float cleft = muscle ? between(0.84f, 0.95f) : between(0.66f, 0.85f), bluish = between(0.03f, 0.12f);
    const float c = std::cos(direction_), s = std::sin(direction_), bend = between(8, 22);
    for (index row = 0; row < tile_.height; ++row)
      for (index column = 0; column < tile_.width; ++column) {
        const float x = static_cast<float>(column), y = static_cast<float>(row);
        const float slow = noise_(x / 37 + 5, y / 37);
        const float along = c * x + s * y, across = c * y - s * x + bend * slow;
        const float fibre = 0.6f * noise_(along / 26, across / 3.7f) + 0.4f * noise_(along / 11 + 60, across / 1.9f);
        const float gap = noise_(along / 31 + 90, across / 5.5f);
        const float open = std::clamp((gap - cleft) * 9, 0.0f, 0.85f);
        const std::size_t pixel = tile_.at(row, column);
        tile_.eosin[pixel] = base * (1 + contrast * (fibre - 0.5f) + 0.5f * (slow - 0.5f)) * (1 - open);
        tile_.hematoxylin[pixel] = bluish * (0.5f + fibre) * (1 - open);
      }
  }

  void cell_sheet() {
    const float h = between(0.3f, 0.55f), e = between(0.3f, 0.6f);
    for (index row = 0; row < tile_.height; ++row)
      for (index column = 0; column < tile_.width; ++column) {
        const float x = static_cast<float>(column), y = static_cast<float>(row);
        const float grain = 0.6f * noise_(x / 6, y / 6) + 0.4f * noise_(x / 2 + 40, y / 2);
        const std::size_t pixel = tile_.at(row, column);
        tile_.hematoxylin[pixel] = h * (0.55f + 0.9f * grain);
        tile_.eosin[pixel] = e * (0.6f + 0.8f * noise_(x / 15 + 80, y / 15));
      }
    const float pitch = between(7.0f, 9.0f);
    for (float y = 0; y < static_cast<float>(tile_.height) + pitch; y += pitch)
      for (float x = 0; x < static_cast<float>(tile_.width) + pitch; x += pitch)
        if (random_.uniform() < 0.88) {
          const float size = between(2.6f, 3.9f);
          draw({x + between(-2.6f, 2.6f), y + between(-2.6f, 2.6f), size * between(1.0f, 1.35f), size, between(0, pi),
                between(1.2f, 1.9f)});
        }
  }

  void glands(double per_area, float smallest, float largest, float thin, float thick) {
    const index count = std::max<index>(1, at_random(per_area * hundreds_squared()));
    std::vector<gland> placed;
    for (index i = 0; i < count; ++i) {
      gland one{between(0, static_cast<float>(tile_.width)),
                between(0, static_cast<float>(tile_.height)),
                between(smallest, largest),
                between(thin, thick),
                {},
                {}};
      one.thickness = std::min(one.thickness, 0.62f * one.radius);
      for (std::size_t k = 0; k < 3; ++k) {
        one.waves[k] = between(0, 0.17f / (1 + 0.7f * static_cast<float>(k)));
        one.phases[k] = between(0, 2 * pi);
      }
      const bool crowded = std::any_of(placed.begin(), placed.end(), [&](const gland& other) {
        return std::hypot(one.x - other.x, one.y - other.y) < one.radius + other.radius;
      });
      if (crowded) continue;
      placed.push_back(one);
      epithelium(one);
      ring_of_nuclei(one);
    }
  }

  // From outside in: a thin pale sheath, cytoplasm that pales towards the lumen, the lumen with a frayed edge.
  void epithelium(const gland& one) {
    std::array<float, 257> outline;
    for (std::size_t k = 0; k < outline.size(); ++k) outline[k] = one.outer(static_cast<float>(k) * (pi / 128) - pi);
    const float h = between(0.25f, 0.5f), e = between(0.28f, 0.6f);
    const float secretion = random_.uniform() < 0.25 ? between(0.1f, 0.35f) : 0.02f;
    each_pixel_within(
        one.x, one.y, one.radius * 1.35f + 3, [&](std::size_t pixel, float x, float y, float dx, float dy) {
          const float turn = (std::atan2(dy, dx) + pi) * (128 / pi);
          const std::size_t k = std::min<std::size_t>(255, static_cast<std::size_t>(turn));
          const float edge = outline[k] + (outline[k + 1] - outline[k]) * (turn - static_cast<float>(k));
          const float depth = edge - std::sqrt(dx * dx + dy * dy);
          if (depth < -2.5f) return;
          const float grain = noise_(x / 2.5f, y / 2.5f), pale = std::clamp(depth / one.thickness, 0.0f, 1.0f);
          tile_.lay(pixel, 0.05f, 0.3f, std::clamp((depth + 2.5f) * 0.5f, 0.0f, 1.0f));
          const float body = (0.65f + 0.7f * grain) * (1.15f - 0.5f * pale);
          const float inside = std::clamp(depth, 0.0f, 1.0f);
          tile_.lay(pixel, h * body, e * body, inside);
          if (inside > 0.5f) tile_.kind[pixel] = tissue::epithelium;
          const float rim = one.thickness * (0.8f + 0.45f * noise_(x / 5 + 30, y / 5));
          const float open = std::clamp((depth - rim) * 0.7f, 0.0f, 1.0f);
          tile_.lay(pixel, 0.02f, secretion * (0.4f + 1.2f * grain), open);
          if (open > 0.5f) tile_.kind[pixel] = tissue::lumen;
        });
  }

  void ring_of_nuclei(const gland& one) {
    const float second = between(0.05f, 0.75f), darkness = between(1.2f, 1.9f), step = between(5.2f, 6.6f);
    for (float angle = 0; angle < 2 * pi;) {
      const float edge = one.outer(angle - pi), c = std::cos(angle - pi), s = std::sin(angle - pi);
      const int layers = random_.uniform() < second && one.thickness > 8 ? 2 : 1;
      for (int layer = 0; layer < layers; ++layer) {
        const float radius = edge - 3.4f - 5.2f * static_cast<float>(layer) + between(-0.8f, 0.8f);
        draw({one.x + c * radius, one.y + s * radius, between(3.2f, 4.3f), between(2.2f, 2.9f),
              angle - pi + between(-0.35f, 0.35f), darkness * between(0.85f, 1.2f)});
      }
      angle += step * between(0.85f, 1.25f) / std::max(edge, 4.0f);
    }
  }

  // Braces fix the order in which numbers are drawn; between function arguments it would be the compiler's choice.
  void scattered_nuclei(bool sheet) {
    const float width = static_cast<float>(tile_.width), height = static_cast<float>(tile_.height);
    const index spindles = sheet ? 0 : at_random(between(4, 16) * hundreds_squared());
    for (index i = 0; i < spindles; ++i)
      scatter(nucleus{between(0, width), between(0, height), between(3.6f, 6.2f), between(1.2f, 2.0f),
                      direction_ + between(-0.45f, 0.45f), between(1.4f, 2.2f)});
    const index rounds = at_random(between(0.5f, 4) * hundreds_squared());
    for (index i = 0; i < rounds; ++i) lymphocyte({between(0, width), between(0, height)});
    if (random_.uniform() > 0.12) return;
    const std::array<float, 2> middle{between(0, width), between(0, height)};
    for (index i = 10 + at_random(15); i > 0; --i)
      lymphocyte({middle[0] + 11 * static_cast<float>(random_.normal()),
                  middle[1] + 11 * static_cast<float>(random_.normal())});
  }

  void lymphocyte(std::array<float, 2> place) {
    scatter(nucleus{place[0], place[1], between(2.3f, 3.1f), between(2.2f, 2.8f), between(0, pi), between(1.4f, 2.2f)});
  }

  // Only stroma takes scattered nuclei.
  void scatter(const nucleus& one) {
    const index row = static_cast<index>(std::floor(one.y)), column = static_cast<index>(std::floor(one.x));
    if (row < 0 || column < 0 || row >= tile_.height || column >= tile_.width) return;
    if (tile_.kind[tile_.at(row, column)] == tissue::stroma) draw(one);
  }

  // A soft edge about a pixel wide; chromatin is denser at the rim and clumped within.
  void draw(const nucleus& one) {
    const float c = std::cos(one.angle), s = std::sin(one.angle), softness = 0.9f * one.across;
    each_pixel_within(one.x, one.y, one.along + 1, [&](std::size_t pixel, float x, float y, float dx, float dy) {
      const float u = (c * dx + s * dy) / one.along, v = (c * dy - s * dx) / one.across;
      const float reach = std::sqrt(u * u + v * v), cover = std::clamp((1 - reach) * softness + 0.5f, 0.0f, 1.0f);
      if (cover <= 0) return;
      const float clumps = 0.72f + 0.35f * noise_(x / 1.7f + 20, y / 1.7f) + 0.18f * std::min(reach, 1.0f);
      tile_.lay(pixel, one.darkness * clumps, 0.42f, cover);
    });
  }

  // Tissue ends at a frayed line.
  void glass() {
    const float angle = between(0, 2 * pi), c = std::cos(angle), s = std::sin(angle);
    const float reach = between(0.05f, 0.45f) * static_cast<float>(std::min(tile_.height, tile_.width));
    const float x0 = static_cast<float>(tile_.width) / 2, y0 = static_cast<float>(tile_.height) / 2;
    for (index row = 0; row < tile_.height; ++row)
      for (index column = 0; column < tile_.width; ++column) {
        const float x = static_cast<float>(column), y = static_cast<float>(row);
        const float rough = 16 * noise_(x / 21, y / 21) + 4 * noise_(x / 4, y / 4);
        const float beyond = c * (x - x0) + s * (y - y0) - reach + rough - 10;
        const std::size_t pixel = tile_.at(row, column);
        tile_.lay(pixel, 0.01f, 0.015f, std::clamp(beyond * 0.6f, 0.0f, 1.0f));
        if (beyond > 0) tile_.kind[pixel] = tissue::glass;
      }
  }

  // visit(pixel, x, y, x − center, y − center) for the square around a circle, cut to the tile.
  template <class Visit>
  void each_pixel_within(float x, float y, float radius, Visit visit) {
    const auto bound = [](float value, index limit) {
      return static_cast<index>(std::clamp(value, 0.0f, static_cast<float>(limit)));
    };
    const index top = bound(y - radius, tile_.height), bottom = bound(y + radius + 1, tile_.height);
    const index left = bound(x - radius, tile_.width), right = bound(x + radius + 1, tile_.width);
    for (index row = top; row < bottom; ++row)
      for (index column = left; column < right; ++column) {
        const float px = static_cast<float>(column), py = static_cast<float>(row);
        visit(tile_.at(row, column), px, py, px - x, py - y);
      }
  }

  stained_tile& tile_;
  random_sequence& random_;
  value_noise noise_;
  float direction_;
};

}  // namespace sdmae::detail
