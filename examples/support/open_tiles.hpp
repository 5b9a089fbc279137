// The data sets that programs read by their path: a folder of images or of slides, a table (.csv), PCam's HDF5, a whole
// slide.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "progress.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/data/decode_tiff.hpp"
#include "sdmae/data/file_list.hpp"
#include "sdmae/data/folder.hpp"
#include "sdmae/data/image_table.hpp"
#include "sdmae/data/labels.hpp"
#include "sdmae/data/resample.hpp"
#include "sdmae/data/synthetic.hpp"
#include "tile_source.hpp"
#if defined(PROGRAM_READS_HDF5)
#include "sdmae/data/hdf5.hpp"
#endif
#if defined(PROGRAM_READS_SLIDES)
#include "sdmae/data/slide.hpp"
#include "sdmae/data/slide_folder.hpp"
#endif

namespace program {

namespace detail {

template <class Dataset>
class held_tiles final : public tile_source {
 public:
  explicit held_tiles(Dataset data) : data_(std::move(data)) {}
  sdmae::index size() const override { return data_.size(); }
  std::string name(sdmae::index i) const override { return data_.name(i); }
  sdmae::decoded_image load(sdmae::index i) const override { return data_.load(i); }
  std::uint64_t fingerprint() const override { return data_.fingerprint(); }
  std::uint64_t state_of_files() const override { return data_.state_of_files(); }
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
  std::string slow_out_of_order() const override {
    if constexpr (requires(const Dataset& data) { data.slow_out_of_order(); })
      return data_.slow_out_of_order();
    else
      return "";
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

// What lies below a folder.
struct folder_contents {
  std::vector<std::string> pictures, slides;
};

inline folder_contents look_into(const std::string& path) {
  folder_contents found;
  const auto known = [](const std::filesystem::path& file) {
    return sdmae::is_image_name(file) || sdmae::is_slide_name(file);
  };
  for (std::string& name : sdmae::files_below(path, known))
    (sdmae::is_slide_name(name) ? found.slides : found.pictures).push_back(std::move(name));
#if defined(PROGRAM_READS_SLIDES)
  sdmae::keep_tiff_quiet();  // OpenSlide reads with libtiff, too
  // Those called .tif are looked into, unless the first is a tile: there may be very many of them.
  const auto tiff = [](const std::string& name) { return sdmae::ends_in(name, {".tif", ".tiff"}); };
  const auto slide = [&](const std::string& name) {
    return tiff(name) && sdmae::is_whole_slide(std::filesystem::path(path) / name);
  };
  std::vector<std::string>& pictures = found.pictures;
  const auto first = std::find_if(pictures.begin(), pictures.end(), tiff);
  if (first != pictures.end() && slide(*first)) {
    const auto tiles = std::stable_partition(pictures.begin(), pictures.end(), slide);
    found.slides.insert(found.slides.end(), pictures.begin(), tiles);
    pictures.erase(pictures.begin(), tiles);
    std::sort(found.slides.begin(), found.slides.end());
  }
#endif
  if (!found.slides.empty() && !found.pictures.empty())
    throw sdmae::error(path, "holds whole slides (" + found.slides[0] + ") and pictures (" + found.pictures[0] + ")",
                       "keep them apart: a folder is one of slides, or one of tiles");
  if (found.slides.empty() && found.pictures.empty())
    throw sdmae::error(
        path,
        "no images: looked for .png, .jpg, .jpeg, .tif, .tiff, .bmp, and for slides, .svs, .ndpi and others, "
        "also in subfolders",
        "give a folder that holds some");
  return found;
}

// With `with_labels`, a picture that lies in no class's folder is an error.
inline std::unique_ptr<tile_source> open_pictures(const std::string& path, std::vector<std::string> names,
                                                  bool with_labels) {
  auto tiles = std::make_unique<held_tiles<sdmae::image_folder>>(sdmae::image_folder(path, names));
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

// The slide at `path`, or those of these names below it.
inline std::unique_ptr<tile_source> open_slides(const std::string& path, const std::vector<std::string>& names,
                                                sdmae::index side, const slide_options& how,
                                                sdmae::interpolation filter) {
  if (sdmae::ends_in(path, {".jpg", ".jpeg", ".png", ".bmp"}))  // which no slide is
    throw sdmae::error(path, "is one picture, no data set", "give the folder that it lies in, or a table (.csv)");
#if defined(PROGRAM_READS_SLIDES)
  sdmae::keep_tiff_quiet();  // OpenSlide reads with libtiff, too
  const sdmae::slide_settings settings{how.mpp, side, how.least_tissue, how.slide_mpp, filter};
  if (names.empty()) {
    auto tiles = std::make_unique<held_tiles<sdmae::slide_tiles>>(sdmae::slide_tiles(path, settings));
    tiles->groups.assign(static_cast<std::size_t>(tiles->size()), "the slide");
    return tiles;
  }
  progress shown("slide", static_cast<long long>(names.size()));
  auto tiles = std::make_unique<held_tiles<sdmae::slide_folder>>(
      sdmae::slide_folder(path, names, settings, [&](sdmae::index done) { shown.update(done); }));
  shown.finish();
  if (const std::vector<std::string>& without = tiles->data().left_out(); !without.empty())
    std::fprintf(stderr, "%zu of %zu slides are left out, the first: %s\n", without.size(), names.size(),
                 without[0].c_str());
  for (sdmae::index i = 0; i < tiles->size(); ++i) tiles->groups.push_back(tiles->data().slide_of(i));
  return tiles;
#else
  static_cast<void>(names), static_cast<void>(side), static_cast<void>(how), static_cast<void>(filter);
  lacks(path, "OpenSlide", "libopenslide-dev");
#endif
}

}  // namespace detail

/// What stands for a path where a model is shown generated tissue.
inline constexpr const char* generated_tissue = "synthetic";

/// Opens what a path names: a folder of images, or of slides where it holds no images, a table (.csv), PCam's HDF5
/// (.h5, .hdf5), any other file as a slide. Slides' tiles are `side` pixels wide. With `with_labels`, samples without
/// labels are an sdmae::error.
inline std::unique_ptr<tile_source> open_tiles(const std::string& path, sdmae::index side, const slide_options& how,
                                               sdmae::interpolation filter, bool with_labels = false) {
  const std::string ending = sdmae::lower_ending(path);
  std::error_code problem;
  if (!std::filesystem::exists(path, problem)) {
    if (path == generated_tissue)
      throw sdmae::error(path, "has no classes", "give images; models can only be shown it where classes do not count");
    throw sdmae::error(path, "no such file or folder", "check the path");
  }
  const bool folder = std::filesystem::is_directory(path, problem), table = ending == ".csv",
             hdf5 = ending == ".h5" || ending == ".hdf5";
  detail::folder_contents files;
  if (folder) files = detail::look_into(path);
  const bool slides = folder ? !files.slides.empty() : !table && !hdf5;
  if (!slides) how.refuse_for(path);
  if (slides && folder && with_labels)
    throw sdmae::error(path, "holds whole slides, and nothing says the classes of their tiles",
                       "cut them into tiles, a subfolder for each class");
  std::unique_ptr<tile_source> tiles;
  if (slides && !with_labels)
    tiles = detail::open_slides(path, files.slides, side, how, filter);
  else if (folder && !slides)
    tiles = detail::open_pictures(path, std::move(files.pictures), with_labels);
  else if (table)
    tiles = detail::open_table(path);
  else if (hdf5)
    tiles = detail::open_hdf5(path, with_labels);
  if (with_labels && (slides || tiles->labels.empty()))
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
