// HDF5 files behind owners that close what they open. The C API alone, so that any libhdf5 since 1.10 serves.
#pragma once

#include <hdf5.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"

namespace sdmae::detail {

/// Held around every call: not every build of libhdf5 may be used from several threads. In those that may, whether the
/// library prints its stack of errors is a setting of each thread: it is kept from it here.
class hdf5_session {
 public:
  hdf5_session() : lock_(mutex()) { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

 private:
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }
  std::lock_guard<std::mutex> lock_;
};

/// An identifier and what closes it.
class hdf5_handle {
 public:
  hdf5_handle() = default;
  hdf5_handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  hdf5_handle(hdf5_handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  hdf5_handle& operator=(hdf5_handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~hdf5_handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// What the library said last, the innermost sentence.
inline std::string hdf5_reason() {
  std::string reason;
  const auto take = [](unsigned, const H5E_error2_t* entry, void* text) -> herr_t {
    auto& said = *static_cast<std::string*>(text);
    if (said.empty() && entry->desc != nullptr) said = entry->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take, &reason);
  return reason.empty() ? "no reason given" : reason;
}

/// Whether a file can be read and has something of this name.
inline bool hdf5_holds(const std::filesystem::path& path, const std::string& name) {
  const hdf5_handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  return file >= 0 && H5Lexists(file, name.c_str(), H5P_DEFAULT) > 0;
}

/// A file and one of its datasets, open for reading.
class hdf5_dataset {
 public:
  /// Throws sdmae::error when the file cannot be read or lacks the dataset.
  hdf5_dataset(const std::filesystem::path& path, const std::string& name) : path_(path), name_(name) {
    std::error_code problem;
    if (!std::filesystem::exists(path, problem)) throw error(path.string(), "no such file", "check the path");
    file_ = {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
    if (file_ < 0)
      throw error(path.string(), "cannot be read as HDF5 (" + hdf5_reason() + ")",
                  "is it whole, and unpacked if it came as .gz?");
    if (H5Lexists(file_, name.c_str(), H5P_DEFAULT) <= 0)
      throw error(path.string(), "has no dataset " + name,
                  "give a file in PCam's layout: x [n, h, w, 3], y [n, 1, 1, 1]");
    open(H5P_DEFAULT);
    const hdf5_handle space(H5Dget_space(set_), H5Sclose);
    shape_.resize(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
    H5Sget_simple_extent_dims(space, shape_.data(), nullptr);
  }

  hid_t id() const { return set_; }
  const std::vector<hsize_t>& shape() const { return shape_; }

  /// "[262144, 96, 96, 3]"
  std::string shape_text() const {
    std::string text;
    for (const hsize_t extent : shape_) text += (text.empty() ? "" : ", ") + std::to_string(extent);
    return "[" + text + "]";
  }

  /// Whole numbers; with `bytes`, unsigned and of one byte.
  bool is_whole(bool bytes) const {
    const hdf5_handle type(H5Dget_type(set_), H5Tclose);
    if (H5Tget_class(type) != H5T_INTEGER) return false;
    return !bytes || (H5Tget_size(type) == 1 && H5Tget_sign(type) == H5T_SGN_NONE);
  }

  /// Unpacked bytes of one chunk, and of all chunks that hold a part of one entry along the first axis; both 0 for a
  /// dataset that is not chunked.
  struct chunk_bytes {
    std::size_t one = 0, of_entry = 0;
  };
  chunk_bytes chunks() const {
    const hdf5_handle made(H5Dget_create_plist(set_), H5Pclose);
    if (H5Pget_layout(made) != H5D_CHUNKED) return {};
    std::vector<hsize_t> extents(shape_.size());
    H5Pget_chunk(made, static_cast<int>(extents.size()), extents.data());
    const hdf5_handle type(H5Dget_type(set_), H5Tclose);
    chunk_bytes found{H5Tget_size(type), 1};
    for (const hsize_t extent : extents) found.one *= extent;
    for (std::size_t axis = 1; axis < extents.size(); ++axis)
      found.of_entry *= (shape_[axis] + extents[axis] - 1) / extents[axis];
    found.of_entry *= found.one;
    return found;
  }

  /// Keeps up to so many bytes of unpacked chunks.
  void keep_chunks(std::size_t bytes) {
    const hdf5_handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    constexpr double usual = 0.75;  // at 1 chunks that were read in part would never make room
    H5Pset_chunk_cache(access, 12421, bytes, usual);
    open(access);
  }

  /// Reads `count` entries along the first axis, from `first`, as `memory` type. Throws sdmae::error when it fails.
  void read(hsize_t first, hsize_t count, hid_t memory, void* out) const {
    std::vector<hsize_t> start(shape_.size()), extent = shape_;
    start[0] = first;
    extent[0] = count;
    const hdf5_handle space(H5Dget_space(set_), H5Sclose);
    const hdf5_handle target(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr);
    if (H5Dread(set_, memory, target, space, H5P_DEFAULT, out) < 0)
      throw error(path_.string(), name_ + " cannot be read at " + std::to_string(first) + " (" + hdf5_reason() + ")",
                  "the file is damaged: fetch it again");
  }

 private:
  void open(hid_t access) {
    set_ = hdf5_handle();  // closed first: of a dataset that is open already the library keeps the settings it has
    set_ = {H5Dopen2(file_, name_.c_str(), access), H5Dclose};
    if (set_ < 0) throw error(path_.string(), name_ + " is not a dataset (" + hdf5_reason() + ")", "check the file");
  }

  std::filesystem::path path_;
  std::string name_;
  hdf5_handle file_, set_;
  std::vector<hsize_t> shape_;
};

}  // namespace sdmae::detail
