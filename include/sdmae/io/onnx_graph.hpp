// An ONNX model: nodes and weights, written piece by piece. Format: https://onnx.ai/onnx/repo-docs/IR.html (onnx.proto)
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/io/atomic_file.hpp"
#include "sdmae/io/protobuf_write.hpp"

namespace sdmae {

/// An attribute of a node: an integer, a list of them, or a number.
struct onnx_attribute {
  std::string name;
  std::vector<std::int64_t> integers;
  float real = 0;
  enum class kind { integer, integers, real } type = kind::integer;

  static onnx_attribute of(std::string name, std::int64_t value) {
    return {std::move(name), {value}, 0, kind::integer};
  }
  static onnx_attribute list(std::string name, std::vector<std::int64_t> values) {
    return {std::move(name), std::move(values), 0, kind::integers};
  }
  static onnx_attribute number(std::string name, float value) { return {std::move(name), {}, value, kind::real}; }
};

/// Builds a graph of float tensors node by node, then writes it. Weights are asked for one at a time, while writing.
class onnx_graph {
 public:
  static constexpr int operator_set = 17;  // the first with LayerNormalization

  /// A node; `outputs` name what it makes.
  void node(const std::string& operation, const std::vector<std::string>& inputs,
            const std::vector<std::string>& outputs, const std::vector<onnx_attribute>& attributes) {
    protobuf_message made;
    for (const std::string& input : inputs) made.text(1, input);
    for (const std::string& output : outputs) made.text(2, output);
    made.text(3, outputs[0]).text(4, operation);
    for (const onnx_attribute& attribute : attributes) made.message(5, encoded(attribute));
    nodes_.message(1, made);
  }
  /// The same with one output, whose name is returned.
  std::string node(const std::string& operation, const std::vector<std::string>& inputs, const std::string& output,
                   const std::vector<onnx_attribute>& attributes = {}) {
    node(operation, inputs, std::vector<std::string>{output}, attributes);
    return output;
  }

  /// A tensor of floats under this name. `values` is called once, when the model is written.
  std::string weight(const std::string& name, std::vector<index> shape, std::function<std::vector<float>()> values) {
    tensors_.push_back({name, float_type, std::move(shape), 4, [values = std::move(values)] {
                          const std::vector<float> made = values();
                          return std::string(reinterpret_cast<const char*>(made.data()), made.size() * sizeof(float));
                        }});
    return name;
  }
  /// Whole numbers that shapes are made of, as a tensor [n]; the same numbers are kept once.
  std::string numbers(const std::vector<std::int64_t>& values) {
    std::string name = "numbers";
    for (const std::int64_t value : values) name += "_" + std::to_string(value);
    if (names_.insert(name).second)
      tensors_.push_back({name, int64_type, {static_cast<index>(values.size())}, 8, [values] {
                            return std::string(reinterpret_cast<const char*>(values.data()), values.size() * 8);
                          }});
    return name;
  }
  std::string scalar(const std::string& name, float value) {
    if (names_.insert(name).second) weight(name, {}, [value] { return std::vector<float>{value}; });
    return name;
  }

  /// Float tensors that go in and out. An extent of 0 is the batch, which may be any.
  void input(const std::string& name, const std::vector<index>& shape) { ends_.message(11, value(name, shape)); }
  void output(const std::string& name, const std::vector<index>& shape) { ends_.message(12, value(name, shape)); }

  /// Writes the model atomically. Throws sdmae::error for one of 2 GiB or more, the limit of Protocol Buffers, before
  /// anything is written; and what atomic_file and the weights throw.
  void write(const std::filesystem::path& path, const std::string& name) const {
    protobuf_message title;
    title.text(2, name);
    std::vector<std::string> starts;
    std::uint64_t size = nodes_.bytes().size() + title.bytes().size() + ends_.bytes().size();
    for (const stored_tensor& tensor : tensors_) {
      starts.push_back(start_of(tensor));
      size += starts.back().size() + static_cast<std::uint64_t>(tensor.size());
    }
    protobuf_message model;
    model.number(1, 8).text(2, "sdmae").text(3, SDMAE_VERSION);  // IR version 8 goes with operator set 17
    model.message(8, protobuf_message().text(1, "").number(2, operator_set));
    const std::string before = model.bytes() + protobuf_message().start(7, size).bytes();
    if (size + before.size() > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max()))
      throw error(path.string(), "the model would take " + std::to_string(size >> 20) + " MiB; an ONNX file holds 2047",
                  "convert it to timm and export it from there with external data");
    atomic_file out(path);
    out.write(before + nodes_.bytes() + title.bytes());
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      const std::string bytes = tensors_[i].bytes();
      if (static_cast<index>(bytes.size()) != tensors_[i].size())
        throw error(path.string(), tensors_[i].name + " has other values than its shape says", "please report this");
      out.write(starts[i]);
      out.write(bytes);
    }
    out.write(ends_.bytes());
    out.commit();
  }

 private:
  static constexpr int float_type = 1, int64_type = 7;

  struct stored_tensor {
    std::string name;
    int type;
    std::vector<index> shape;
    index width;
    std::function<std::string()> bytes;

    index size() const {
      index product = width;
      for (const index extent : shape) product *= extent;
      return product;
    }
  };

  // Everything of an initializer but its bytes: raw_data is its last field.
  static std::string start_of(const stored_tensor& tensor) {
    protobuf_message head;
    for (const index extent : tensor.shape) head.number(1, extent);
    head.number(2, tensor.type).text(8, tensor.name).start(9, static_cast<std::size_t>(tensor.size()));
    protobuf_message field;
    field.start(5, head.bytes().size() + static_cast<std::size_t>(tensor.size()));
    return field.bytes() + head.bytes();
  }

  static protobuf_message encoded(const onnx_attribute& attribute) {
    protobuf_message made;
    made.text(1, attribute.name);
    if (attribute.type == onnx_attribute::kind::real) return made.real(2, attribute.real).number(20, 1);
    if (attribute.type == onnx_attribute::kind::integer) return made.number(3, attribute.integers[0]).number(20, 2);
    for (const std::int64_t value : attribute.integers) made.number(8, value);
    return made.number(20, 7);
  }

  static protobuf_message value(const std::string& name, const std::vector<index>& shape) {
    protobuf_message dimensions;
    for (const index extent : shape)
      dimensions.message(1, extent == 0 ? protobuf_message().text(2, "batch") : protobuf_message().number(1, extent));
    const protobuf_message tensor = protobuf_message().number(1, float_type).message(2, dimensions);
    return protobuf_message().text(1, name).message(2, protobuf_message().message(1, tensor));
  }

  protobuf_message nodes_, ends_;
  std::vector<stored_tensor> tensors_;
  std::set<std::string> names_;
};

}  // namespace sdmae
