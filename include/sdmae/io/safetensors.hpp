// Reading safetensors files, strictly: what opens is whole, and every byte of it belongs to exactly one tensor.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sdmae/io/pickle.hpp"
#include "sdmae/io/safetensors_header.hpp"

namespace sdmae {

static_assert(std::endian::native == std::endian::little,
              "sdmae: safetensors files are read on little-endian machines");

/// A safetensors file, open for reading. The constructor checks the whole file without loading it (header, offsets,
/// size); each broken rule is an sdmae::error that names file, tensor and rule. Tensors are read one at a time, on
/// demand. Accepted oddities: shape [], extents of 0, spaces after the header's JSON.
class safetensors_file {
 public:
  explicit safetensors_file(const std::filesystem::path& path) : name_(path.string()) {
    descriptor_.value = ::open(name_.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat facts = {};
    if (descriptor_.value < 0 || ::fstat(descriptor_.value, &facts) != 0)
      throw error(name_, "cannot open (" + std::string(std::strerror(errno)) + ")", "check the path");
    if (!S_ISREG(facts.st_mode)) throw error(name_, "not an ordinary file", "give a .safetensors file");
    refuse_pickles(path);
    parse(read_header(facts.st_size), facts.st_size);
  }

  const std::string& name() const { return name_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// All tensors, in the order of their data.
  const std::vector<tensor_info>& tensors() const { return tensors_; }

  bool contains(const std::string& tensor) const { return places_.count(tensor) > 0; }

  /// Facts of one tensor; an error when the file lacks it.
  const tensor_info& info(const std::string& tensor) const {
    const auto found = places_.find(tensor);
    if (found == places_.end()) throw error(name_, "no tensor " + detail::quoted(tensor), "give a file that holds it");
    return tensors_[found->second];
  }

  /// Reads a whole tensor of `count` elements into out[0 … count), converted from its stored type. Errors: the tensor
  /// is missing or has another count; floating-point values asked for as integers; integers that do not fit.
  template <class Scalar>
  void read(const std::string& tensor, Scalar* out, index count) const {
    const tensor_info& facts = info(tensor);
    if (facts.count() != count)
      throw error(name_,
                  "tensor " + detail::quoted(tensor) + " has shape " + shape_text(facts.shape) + ", " +
                      std::to_string(facts.count()) + " elements; " + std::to_string(count) + " are needed",
                  "give a file of the same architecture");
    if (facts.type == dtype_of<Scalar>() && !std::is_same_v<Scalar, bool>) {
      read_stored(facts, 0, reinterpret_cast<unsigned char*>(out), facts.end - facts.begin);
      return;
    }
    alignas(64) std::array<unsigned char, 65536> buffer;
    const index size = dtype_size(facts.type), at_once = static_cast<index>(buffer.size()) / size;
    for (index done = 0; done < count; done += at_once) {
      const index now = std::min(at_once, count - done);
      read_stored(facts, done * size, buffer.data(), now * size);
      if (!detail::convert_elements(facts.type, buffer.data(), now, out + done))
        throw error(name_,
                    "tensor " + detail::quoted(tensor) + " (" + std::string(dtype_name(facts.type)) +
                        ") does not fit the integers asked for",
                    "give a file of the same architecture");
    }
  }

  /// The same into a vector of the tensor's own size.
  template <class Scalar>
  std::vector<Scalar> read(const std::string& tensor) const {
    static_assert(!std::is_same_v<Scalar, bool>, "sdmae::safetensors_file::read: read booleans as std::uint8_t");
    std::vector<Scalar> values(static_cast<std::size_t>(info(tensor).count()));
    read(tensor, values.data(), static_cast<index>(values.size()));
    return values;
  }

  /// Reads `size` of a tensor's bytes as they are stored, from byte `from` of it on. The caller keeps within the
  /// tensor.
  void read_stored(const tensor_info& tensor, index from, unsigned char* out, index size) const {
    read_at(data_start_ + tensor.begin + from, out, size);
  }

 private:
  struct file_descriptor {
    int value = -1;
    file_descriptor() = default;
    file_descriptor(file_descriptor&& other) noexcept : value(std::exchange(other.value, -1)) {}
    file_descriptor& operator=(file_descriptor&& other) noexcept {
      std::swap(value, other.value);
      return *this;
    }
    ~file_descriptor() {
      if (value >= 0) ::close(value);
    }
  };

  std::string read_header(index file_size) {
    if (file_size == 0) detail::fail_safetensors(name_, "the file is empty");
    if (file_size < 8) detail::fail_safetensors(name_, "shorter than the 8 bytes of the header's length");
    std::uint64_t length = 0;
    read_at(0, reinterpret_cast<unsigned char*>(&length), 8);
    if (length > detail::safetensors_header_cap)
      detail::fail_safetensors(name_, "header length " + std::to_string(length) + " is over the limit of 100,000,000");
    if (static_cast<index>(length) > file_size - 8)
      detail::fail_safetensors(name_, "header length " + std::to_string(length) + " goes beyond the end of the file");
    std::string header(static_cast<std::size_t>(length), '\0');
    read_at(8, reinterpret_cast<unsigned char*>(header.data()), static_cast<index>(length));
    if (header.empty() || header[0] != '{') detail::fail_safetensors(name_, "the header does not start with '{'");
    // The JSON parser takes a zero byte for the end of its input.
    if (header.find('\0') != std::string::npos)
      detail::fail_safetensors(name_, "the header is not valid JSON (zero byte)");
    return header;
  }

  void parse(const std::string& header, index file_size) {
    detail::safetensors_handler handler(name_, tensors_, metadata_);
    nlohmann::json::sax_parse(header, &handler);
    data_start_ = 8 + static_cast<index>(header.size());
    detail::check_layout(name_, tensors_, file_size - data_start_);
    for (std::size_t i = 0; i < tensors_.size(); ++i) places_[tensors_[i].name] = i;
  }

  void read_at(index position, unsigned char* out, index size) const {
    while (size > 0) {
      const ssize_t got = ::pread(descriptor_.value, out, static_cast<std::size_t>(size), position);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw error(name_, "cannot read (" + std::string(std::strerror(errno)) + ")", "check the disk");
      if (got == 0) detail::fail_safetensors(name_, "the file was cut while it was being read");
      position += got;
      out += got;
      size -= got;
    }
  }

  std::string name_;
  file_descriptor descriptor_;
  index data_start_ = 0;
  std::map<std::string, std::string> metadata_;
  std::vector<tensor_info> tensors_;
  std::unordered_map<std::string, std::size_t> places_;
};

/// Checks a whole file without loading its tensors; throws what opening it throws.
inline void check_safetensors(const std::filesystem::path& path) { safetensors_file{path}; }

}  // namespace sdmae
