// Reads ONNX models and runs them in double precision: written from the formats' own documents, so that a test of our
// writer depends on nothing of the writer. Only the operators of a vision transformer, in their plainest form.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace onnx {

using extents = std::vector<std::int64_t>;

inline void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("onnx: " + what);
}

/// One field of a Protocol Buffers message.
struct field {
  int number = 0, wire = 0;
  std::uint64_t integer = 0;  // of wire types 0 and 5
  std::string_view bytes;     // of wire type 2
};

inline std::uint64_t varint(std::string_view& from) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    require(!from.empty() && shift < 70, "a number is cut off");
    const auto byte = static_cast<unsigned char>(from[0]);
    from.remove_prefix(1);
    value |= std::uint64_t{byte & 127u} << shift;
    if (byte < 128) return value;
  }
}

inline std::vector<field> fields(std::string_view message) {
  std::vector<field> found;
  while (!message.empty()) {
    const std::uint64_t tag = varint(message);
    field next{static_cast<int>(tag >> 3), static_cast<int>(tag & 7), 0, {}};
    if (next.wire == 0) {
      next.integer = varint(message);
    } else {
      require(next.wire == 2 || next.wire == 5, "wire type " + std::to_string(next.wire));
      const std::uint64_t size = next.wire == 5 ? 4 : varint(message);
      require(size <= message.size(), "a field is cut off");
      next.bytes = message.substr(0, size);
      if (next.wire == 5) std::memcpy(&next.integer, next.bytes.data(), 4);
      message.remove_prefix(size);
    }
    found.push_back(next);
  }
  return found;
}

struct tensor {
  extents shape;
  std::vector<double> values;
  std::int64_t extent(std::size_t axis) const { return shape.at(axis); }
  std::int64_t count_from(std::size_t axis) const {
    return std::accumulate(shape.begin() + static_cast<std::ptrdiff_t>(axis), shape.end(), std::int64_t{1},
                           std::multiplies<>());
  }
};

struct attribute {
  std::vector<std::int64_t> integers;
  float real = 0;
};

struct node {
  std::string operation;
  std::vector<std::string> inputs, outputs;
  std::map<std::string, attribute> attributes;
  std::int64_t integer(const std::string& name) const { return attributes.at(name).integers.at(0); }
};

struct end {
  std::string name;
  std::vector<std::string> shape;
};

struct model {
  std::int64_t ir_version = 0, operator_set = 0;
  std::vector<node> nodes;
  std::map<std::string, tensor> weights;
  std::vector<end> inputs, outputs;
};

inline tensor read_tensor(std::string_view message, std::string& name) {
  tensor made;
  std::string_view raw;
  std::uint64_t type = 0;
  for (const field& f : fields(message)) {
    if (f.number == 1) made.shape.push_back(static_cast<std::int64_t>(f.integer));
    if (f.number == 2) type = f.integer;
    if (f.number == 8) name = f.bytes;
    if (f.number == 9) raw = f.bytes;
  }
  require(type == 1 || type == 7, "element type");
  const std::size_t width = type == 1 ? 4 : 8;
  require(raw.size() == static_cast<std::size_t>(made.count_from(0)) * width, name + ": bytes do not fit the shape");
  for (std::size_t at = 0; at < raw.size(); at += width) {
    float real = 0;
    std::int64_t integer = 0;
    std::memcpy(type == 1 ? static_cast<void*>(&real) : &integer, raw.data() + at, width);
    made.values.push_back(type == 1 ? double(real) : double(integer));
  }
  return made;
}

inline node read_node(std::string_view message) {
  node made;
  for (const field& f : fields(message)) {
    if (f.number == 1) made.inputs.emplace_back(f.bytes);
    if (f.number == 2) made.outputs.emplace_back(f.bytes);
    if (f.number == 4) made.operation = f.bytes;
    if (f.number != 5) continue;
    std::string name;
    attribute value;
    for (const field& a : fields(f.bytes)) {
      if (a.number == 1) name = a.bytes;
      if (a.number == 2) std::memcpy(&value.real, a.bytes.data(), 4);
      if (a.number == 3 || a.number == 8) value.integers.push_back(static_cast<std::int64_t>(a.integer));
    }
    made.attributes[name] = value;
  }
  return made;
}

inline end read_end(std::string_view message) {
  end made;
  for (const field& f : fields(message)) {
    if (f.number == 1) made.name = f.bytes;
    if (f.number != 2) continue;
    const std::vector<field> type = fields(f.bytes);
    require(type.size() == 1 && type[0].number == 1, "no tensor type");
    for (const field& t : fields(type[0].bytes)) {
      if (t.number == 1) require(t.integer == 1, "not float");
      if (t.number != 2) continue;
      for (const field& dimension : fields(t.bytes))
        for (const field& d : fields(dimension.bytes))
          made.shape.push_back(d.number == 1 ? std::to_string(d.integer) : std::string(d.bytes));
    }
  }
  return made;
}

inline model read_model(std::string_view bytes) {
  model made;
  for (const field& f : fields(bytes)) {
    if (f.number == 1) made.ir_version = static_cast<std::int64_t>(f.integer);
    if (f.number == 8)
      for (const field& set : fields(f.bytes))
        if (set.number == 2) made.operator_set = static_cast<std::int64_t>(set.integer);
    if (f.number != 7) continue;
    for (const field& g : fields(f.bytes)) {
      std::string name;
      if (g.number == 1) made.nodes.push_back(read_node(g.bytes));
      if (g.number == 5) {
        tensor weight = read_tensor(g.bytes, name);
        require(made.weights.emplace(name, std::move(weight)).second, name + " is there twice");
      }
      if (g.number == 11) made.inputs.push_back(read_end(g.bytes));
      if (g.number == 12) made.outputs.push_back(read_end(g.bytes));
    }
  }
  return made;
}

}  // namespace onnx
