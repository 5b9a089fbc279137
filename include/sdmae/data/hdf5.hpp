// A data set that is an HDF5 file in PatchCamelyon's layout: x [n, h, w, 3] bytes, y [n, 1, 1, 1]. Needs sdmae::hdf5.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/fingerprint.hpp"
#include "sdmae/data/hdf5_file.hpp"
#include "sdmae/data/image.hpp"

namespace sdmae {

/// The pictures of dataset "x", read one by one: what is held of a chunked (also gzip-compressed) dataset are those
/// chunks that one picture lies in, eight at least where they are small, never more than most_held. May be used from
/// several threads at once, one of which reads at a time. Reading in order is fast; out of order, every picture may
/// cost all chunks that it lies in, see slow_out_of_order.
class hdf5_images {
 public:
  static constexpr std::size_t most_held = std::size_t{256} << 20;

  /// Throws sdmae::error for a file that cannot be read or has no x of this type and shape.
  explicit hdf5_images(std::filesystem::path path) : path_(std::move(path)) {
    const detail::hdf5_session session;
    x_ = std::make_unique<detail::hdf5_dataset>(path_, "x");
    const auto need = [&](bool good, const std::string& what) {
      if (!good) throw error(path_.string(), what, "x must be unsigned bytes [n, height, width, 3]");
    };
    const std::vector<hsize_t>& shape = x_->shape();
    need(x_->is_whole(true), "x does not hold unsigned bytes");
    need(shape.size() == 4 && shape[3] == 3, "x has shape " + x_->shape_text());
    need(shape[0] > 0 && shape[1] > 0 && shape[2] > 0, "x is empty: " + x_->shape_text());
    const auto [chunk, of_picture] = x_->chunks();
    if (of_picture > most_held)
      throw error(path_.string(), "a picture of x lies in chunks of " + std::to_string(of_picture >> 20) + " MiB",
                  repacking());
    constexpr std::size_t least = std::size_t{1} << 20;
    kept_ = std::max(of_picture, std::clamp(8 * chunk, least, most_held / 2));
    if (chunk > 0) x_->keep_chunks(kept_);
  }

  hdf5_images(hdf5_images&&) = default;
  ~hdf5_images() {
    const detail::hdf5_session session;
    x_.reset();
  }

  index size() const { return static_cast<index>(x_->shape()[0]); }
  std::string name(index i) const { return path_.filename().string() + "#" + std::to_string(i); }

  /// What to tell who takes pictures in random order, as training does, where each costs the unpacking of many times
  /// its own bytes; else nothing.
  std::string slow_out_of_order() const {
    const detail::hdf5_session session;
    const std::vector<hsize_t>& shape = x_->shape();
    const std::size_t picture = shape[1] * shape[2] * shape[3], unpacked = x_->chunks().of_entry;
    if (unpacked <= 64 * picture || shape[0] * picture <= kept_) return "";
    return path_.string() + ": " + std::to_string(unpacked / picture) +
           " pictures are unpacked for each one that is taken in random order; " + repacking();
  }

  decoded_image load(index i) const {
    const detail::hdf5_session session;
    decoded_image result{image8(static_cast<index>(x_->shape()[1]), static_cast<index>(x_->shape()[2])),
                         conversion::none};
    x_->read(static_cast<hsize_t>(i), 1, H5T_NATIVE_UINT8, result.image.pixels.data());
    return result;
  }

  /// A number that changes with the file's name and the shape.
  std::uint64_t fingerprint() const {
    sdmae::fingerprint sum;
    sum.add(path_.filename().string());
    for (const hsize_t extent : x_->shape()) sum.add(static_cast<std::uint64_t>(extent));
    return sum.value();
  }
  /// A number that changes when the file is written anew.
  std::uint64_t state_of_files() const { return state_of_file(path_); }

 private:
  std::string repacking() const {
    return "repack it: h5repack -l x:CHUNK=1x" + std::to_string(x_->shape()[1]) + "x" + std::to_string(x_->shape()[2]) +
           "x3";
  }

  std::filesystem::path path_;
  std::unique_ptr<detail::hdf5_dataset> x_;
  std::size_t kept_ = 0;  // bytes of chunks
};

/// Where the labels of a file of pictures are: in itself, when it has a "y"; otherwise, as PCam's, in the file beside
/// it whose name has "_y" for the last "_x".
inline std::filesystem::path hdf5_label_file(const std::filesystem::path& pictures) {
  std::string name = pictures.filename().string();
  const std::size_t place = name.rfind("_x");
  if (place == std::string::npos) return pictures;
  name[place + 1] = 'y';
  return pictures.parent_path() / name;
}

/// Whether a file of pictures has labels there, be they good or bad.
inline bool hdf5_has_labels(const std::filesystem::path& pictures) {
  const std::filesystem::path path = hdf5_label_file(pictures);
  std::error_code problem;
  if (path != pictures && std::filesystem::exists(path, problem)) return true;
  const detail::hdf5_session session;
  return detail::hdf5_holds(pictures, "y");
}

/// The labels y [n] or [n, 1, 1, 1] for the `count` pictures of a file (see hdf5_label_file). Throws sdmae::error when
/// there are none, as many others, or when one is negative.
inline std::vector<index> hdf5_labels(const std::filesystem::path& pictures, index count) {
  const detail::hdf5_session session;
  std::filesystem::path path = hdf5_label_file(pictures);
  std::error_code problem;
  if (!std::filesystem::exists(path, problem)) path = pictures;
  const detail::hdf5_dataset y(path, "y");
  hsize_t values = 1;
  for (const hsize_t extent : y.shape()) values *= extent;
  if (!y.is_whole(false))
    throw error(path.string(), "y does not hold whole numbers",
                "y must be whole numbers, the classes' places from 0 on");
  if (y.shape().empty() || values != y.shape()[0])
    throw error(path.string(), "y has shape " + y.shape_text(), "y must be [n] or [n, 1, 1, 1]");
  if (static_cast<index>(values) != count)
    throw error(path.string(), std::to_string(values) + " labels for " + std::to_string(count) + " pictures",
                "are both files of the same part of the data?");
  std::vector<std::int64_t> labels(values);
  y.read(0, values, H5T_NATIVE_INT64, labels.data());
  for (const std::int64_t label : labels)
    if (label < 0 || label > 100000)
      throw error(path.string(), "y holds label " + std::to_string(label), "number the classes from 0");
  return {labels.begin(), labels.end()};
}

}  // namespace sdmae
