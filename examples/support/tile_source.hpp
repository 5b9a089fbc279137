// The data sets that programs read by their path: a folder of images, a table (.csv), PCam's HDF5, a whole slide.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/data/folder.hpp"
#include "sdmae/data/image_table.hpp"
#include "sdmae/data/labels.hpp"
#include "sdmae/data/resample.hpp"
#include "sdmae/data/synthetic.hpp"
#if defined(PROGRAM_READS_HDF5)
#include "sdmae/data/hdf5.hpp"
#endif
#if defined(PROGRAM_READS_SLIDES)
#include "sdmae/data/slide.hpp"
#endif

namespace program {

/// A slide at a glance, and where tiles lie on it, in pixels of this picture.
struct slide_overview {
  struct place {
    double left = 0, top = 0, side = 0;
  };
  sdmae::image8 picture;
  std::vector<place> tiles;
};

/// A data set whose kind is known at run time only; see sdmae::dataset.
class tile_source {
 public:
  virtual ~tile_source() = default;
  virtual sdmae::index size() const = 0;
  virtual std::string name(sdmae::index i) const = 0;
  virtual sdmae::decoded_image load(sdmae::index i) const = 0;
  virtual std::uint64_t fingerprint() const = 0;
  /// Where samples lie on their slide, shown at most so many pixels wide and high; nothing when there is no one slide.
  virtual std::optional<slide_overview> overview(sdmae::index) const { return std::nullopt; }

  std::vector<std::string> labels, groups;  // one for each sample, or none where they are not known
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (sdmae::index i = 0; i < size(); ++i) all.push_back(name(i));
    return all;
  }
};

/// How slides are cut; see sdmae::slide_settings.
struct slide_options {
  double mpp = 0.5, slide_mpp = 0, least_tissue = 0.25;

  void declare(CLI::App& app) {
    const CLI::Validator positive(CLI::Range(1e-6, 1e6));
    app.add_option("--mpp", mpp, "slides: µm a pixel of the tiles (0.5)")->check(positive);
    app.add_option("--slide-mpp", slide_mpp, "slides: µm a pixel of the slide (default: what the file says)")
        ->check(positive);
    app.add_option("--tissue", least_tissue, "slides: least share of tissue in a tile (0.25)")
        ->check(CLI::Range(0.0, 1.0));
  }
};

namespace detail {

template <class Dataset>
class held_tiles final : public tile_source {
 public:
  explicit held_tiles(Dataset data) : data_(std::move(data)) {}
  sdmae::index size() const override { return data_.size(); }
  std::string name(sdmae::index i) const override { return data_.name(i); }
  sdmae::decoded_image load(sdmae::index i) const override { return data_.load(i); }
  std::uint64_t fingerprint() const override { return data_.fingerprint(); }
  std::optional<slide_overview> overview(sdmae::index longest) const override {
    if constexpr (requires(const Dataset& data) { data.slide().overview(longest); }) {
      slide_overview found{data_.slide().overview(longest), {}};
      const double scale = static_cast<double>(found.picture.width) / static_cast<double>(data_.slide().width());
      for (sdmae::index i = 0; i < data_.size(); ++i)
        found.tiles.push_back({scale * static_cast<double>(data_.at(i).left),
                               scale * static_cast<double>(data_.at(i).top), scale * data_.side()});
      return found;
    } else {
      return tile_source::overview(longest);
    }
  }
  const Dataset& data() const { return data_; }

 private:
  Dataset data_;
};

// Without this program's being built for it.
[[noreturn, maybe_unused]] inline void lacks(const std::string& path, const std::string& what,
                                             const std::string& debian) {
  throw sdmae::error(path, "this program was built without " + what, "install " + debian + " and build it anew");
}

inline std::unique_ptr<tile_source> open_folder(const std::string& path) {
  auto tiles = std::make_unique<held_tiles<sdmae::image_folder>>(sdmae::image_folder(path));
  const std::vector<std::string> names = tiles->names();
  const auto lies_open = [](const std::string& name) { return name.find('/') == std::string::npos; };
  if (std::none_of(names.begin(), names.end(), lies_open)) tiles->labels = sdmae::class_folders(names, path);
  return tiles;
}

inline std::unique_ptr<tile_source> open_table(const std::string& path) {
  auto tiles = std::make_unique<held_tiles<sdmae::image_table>>(sdmae::image_table(path));
  tiles->labels = tiles->data().labels();
  tiles->groups = tiles->data().groups();
  return tiles;
}

inline std::unique_ptr<tile_source> open_hdf5(const std::string& path, bool with_labels) {
#if defined(PROGRAM_READS_HDF5)
  auto tiles = std::make_unique<held_tiles<sdmae::hdf5_images>>(sdmae::hdf5_images(path));
  std::error_code problem;
  if (with_labels || std::filesystem::exists(sdmae::hdf5_label_file(path), problem)) {
    const bool in_the_same_file = sdmae::hdf5_label_file(path) == path;
    if (with_labels || !in_the_same_file)
      for (const sdmae::index label : sdmae::hdf5_labels(path, tiles->size()))
        tiles->labels.push_back(std::to_string(label));
  }
  return tiles;
#else
  static_cast<void>(with_labels);
  lacks(path, "HDF5", "libhdf5-dev");
#endif
}

inline std::unique_ptr<tile_source> open_slide(const std::string& path, sdmae::index side, const slide_options& how,
                                               sdmae::interpolation filter) {
#if defined(PROGRAM_READS_SLIDES)
  return std::make_unique<held_tiles<sdmae::slide_tiles>>(
      sdmae::slide_tiles(path, {how.mpp, side, how.least_tissue, how.slide_mpp, filter}));
#else
  static_cast<void>(side), static_cast<void>(how), static_cast<void>(filter);
  lacks(path, "OpenSlide", "libopenslide-dev");
#endif
}

}  // namespace detail

/// Opens what a path names: a folder, a table (.csv), PCam's HDF5 (.h5, .hdf5), any other file as a slide, whose tiles
/// are `side` pixels wide. With `with_labels`, samples without labels are an sdmae::error.
inline std::unique_ptr<tile_source> open_tiles(const std::string& path, sdmae::index side, const slide_options& how,
                                               sdmae::interpolation filter, bool with_labels = false) {
  std::string ending = std::filesystem::path(path).extension().string();
  for (char& c : ending) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  std::error_code problem;
  std::unique_ptr<tile_source> tiles;
  if (std::filesystem::is_directory(path, problem) || !std::filesystem::exists(path, problem))
    tiles = detail::open_folder(path);
  else if (ending == ".csv")
    tiles = detail::open_table(path);
  else if (ending == ".h5" || ending == ".hdf5")
    tiles = detail::open_hdf5(path, with_labels);
  else
    tiles = detail::open_slide(path, side, how, filter);
  if (with_labels && tiles->labels.empty())
    throw sdmae::error(
        path, "its samples have no classes",
        "give a folder with a subfolder for each class, a table with columns path,label, or HDF5 with y");
  return tiles;
}

/// What models learn from or are shown, whatever its classes: open_tiles, and "synthetic" for `images` generated ones.
inline std::unique_ptr<tile_source> open_unlabelled(const std::string& path, sdmae::image_shape shape,
                                                    const slide_options& how, std::uint64_t seed, sdmae::index images) {
  if (path == "synthetic")
    return std::make_unique<detail::held_tiles<sdmae::synthetic_tissue>>(
        sdmae::synthetic_tissue(seed, images, shape.height, shape.width));
  return open_tiles(path, shape.height, how, sdmae::interpolation::bilinear);
}

}  // namespace program
