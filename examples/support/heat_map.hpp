// What a model makes of a slide, drawn over it: the class of every tile, or what its features have most of.
#pragma once

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "judgement.hpp"
#include "sdmae/eval/component_colors.hpp"
#include "sdmae/io/kind_color.hpp"
#include "sdmae/io/tile_overlay.hpp"
#include "tile_source.hpp"

namespace program {

namespace detail {

/// Scores [tiles, classes]: each tile has the color of its best class, the stronger the surer (softmax).
inline void color_by_class(const std::vector<float>& scores, const std::vector<std::string>& classes,
                           sdmae::tile_overlay& map) {
  const std::size_t count = classes.size();
  const std::vector<double> shares = probabilities(scores, static_cast<sdmae::index>(count));
  std::vector<std::size_t> tiles(count);
  for (std::size_t i = 0; i < map.tiles.size(); ++i) {
    const auto row = shares.begin() + static_cast<std::ptrdiff_t>(i * count);
    const auto best = std::max_element(row, row + static_cast<std::ptrdiff_t>(count));
    const double chance = 1 / static_cast<double>(count), sure = (*best - chance) / (1 - chance);
    map.tiles[i].rgb = sdmae::kind_color(best - row);
    map.tiles[i].opacity = 0.25 + 0.55 * sure;
    ++tiles[static_cast<std::size_t>(best - row)];
  }
  for (std::size_t c = 0; c < count; ++c)
    map.legend.push_back(
        {classes[c] + ": " + std::to_string(tiles[c]), sdmae::kind_color(static_cast<sdmae::index>(c))});
  map.caption = "The class that each tile is taken for, and how many are; the stronger the color, the surer.";
}

/// Features [tiles, width]; see sdmae::eval::color_by_components.
inline void color_by_feature(const std::vector<float>& features, sdmae::index width, sdmae::tile_overlay& map) {
  const auto tiles = static_cast<sdmae::index>(map.tiles.size());
  const auto colors = sdmae::eval::color_by_components({features.data(), tiles, width});
  for (std::size_t i = 0; i < map.tiles.size(); ++i) {
    map.tiles[i].rgb = colors.rgb[i];
    map.tiles[i].opacity = 0.7;
  }
  char text[200];
  std::snprintf(text, sizeof text,
                "Red, green and blue: the first three principal components of the tiles' features (%.0f, %.0f and "
                "%.0f %% of their variance). Tiles of like color are alike to the model.",
                100 * colors.shares[0], 100 * colors.shares[1], 100 * colors.shares[2]);
  map.caption = text;
}

}  // namespace detail

/// The longer side of a slide on a map, in pixels.
inline constexpr sdmae::index map_size = 1024;

/// Draws rows [tiles, width] over the slide: scores of the classes where there are some, else features.
inline void draw_heat_map(const std::filesystem::path& path, const std::string& title, const slide_overview& slide,
                          const std::vector<float>& rows, sdmae::index width, const std::vector<std::string>& classes) {
  sdmae::tile_overlay map;
  map.title = title;
  map.picture = {slide.picture.pixels.data(), static_cast<int>(slide.picture.height),
                 static_cast<int>(slide.picture.width)};
  for (const slide_overview::place& at : slide.tiles) map.tiles.push_back({at.left, at.top, at.side, {}, 1});
  if (classes.empty())
    detail::color_by_feature(rows, width, map);
  else
    detail::color_by_class(rows, classes, map);
  sdmae::write_tile_overlay(map, path);
}

}  // namespace program
