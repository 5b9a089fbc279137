// What tests of the programs need and a shell does not have: pictures to train on, checkpoints with a planted fault.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "mae_weights.hpp"
#include "sdmae/data/encode.hpp"
#include "sdmae/data/synthetic.hpp"
#include "sdmae/io/safetensors.hpp"
#include "sdmae/io/safetensors_write.hpp"

namespace {

namespace fs = std::filesystem;
using sdmae::index;

[[noreturn]] void fail(const std::string& what) { throw sdmae::error("tool", what, "see tests/programs/tool.cpp"); }

/// images <folder> <count> <size>: that many square tiles of tissue, in two subfolders.
void images(const fs::path& folder, index count, index size) {
  const sdmae::synthetic_tissue tissue(7, count, size, size);
  for (index i = 0; i < count; ++i) {
    char name[32];
    std::snprintf(name, sizeof name, "tile_%04d.png", static_cast<int>(i));
    const fs::path below = folder / (i % 2 == 0 ? "even" : "odd");
    fs::create_directories(below);
    sdmae::write_png(below / name, tissue.load(i).image);
  }
}

/// A tensor of a file that is to be written again. Only the element types that our files have.
struct held_tensor {
  sdmae::dtype type;
  std::vector<index> shape;
  std::vector<unsigned char> bytes;
};

template <class Scalar>
std::vector<unsigned char> bytes_of(const std::vector<Scalar>& values) {
  const auto* const from = reinterpret_cast<const unsigned char*>(values.data());
  return {from, from + values.size() * sizeof(Scalar)};
}

std::vector<unsigned char> stored_bytes(const sdmae::safetensors_file& file, const sdmae::tensor_info& tensor) {
  switch (tensor.type) {
    case sdmae::dtype::f32:
      return bytes_of(file.read<float>(tensor.name));
    case sdmae::dtype::f64:
      return bytes_of(file.read<double>(tensor.name));
    case sdmae::dtype::i64:
      return bytes_of(file.read<std::int64_t>(tensor.name));
    default:
      fail("element type of " + tensor.name);
  }
}

struct held_file {
  std::map<std::string, held_tensor> tensors;
  std::map<std::string, std::string> metadata;

  explicit held_file(const fs::path& path) {
    const sdmae::safetensors_file file(path);
    metadata = file.metadata();
    for (const sdmae::tensor_info& tensor : file.tensors())
      tensors[tensor.name] = {tensor.type, tensor.shape, stored_bytes(file, tensor)};
  }

  held_tensor& at(const std::string& name) {
    if (!tensors.count(name)) fail("no tensor " + name);
    return tensors[name];
  }

  void write(const fs::path& path) const {
    std::vector<sdmae::tensor_to_write> list;
    for (const auto& [name, tensor] : tensors)
      list.push_back({name, tensor.type, tensor.shape, tensor.bytes.data(), {}});
    sdmae::write_safetensors(path, std::move(list), metadata);
  }
};

/// Entry `i` of a tensor becomes f(entry).
template <class F>
void change_entry(held_tensor& tensor, std::size_t i, F f) {
  const auto apply = [&](auto value) {
    if ((i + 1) * sizeof value > tensor.bytes.size()) fail("no such entry");
    std::memcpy(&value, tensor.bytes.data() + i * sizeof value, sizeof value);
    value = static_cast<decltype(value)>(f(static_cast<double>(value)));
    std::memcpy(tensor.bytes.data() + i * sizeof value, &value, sizeof value);
  };
  if (tensor.type == sdmae::dtype::f32) return apply(0.0f);
  if (tensor.type == sdmae::dtype::f64) return apply(0.0);
  apply(std::int64_t{0});
}

std::vector<index> extents(const std::string& text) {
  std::istringstream from(text);
  std::vector<index> shape;
  for (std::string extent; std::getline(from, extent, ',');) shape.push_back(std::stoll(extent));
  return shape;
}

/// edit <from> <to> <change>…, where a change is one of: drop NAME; add NAME; rename NAME NAME; shape NAME 2,3;
/// scale NAME FACTOR (all entries); set NAME I VALUE; nudge NAME I DIFFERENCE; metadata KEY VALUE; forget KEY.
void edit(const fs::path& from, const fs::path& to, std::vector<std::string> changes) {
  held_file file(from);
  std::size_t next = 0;
  const auto word = [&] { return next < changes.size() ? changes[next++] : (fail("a change is cut short"), ""); };
  while (next < changes.size()) {
    const std::string change = word(), name = word();
    if (change == "drop") {
      file.at(name);
      file.tensors.erase(name);
    } else if (change == "add") {
      file.tensors[name] = {sdmae::dtype::f32, {1}, std::vector<unsigned char>(4)};
    } else if (change == "rename") {
      auto node = file.tensors.extract((file.at(name), name));
      node.key() = word();
      file.tensors.insert(std::move(node));
    } else if (change == "shape") {
      file.at(name).shape = extents(word());
    } else if (change == "scale") {
      const double factor = std::stod(word());
      held_tensor& tensor = file.at(name);
      for (std::size_t i = 0; i < tensor.bytes.size() / 4; ++i)
        change_entry(tensor, i, [&](double value) { return value * factor; });
    } else if (change == "set" || change == "nudge") {
      const std::size_t i = std::stoul(word());
      const double number = std::stod(word());
      change_entry(file.at(name), i, [&](double value) { return change == "set" ? number : value + number; });
    } else if (change == "metadata") {
      file.metadata[name] = word();
    } else if (change == "forget") {
      file.metadata.erase(name);
    } else {
      fail("change " + change);
    }
  }
  file.write(to);
}

/// list <file>: a line for each metadata entry ("@key=value") and each tensor ("name dtype [shape]").
void list(const fs::path& path) {
  const sdmae::safetensors_file file(path);
  for (const auto& [key, value] : file.metadata()) std::printf("@%s=%s\n", key.c_str(), value.c_str());
  for (const sdmae::tensor_info& tensor : file.tensors()) {
    std::string shape;
    for (const index extent : tensor.shape) shape += (shape.empty() ? "" : ",") + std::to_string(extent);
    std::printf("%s %s %s\n", tensor.name.c_str(), std::string(sdmae::dtype_name(tensor.type)).c_str(), shape.c_str());
  }
}

/// print <file> <tensor> <entry>
void print(const fs::path& path, const std::string& name, std::size_t entry) {
  std::printf("%.17g\n", sdmae::safetensors_file(path).read<double>(name).at(entry));
}

/// equal <file> <file>: fails unless both hold the same tensors, to the bit; metadata may differ. With a third word,
/// only tensors of the second whose name begins with it count.
void same_tensors(const fs::path& one, const fs::path& other, const std::string& start) {
  const held_file first(one), second(other);
  std::size_t compared = 0;
  for (const auto& [name, tensor] : second.tensors) {
    if (name.rfind(start, 0) != 0) continue;
    const auto found = first.tensors.find(name);
    if (found == first.tensors.end()) fail(one.string() + " lacks " + name);
    const held_tensor& mine = found->second;
    if (mine.type != tensor.type || mine.shape != tensor.shape || mine.bytes != tensor.bytes) fail(name + " differs");
    ++compared;
  }
  if (compared == 0 || compared != first.tensors.size())
    fail(one.string() + " has other tensors than " + other.string());
}

/// cut <from> <to> <bytes>: the first so many bytes. flip <from> <to> <position>: one byte changed.
void damage(const std::string& how, const fs::path& from, const fs::path& to, std::size_t place) {
  std::ifstream in(from, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (place >= bytes.size()) fail(from.string() + " is shorter than that");
  if (how == "cut")
    bytes.resize(place);
  else
    bytes[place] = static_cast<char>(~bytes[place]);
  std::ofstream(to, std::ios::binary) << bytes;
}

void run(const std::vector<std::string>& words) {
  const auto count = [&](std::size_t least) {
    if (words.size() < least) fail("too few arguments");
  };
  count(2);
  const std::string& command = words[0];
  if (command == "images") return count(4), images(words[1], std::stoll(words[2]), std::stoll(words[3]));
  if (command == "edit") return count(3), edit(words[1], words[2], {words.begin() + 3, words.end()});
  if (command == "list") return list(words[1]);
  if (command == "mae") return write_weights(words[1], mae_weights());  // mae <file>: see tests/mae_weights.hpp
  if (command == "equal") return count(3), same_tensors(words[1], words[2], words.size() > 3 ? words[3] : "");
  if (command == "print") return count(4), print(words[1], words[2], std::stoul(words[3]));
  if (command == "cut" || command == "flip") return count(4), damage(command, words[1], words[2], std::stoul(words[3]));
  fail("command " + command);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}
