// HDF5 files in PCam's layout, good and bad, for tests. Needs sdmae::hdf5.
#pragma once

#include <hdf5.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

struct hdf5_writer {
  hid_t file;

  explicit hdf5_writer(const std::filesystem::path& path)
      : file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {}
  ~hdf5_writer() { H5Fclose(file); }

  /// A dataset; with `chunk` > 0 in chunks of so many entries, or of parts of these as large as `part` says, compressed
  /// at `level`.
  hid_t add(const std::string& name, hid_t type, const std::vector<hsize_t>& shape, hsize_t chunk = 0,
            unsigned level = 0, const std::vector<hsize_t>& part = {}) {
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    if (chunk > 0) {
      std::vector<hsize_t> extents = shape;
      if (!part.empty()) std::copy(part.begin(), part.end(), extents.begin() + 1);
      extents[0] = chunk;
      H5Pset_chunk(how, static_cast<int>(extents.size()), extents.data());
      if (level > 0) H5Pset_deflate(how, level);
    }
    const hid_t set = H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, how, H5P_DEFAULT);
    H5Pclose(how);
    H5Sclose(space);
    return set;
  }

  template <class Value>
  void write(const std::string& name, hid_t type, const std::vector<hsize_t>& shape, const std::vector<Value>& values,
             hid_t memory, hsize_t chunk = 0, unsigned level = 0, const std::vector<hsize_t>& part = {}) {
    const hid_t set = add(name, type, shape, chunk, level, part);
    H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(set);
  }
};
