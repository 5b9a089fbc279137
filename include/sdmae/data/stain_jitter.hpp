// Stain jitter (Tellez et al., "Whole-slide mitosis detection in H&E breast histology", IEEE TMI 2018): more or less of
// each stain, as from another laboratory, in the space of Ruifrok and Johnston's stains (2001).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "sdmae/backend/elementary.hpp"
#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/data/optical_density.hpp"

namespace sdmae {

/// Amounts become α·amount + β: α uniform in 1 ± strength, β in ± strength, drawn for each stain. Tellez et al. call
/// 0.05 light and 0.2 strong.
struct stain_jitter {
  double strength = 0;
  bool on() const { return strength > 0; }
};

/// Throws an sdmae::error that names `where` when the strength is out of range.
inline void check_stain(const stain_jitter& settings, const std::string& where = "stain jitter") {
  if (!(settings.strength >= 0 && settings.strength <= 1))
    throw error(where, "the strength must be 0 to 1", "0.05 is light, 0.2 is strong");
}

/// α and β of haematoxylin, eosin and DAB.
struct stain_change {
  std::array<double, 3> factor{1, 1, 1}, shift{};
};

inline stain_change draw_stain_change(const stain_jitter& settings, random_sequence random) {
  stain_change change;
  for (std::size_t stain = 0; stain < 3; ++stain) {
    change.factor[stain] = random.uniform(1 - settings.strength, 1 + settings.strength);
    change.shift[stain] = random.uniform(-settings.strength, settings.strength);
  }
  return change;
}

namespace detail {

using matrix3 = std::array<std::array<double, 3>, 3>;

/// Optical density of red, green and blue for a unit of haematoxylin, eosin and DAB, a row each: Ruifrok and Johnston's
/// vectors as scikit-image's rgb_from_hed has them.
inline constexpr matrix3 density_of_stains{{{0.65, 0.70, 0.29}, {0.07, 0.99, 0.11}, {0.27, 0.57, 0.78}}};

constexpr matrix3 inverse(const matrix3& m) {
  matrix3 result{};
  double determinant = 0;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      const std::size_t r = (j + 1) % 3, s = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
      result[i][j] = m[r][c] * m[s][d] - m[r][d] * m[s][c];
      if (i == 0) determinant += m[j][0] * result[0][j];
    }
  for (auto& row : result)
    for (double& entry : row) entry /= determinant;
  return result;
}

}  // namespace detail

/// Changes `count` RGB pixels in place. With D the optical densities −ln(I/255) of a pixel and M the stains' vectors in
/// rows, amounts A = D·M⁻¹ become α∘A + β; I' = 255·exp(−A'·M), rounded, at most 255. Amounts may be negative: nothing
/// changes with α = 1, β = 0.
inline void change_stain(const stain_change& change, index count, std::uint8_t* pixels) {
  const std::array<float, 256>& density = optical_densities();
  constexpr detail::matrix3 to_density = detail::density_of_stains, to_amount = detail::inverse(to_density);
  float weight[3][3]{}, shift[3]{};  // both ways in one: D' = D·weight + shift
  for (std::size_t to = 0; to < 3; ++to)
    for (std::size_t stain = 0; stain < 3; ++stain) {
      shift[to] += static_cast<float>(change.shift[stain] * to_density[stain][to]);
      for (std::size_t from = 0; from < 3; ++from)
        weight[from][to] += static_cast<float>(to_amount[from][stain] * change.factor[stain] * to_density[stain][to]);
    }
  constexpr index block = 64;  // pixels: enough for vectors of exponentials
  float changed[3 * block];
  for (index first = 0; first < count; first += block, pixels += 3 * block) {
    const index values = 3 * std::min(block, count - first);
    for (index i = 0; i < values; i += 3) {
      const float red = density[pixels[i]], green = density[pixels[i + 1]], blue = density[pixels[i + 2]];
      for (index c = 0; c < 3; ++c)
        changed[i + c] = red * weight[0][c] + green * weight[1][c] + blue * weight[2][c] + shift[c];
    }
    SDMAE_INDEPENDENT
    for (index i = 0; i < values; ++i)
      pixels[i] = static_cast<std::uint8_t>(std::min(255.0f * elementary::exp(-changed[i]) + 0.5f, 255.0f));
  }
}

/// Draws a change and makes it.
inline void jitter_stain(const stain_jitter& settings, const random_sequence& random, index count,
                         std::uint8_t* pixels) {
  change_stain(draw_stain_change(settings, random), count, pixels);
}

}  // namespace sdmae
