// Writing safetensors files: whole or not at all, and the same bytes for the same contents.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/io/atomic_file.hpp"
#include "sdmae/io/safetensors_header.hpp"

namespace sdmae {

/// Takes the next piece of a tensor's bytes.
using byte_sink = std::function<void(const void* bytes, index size)>;

/// A tensor to be written: its bytes either lie at `bytes`, or `produce` hands them to the sink in pieces, so that a
/// tensor whose memory is laid out differently (padding, another device) needs no copy of the whole.
struct tensor_to_write {
  std::string name;
  dtype type = dtype::f32;
  std::vector<index> shape;
  const void* bytes = nullptr;
  std::function<void(const byte_sink&)> produce = {};
};

/// A tensor of scalars that lie contiguously, row-major, at `values`; they must live until the file is written.
template <class Scalar>
tensor_to_write tensor_from(std::string name, std::vector<index> shape, const Scalar* values) {
  return {std::move(name), dtype_of<Scalar>(), std::move(shape), values, {}};
}

namespace detail {

inline std::string json_text(const std::string& file, const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw error(file, "the name or metadata value " + quoted(text) + " is not UTF-8", "use UTF-8 text");
  }
}

// The header's JSON padded with spaces to a multiple of 8, for tensors already in their order.
inline std::string safetensors_header(const std::string& file, const std::vector<tensor_to_write>& tensors,
                                      const std::map<std::string, std::string>& metadata) {
  std::string text = "{", separator;
  if (!metadata.empty()) {
    text += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) {
      text += separator + json_text(file, key) + ":" + json_text(file, value);
      separator = ",";
    }
    text += "}";
  }
  index position = 0;
  for (const tensor_to_write& tensor : tensors) {
    const index end = position + checked_bytes(tensor.shape, tensor.type);
    text += separator + json_text(file, tensor.name) + ":{\"dtype\":\"" + std::string(dtype_name(tensor.type)) +
            "\",\"shape\":[";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) text += (i ? "," : "") + std::to_string(tensor.shape[i]);
    text += "],\"data_offsets\":[" + std::to_string(position) + "," + std::to_string(end) + "]}";
    separator = ",";
    position = end;
  }
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > safetensors_header_cap)
    throw error(file, "the header would be over 100,000,000 bytes", "write fewer tensors or less metadata");
  return text;
}

inline void check_tensors_to_write(const std::string& file, const std::vector<tensor_to_write>& tensors) {
  std::set<std::string> names{"__metadata__"};
  index total = 0;
  for (const tensor_to_write& tensor : tensors) {
    if (!names.insert(tensor.name).second)
      throw error(file, "tensor " + quoted(tensor.name) + ": the name is taken", "give each tensor its own name");
    const index bytes = checked_bytes(tensor.shape, tensor.type);
    if (bytes < 0 || __builtin_add_overflow(total, bytes, &total))
      throw error(file, "tensor " + quoted(tensor.name) + ": shape " + shape_text(tensor.shape) + " is not writable",
                  "extents must be positive or 0, their product below 2^63 bytes");
  }
}

inline void write_tensor(atomic_file& out, const std::string& file, const tensor_to_write& tensor) {
  const index size = checked_bytes(tensor.shape, tensor.type);
  if (!tensor.produce) {
    out.write(tensor.bytes, static_cast<std::size_t>(size));
    return;
  }
  index produced = 0;
  tensor.produce([&](const void* bytes, index piece) {
    produced += piece;
    if (produced <= size) out.write(bytes, static_cast<std::size_t>(piece));
  });
  if (produced != size)
    throw error(file,
                "tensor " + quoted(tensor.name) + ": " + std::to_string(produced) + " bytes were produced for the " +
                    std::to_string(size) + " of its shape",
                "hand over exactly the tensor's elements");
}

}  // namespace detail

/// Writes the tensors and the metadata to `path`, atomically (see atomic_file). Order: widest element type first, then
/// by name; the header is padded to 8 bytes, so every tensor is aligned to its element type. The bytes of the file
/// depend on nothing but the arguments.
inline void write_safetensors(const std::filesystem::path& path, std::vector<tensor_to_write> tensors,
                              const std::map<std::string, std::string>& metadata = {}) {
  const std::string file = path.string();
  detail::check_tensors_to_write(file, tensors);
  std::sort(tensors.begin(), tensors.end(), [](const tensor_to_write& a, const tensor_to_write& b) {
    const index wide_a = dtype_size(a.type), wide_b = dtype_size(b.type);
    return wide_a != wide_b ? wide_a > wide_b : a.name < b.name;
  });
  const std::string header = detail::safetensors_header(file, tensors, metadata);
  const std::uint64_t length = header.size();
  atomic_file out(path);
  out.write(&length, sizeof(length));
  out.write(header);
  for (const tensor_to_write& tensor : tensors) detail::write_tensor(out, file, tensor);
  out.commit();
}

}  // namespace sdmae
