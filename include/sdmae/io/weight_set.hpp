// Tensors put together from stretches of a file's tensors: what a conversion is, before a byte of it is read.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/io/safetensors.hpp"
#include "sdmae/io/safetensors_write.hpp"

namespace sdmae {

/// Bytes [begin, end) of a tensor of the file; without a name, that many zeros.
struct stretch {
  std::string tensor;
  index begin = 0, end = 0;
};

/// Its bytes are the stretches one after another, or else the computed values.
struct assembled_tensor {
  std::string name;
  dtype type = dtype::f32;
  std::vector<index> shape;
  std::vector<stretch> stretches;
  std::vector<float> computed;

  index bytes() const { return detail::checked_bytes(shape, type); }
  index count() const { return bytes() / dtype_size(type); }
};

/// A tensor of the file as it is, under another name.
inline assembled_tensor assemble(const tensor_info& from, std::string name) {
  return {std::move(name), from.type, from.shape, {{from.name, 0, from.end - from.begin}}, {}};
}

/// Rows [first, last) along the first extent.
inline assembled_tensor rows_of(const assembled_tensor& from, index first, index last, std::string name) {
  assembled_tensor part{std::move(name), from.type, from.shape, {}, {}};
  const index row = from.shape[0] == 0 ? 0 : from.bytes() / from.shape[0];
  part.shape[0] = last - first;
  index position = 0;
  for (const stretch& piece : from.stretches) {
    const index size = piece.end - piece.begin;
    const index begin = std::max<index>(0, first * row - position), end = std::min(size, last * row - position);
    if (begin < end) part.stretches.push_back({piece.tensor, piece.begin + begin, piece.begin + end});
    position += size;
  }
  return part;
}

/// The tensors one after another along their first extent. All have one element type and the other extents alike.
inline assembled_tensor stacked(const std::vector<assembled_tensor>& parts, std::string name) {
  assembled_tensor whole{std::move(name), parts[0].type, parts[0].shape, {}, {}};
  whole.shape[0] = 0;
  for (const assembled_tensor& part : parts) {
    whole.shape[0] += part.shape[0];
    whole.stretches.insert(whole.stretches.end(), part.stretches.begin(), part.stretches.end());
  }
  return whole;
}

/// Zeros like another tensor.
inline assembled_tensor zeros_like(const assembled_tensor& other) {
  return {other.name, other.type, other.shape, {{"", 0, other.bytes()}}, {}};
}

namespace detail {

inline bool is_floating(dtype type) {
  return type == dtype::f64 || type == dtype::f32 || type == dtype::f16 || type == dtype::bf16;
}

// Not a number is not a weight: it is told before it is written anywhere.
inline void check_finite(const std::string& file, const std::string& tensor, dtype type, const unsigned char* bytes,
                         index size) {
  std::array<double, 512> values;
  const index width = dtype_size(type);
  for (index done = 0; is_floating(type) && done < size; done += 512 * width) {
    const index count = std::min<index>(512, (size - done) / width);
    convert_elements(type, bytes + done, count, values.data());
    for (index i = 0; i < count; ++i)
      if (!std::isfinite(values[static_cast<std::size_t>(i)]))
        throw error(file, "tensor " + quoted(tensor) + " holds a value that is not finite", "use an older checkpoint");
  }
}

}  // namespace detail

/// Hands the bytes of an assembled tensor to the sink, 64 KiB at a time. Throws sdmae::error, naming the file's tensor,
/// for a floating-point value that is not finite.
inline void read_bytes(const safetensors_file& file, const assembled_tensor& tensor, const byte_sink& sink) {
  if (!tensor.computed.empty()) {
    sink(tensor.computed.data(), static_cast<index>(tensor.computed.size() * sizeof(float)));
    return;
  }
  alignas(64) std::array<unsigned char, 65536> buffer;
  for (const stretch& piece : tensor.stretches)
    for (index at = piece.begin; at < piece.end; at += static_cast<index>(buffer.size())) {
      const index size = std::min(static_cast<index>(buffer.size()), piece.end - at);
      if (piece.tensor.empty()) {
        std::fill_n(buffer.begin(), size, static_cast<unsigned char>(0));
      } else {
        file.read_stored(file.info(piece.tensor), at, buffer.data(), size);
        detail::check_finite(file.name(), piece.tensor, tensor.type, buffer.data(), size);
      }
      sink(buffer.data(), size);
    }
}

/// All its values as floats.
inline std::vector<float> values_of(const safetensors_file& file, const assembled_tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.count()));
  index position = 0;
  read_bytes(file, tensor, [&](const void* bytes, index size) {
    const index count = size / dtype_size(tensor.type);
    detail::convert_elements(tensor.type, static_cast<const unsigned char*>(bytes), count, values.data() + position);
    position += count;
  });
  return values;
}

/// Assembled tensors by name.
class weight_set {
 public:
  bool contains(const std::string& name) const { return tensors_.count(name) > 0; }
  const assembled_tensor& at(const std::string& name) const { return tensors_.at(name); }
  void add(assembled_tensor tensor) {
    std::string name = tensor.name;
    tensors_.insert_or_assign(std::move(name), std::move(tensor));
  }
  void remove(const std::string& name) { tensors_.erase(name); }
  const std::map<std::string, assembled_tensor>& all() const { return tensors_; }

  /// An extent of a tensor, or 0 where there is none.
  index extent(const std::string& name, std::size_t axis) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() || found->second.shape.size() <= axis ? 0 : found->second.shape[axis];
  }

  /// For write_safetensors, which then reads from the file piece by piece: a file of any size needs no memory.
  std::vector<tensor_to_write> to_write(const std::shared_ptr<const safetensors_file>& file) const {
    std::vector<tensor_to_write> tensors;
    for (const auto& [name, tensor] : tensors_)
      tensors.push_back({name, tensor.type, tensor.shape, nullptr,
                         [file, tensor = tensor](const byte_sink& sink) { read_bytes(*file, tensor, sink); }});
    return tensors;
  }

 private:
  std::map<std::string, assembled_tensor> tensors_;
};

}  // namespace sdmae
