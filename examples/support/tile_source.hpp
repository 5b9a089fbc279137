// The data sets that programs read by their path: a folder of images, a table (.csv), PCam's HDF5, a whole slide.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/data/decode_tiff.hpp"
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

class tile_pass;

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
  /// What tells the cut into slides from another, where stain is normalised by them; else nothing.
  virtual std::string slides_text() const { return ""; }
  /// Finds out by all threads, before they load samples from `first` on, what these need to know of one another; else
  /// it is found out when the first of them is loaded, for which others wait. Not from several threads.
  virtual void prepare(tile_pass&, sdmae::index /*first*/) const {}

  std::vector<std::string> labels, groups;  // one for each sample, or none where they are not known
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (sdmae::index i = 0; i < size(); ++i) all.push_back(name(i));
    return all;
  }
};

/// The tiles of another source, which it keeps alive; what is derived from it says what is otherwise.
class forwarding_tiles : public tile_source {
 public:
  explicit forwarding_tiles(std::shared_ptr<const tile_source> from) : from_(std::move(from)) {}
  sdmae::index size() const override { return from_->size(); }
  std::string name(sdmae::index i) const override { return from_->name(i); }
  sdmae::decoded_image load(sdmae::index i) const override { return from_->load(i); }
  std::uint64_t fingerprint() const override { return from_->fingerprint(); }
  std::optional<slide_overview> overview(sdmae::index longest) const override { return from_->overview(longest); }
  std::string slides_text() const override { return from_->slides_text(); }
  void prepare(tile_pass& pass, sdmae::index first) const override { from_->prepare(pass, first); }

 protected:
  const tile_source& from() const { return *from_; }

 private:
  std::shared_ptr<const tile_source> from_;
};

/// How slides are cut; see sdmae::slide_settings.
struct slide_options {
  double mpp = 0.5, slide_mpp = 0, least_tissue = 0.25;

  void declare(CLI::App& app) {
    const CLI::Validator positive(CLI::Range(1e-6, 1e6));
    options_ = {
        app.add_option("--mpp", mpp, "slides: µm a pixel of the tiles (0.5)")->check(positive),
        app.add_option("--slide-mpp", slide_mpp, "slides: µm a pixel of the slide (default: what the file says)")
            ->check(positive),
        app.add_option("--tissue", least_tissue, "slides: least share of tissue in a tile (0.25)")
            ->check(CLI::Range(0.0, 1.0))};
  }

  /// Throws CLI::ValidationError where one of them was given for what is no slide.
  void refuse_for(const std::string& path) const {
    for (const CLI::Option* option : options_)
      if (option->count() > 0)
        throw CLI::ValidationError(option->get_name() + " is of slides, and " + path + " is none");
  }

 private:
  std::vector<const CLI::Option*> options_;
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

inline std::string lower_ending(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension().string();
  for (char& c : ending) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return ending;
}

// Without this program's being built for it.
[[noreturn, maybe_unused]] inline void lacks(const std::string& path, const std::string& what,
                                             const std::string& debian) {
  throw sdmae::error(path, "this program was built without " + what, "install " + debian + " and build it anew");
}

// With `with_labels`, a picture that lies in no class's folder is an error.
inline std::unique_ptr<tile_source> open_folder(const std::string& path, bool with_labels) {
  auto tiles = std::make_unique<held_tiles<sdmae::image_folder>>(sdmae::image_folder(path));
  const std::vector<std::string> names = tiles->names();
  const auto in_folder = [](const std::string& name) { return name.find('/') != std::string::npos; };
  if (with_labels ? std::any_of(names.begin(), names.end(), in_folder)
                  : std::all_of(names.begin(), names.end(), in_folder))
    tiles->labels = sdmae::class_folders(names, path);
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
  try {
    if (with_labels || sdmae::hdf5_has_labels(path))
      for (const sdmae::index label : sdmae::hdf5_labels(path, tiles->size()))
        tiles->labels.push_back(std::to_string(label));
  } catch (const sdmae::error& problem) {
    if (with_labels) throw;
    std::fprintf(stderr, "labels are left out: %s\n", problem.what());
  }
  return tiles;
#else
  static_cast<void>(with_labels);
  lacks(path, "HDF5", "libhdf5-dev");
#endif
}

// Of a format that no slide has.
inline bool is_picture(const std::string& path) {
  const std::string ending = lower_ending(path);
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

inline std::unique_ptr<tile_source> open_slide(const std::string& path, sdmae::index side, const slide_options& how,
                                               sdmae::interpolation filter) {
  if (is_picture(path))
    throw sdmae::error(path, "is one picture, no data set", "give the folder that it lies in, or a table (.csv)");
#if defined(PROGRAM_READS_SLIDES)
  sdmae::keep_tiff_quiet();  // OpenSlide reads with libtiff, too
  auto tiles = std::make_unique<held_tiles<sdmae::slide_tiles>>(
      sdmae::slide_tiles(path, {how.mpp, side, how.least_tissue, how.slide_mpp, filter}));
  tiles->groups.assign(static_cast<std::size_t>(tiles->size()), "the slide");
  return tiles;
#else
  static_cast<void>(side), static_cast<void>(how), static_cast<void>(filter);
  lacks(path, "OpenSlide", "libopenslide-dev");
#endif
}

}  // namespace detail

/// What stands for a path where a model is shown generated tissue.
inline constexpr const char* generated_tissue = "synthetic";

/// Opens what a path names: a folder, a table (.csv), PCam's HDF5 (.h5, .hdf5), any other file as a slide, whose tiles
/// are `side` pixels wide. With `with_labels`, samples without labels are an sdmae::error.
inline std::unique_ptr<tile_source> open_tiles(const std::string& path, sdmae::index side, const slide_options& how,
                                               sdmae::interpolation filter, bool with_labels = false) {
  const std::string ending = detail::lower_ending(path);
  std::error_code problem;
  if (!std::filesystem::exists(path, problem)) {
    if (path == generated_tissue)
      throw sdmae::error(path, "has no classes", "give images; models can only be shown it where classes do not count");
    throw sdmae::error(path, "no such file or folder", "check the path");
  }
  const bool folder = std::filesystem::is_directory(path, problem), table = ending == ".csv",
             hdf5 = ending == ".h5" || ending == ".hdf5", slide = !folder && !table && !hdf5;
  if (!slide) how.refuse_for(path);
  std::unique_ptr<tile_source> tiles;
  if (folder)
    tiles = detail::open_folder(path, with_labels);
  else if (table)
    tiles = detail::open_table(path);
  else if (hdf5)
    tiles = detail::open_hdf5(path, with_labels);
  else if (!with_labels)
    tiles = detail::open_slide(path, side, how, filter);
  if (with_labels && (slide || tiles->labels.empty()))
    throw sdmae::error(
        path, "its samples have no classes",
        "give a folder with a subfolder for each class, a table with columns path,label, or HDF5 with y");
  return tiles;
}

/// What models learn from or are shown, whatever its classes: open_tiles, and generated_tissue for `images` such ones.
inline std::unique_ptr<tile_source> open_unlabelled(const std::string& path, sdmae::image_shape shape,
                                                    const slide_options& how, std::uint64_t seed, sdmae::index images,
                                                    sdmae::interpolation filter = sdmae::interpolation::bilinear) {
  if (path != generated_tissue) return open_tiles(path, shape.height, how, filter);
  how.refuse_for(path);
  return std::make_unique<detail::held_tiles<sdmae::synthetic_tissue>>(
      sdmae::synthetic_tissue(seed, images, shape.height, shape.width));
}

}  // namespace program
