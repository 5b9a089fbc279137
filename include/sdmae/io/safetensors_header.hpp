// The header of a safetensors file: parsing it, with every rule of the format checked, and writing it.
// Format: https://huggingface.co/docs/safetensors
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/io/dtype.hpp"

namespace sdmae {

/// One tensor of a file: elements of `type`, row-major `shape`, bytes [begin, end) counted from the end of the header.
struct tensor_info {
  std::string name;
  dtype type = dtype::f32;
  std::vector<index> shape;
  index begin = 0, end = 0;

  index count() const { return (end - begin) / dtype_size(type); }
};

/// "[384, 3, 16, 16]"
inline std::string shape_text(const std::vector<index>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

namespace detail {

inline constexpr std::uint64_t safetensors_header_cap = 100'000'000;

// A name out of an unknown file, fit for one line of an error message.
inline std::string quoted(std::string name) {
  if (name.size() > 120) name = name.substr(0, 117) + "...";
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
  return "'" + name + "'";
}

[[noreturn]] inline void fail_safetensors(const std::string& file, const std::string& what) {
  throw error(file, what, "the file is damaged or not a safetensors file: make or download it again");
}

[[noreturn]] inline void fail_tensor(const std::string& file, const std::string& tensor, const std::string& what) {
  fail_safetensors(file, "tensor " + quoted(tensor) + ": " + what);
}

// Bytes of a tensor; −1 when the product does not fit 63 bits.
inline index checked_bytes(const std::vector<index>& shape, dtype type) {
  index bytes = 1;
  for (index extent : shape)
    if (extent < 0 || __builtin_mul_overflow(bytes, extent, &bytes)) return -1;
  return __builtin_mul_overflow(bytes, dtype_size(type), &bytes) ? -1 : bytes;
}

// Receives the JSON piece by piece, so that a duplicate key is seen (a parsed object has lost it) and nothing but the
// expected structure is ever kept in memory.
class safetensors_handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  safetensors_handler(const std::string& file, std::vector<tensor_info>& tensors,
                      std::map<std::string, std::string>& metadata)
      : file_(file), tensors_(tensors), metadata_(metadata) {}

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return unexpected("a number that is no integer"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != place::numbers) return unexpected("a number");
    if (value > static_cast<std::uint64_t>(std::numeric_limits<index>::max()))
      fail_tensor(file_, name_, "'" + key_ + "' has a number over 2^63 - 1");
    (key_ == "shape" ? tensors_.back().shape : offsets_).push_back(static_cast<index>(value));
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == place::metadata) {
      metadata_[key_] = value;
    } else if (place_ == place::entry && key_ == "dtype") {
      const auto type = dtype_named(value);
      if (!type) fail_tensor(file_, name_, "unknown dtype " + quoted(value));
      tensors_.back().type = *type;
    } else {
      return unexpected("a string");
    }
    return true;
  }

  bool key(string_t& value) override {
    std::set<std::string>& seen = place_ == place::top ? names_ : keys_;
    if (!seen.insert(value).second)
      fail_safetensors(file_, (place_ == place::top ? "" : "in " + quoted(name_) + ": ") + "duplicate key " +
                                  quoted(value) + " in the header");
    if (place_ == place::entry && value != "dtype" && value != "shape" && value != "data_offsets")
      fail_tensor(file_, name_, "unknown key " + quoted(value) + " (only dtype, shape, data_offsets)");
    (place_ == place::top ? name_ : key_) = value;
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == place::nothing) {
      place_ = place::top;
    } else if (place_ == place::top) {
      keys_.clear();
      offsets_.clear();
      place_ = name_ == "__metadata__" ? place::metadata : place::entry;
      if (place_ == place::entry) tensors_.emplace_back().name = name_;
    } else {
      return unexpected("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == place::entry) finish_entry();
    place_ = place_ == place::top ? place::nothing : place::top;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != place::entry || key_ == "dtype") return unexpected("a list");
    place_ = place::numbers;
    return true;
  }

  bool end_array() override {
    place_ = place::entry;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& problem) override {
    const bool encoding = std::string(problem.what()).find("UTF-8") != std::string::npos;
    fail_safetensors(file_, std::string(encoding ? "the header is not UTF-8" : "the header is not valid JSON") +
                                " (at its byte " + std::to_string(position) + ")");
  }

 private:
  enum class place { nothing, top, metadata, entry, numbers };

  bool unexpected(const std::string& what) {
    if (place_ == place::nothing) fail_safetensors(file_, "the header is not a JSON object");
    if (place_ == place::metadata)
      fail_safetensors(file_, "metadata " + quoted(key_) + " is " + what + ", must be a string");
    if (place_ == place::top) fail_tensor(file_, name_, "its entry is " + what + ", must be an object");
    fail_tensor(file_, name_, "'" + key_ + "' holds " + what);
  }

  void finish_entry() {
    for (const char* needed : {"dtype", "shape", "data_offsets"})
      if (!keys_.count(needed)) fail_tensor(file_, name_, "has no '" + std::string(needed) + "'");
    if (offsets_.size() != 2) fail_tensor(file_, name_, "data_offsets must be two numbers");
    tensor_info& tensor = tensors_.back();
    tensor.begin = offsets_[0];
    tensor.end = offsets_[1];
    const index bytes = checked_bytes(tensor.shape, tensor.type);
    if (bytes < 0) fail_tensor(file_, name_, "the product of its shape overflows");
    if (tensor.end < tensor.begin || tensor.end - tensor.begin != bytes)
      fail_tensor(file_, name_,
                  "data_offsets " + shape_text(offsets_) + " are not the " + std::to_string(bytes) +
                      " bytes of its shape and dtype");
  }

  const std::string& file_;
  std::vector<tensor_info>& tensors_;
  std::map<std::string, std::string>& metadata_;
  place place_ = place::nothing;
  std::string name_, key_;
  std::set<std::string> names_, keys_;
  std::vector<index> offsets_;
};

// Sorted by offset the tensors must start at 0, touch one another and end with the data.
inline void check_layout(const std::string& file, std::vector<tensor_info>& tensors, index data_size) {
  std::sort(tensors.begin(), tensors.end(), [](const tensor_info& a, const tensor_info& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end < b.end : a.name < b.name;
  });
  index position = 0;
  for (const tensor_info& tensor : tensors) {
    if (tensor.begin < position) fail_tensor(file, tensor.name, "its data overlap those of the tensor before it");
    if (tensor.begin > position) fail_tensor(file, tensor.name, "a gap in the data before it");
    if (tensor.end > data_size)
      fail_tensor(file, tensor.name,
                  "its data are cut off: the file lacks " + std::to_string(tensor.end - data_size) + " bytes");
    position = tensor.end;
  }
  if (position < data_size)
    fail_safetensors(file, std::to_string(data_size - position) + " trailing bytes after the last tensor");
}

}  // namespace detail
}  // namespace sdmae
