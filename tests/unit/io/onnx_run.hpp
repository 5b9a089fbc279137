// Runs a model of onnx_reader.hpp: operators as the ONNX documents define them, in double precision, one loop each.
#pragma once

#include <algorithm>

#include "unit/io/onnx_reader.hpp"

namespace onnx {

/// f of two tensors, the last extents of which are aligned and repeated where one of them is 1 or not there.
template <class F>
tensor broadcast(const tensor& a, const tensor& b, F f) {
  const std::size_t rank = std::max(a.shape.size(), b.shape.size());
  const auto aligned = [&](const tensor& t) {
    extents shape(rank - t.shape.size(), 1);
    shape.insert(shape.end(), t.shape.begin(), t.shape.end());
    return shape;
  };
  const extents left = aligned(a), right = aligned(b);
  tensor made;
  for (std::size_t i = 0; i < rank; ++i) {
    require(left[i] == right[i] || left[i] == 1 || right[i] == 1, "shapes do not broadcast");
    made.shape.push_back(std::max(left[i], right[i]));
  }
  extents place(rank, 0);
  for (std::int64_t n = made.count_from(0); n > 0; --n) {
    std::int64_t in_a = 0, in_b = 0;
    for (std::size_t i = 0; i < rank; ++i) {
      in_a = in_a * left[i] + (left[i] == 1 ? 0 : place[i]);
      in_b = in_b * right[i] + (right[i] == 1 ? 0 : place[i]);
    }
    made.values.push_back(f(a.values.at(std::size_t(in_a)), b.values.at(std::size_t(in_b))));
    for (std::size_t i = rank; i-- > 0 && ++place[i] == made.shape[i];) place[i] = 0;
  }
  return made;
}

inline tensor transpose(const tensor& x, const extents& order) {
  tensor made;
  for (const std::int64_t axis : order) made.shape.push_back(x.extent(std::size_t(axis)));
  extents place(order.size(), 0);
  for (std::int64_t n = x.count_from(0); n > 0; --n) {
    std::int64_t at = 0;
    for (std::size_t i = 0; i < order.size(); ++i) at += place[i] * x.count_from(std::size_t(order[i]) + 1);
    made.values.push_back(x.values.at(std::size_t(at)));
    for (std::size_t i = order.size(); i-- > 0 && ++place[i] == made.shape[i];) place[i] = 0;
  }
  return made;
}

/// [..., m, k]·[..., k, n], or a matrix [k, n] for all.
inline tensor product(const tensor& a, const tensor& b) {
  const std::size_t rank = a.shape.size();
  const std::int64_t m = a.extent(rank - 2), k = a.extent(rank - 1), n = b.shape.back();
  const std::int64_t matrices = a.count_from(0) / (m * k), step = b.shape.size() == 2 ? 0 : k * n;
  require(b.extent(b.shape.size() - 2) == k && (step == 0 || b.count_from(0) == matrices * k * n), "product");
  tensor made{a.shape, {}};
  made.shape.back() = n;
  for (std::int64_t i = 0; i < matrices * m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::int64_t l = 0; l < k; ++l)
        sum += a.values[std::size_t(i * k + l)] * b.values[std::size_t(i / m * step + l * n + j)];
      made.values.push_back(sum);
    }
  return made;
}

/// [B, C, H, W] with kernels [D, C, p, p] at strides of p: [B, D, H/p, W/p].
inline tensor convolve(const node& n, const tensor& x, const tensor& weight, const tensor& bias) {
  const std::int64_t C = x.extent(1), H = x.extent(2), W = x.extent(3), D = weight.extent(0), p = weight.extent(2);
  require(n.attributes.at("strides").integers == extents{p, p} && weight.extent(3) == p && weight.extent(1) == C &&
              n.attributes.at("kernel_shape").integers == extents{p, p} && H % p == 0 && W % p == 0,
          "convolution");
  tensor made{{x.extent(0), D, H / p, W / p}, {}};
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t d = 0; d < D; ++d)
      for (std::int64_t y = 0; y < H / p; ++y)
        for (std::int64_t z = 0; z < W / p; ++z) {
          double sum = bias.values[std::size_t(d)];
          for (std::int64_t c = 0; c < C; ++c)
            for (std::int64_t i = 0; i < p; ++i)
              for (std::int64_t j = 0; j < p; ++j)
                sum += x.values[std::size_t(((b * C + c) * H + y * p + i) * W + z * p + j)] *
                       weight.values[std::size_t(((d * C + c) * p + i) * p + j)];
          made.values.push_back(sum);
        }
  return made;
}

/// f(row, its length) on every row along the last axis.
template <class F>
tensor by_row(tensor x, F f) {
  const std::int64_t width = x.shape.back();
  for (std::size_t at = 0; at < x.values.size(); at += std::size_t(width)) f(x.values.data() + at, width);
  return x;
}

inline tensor layer_norm(const node& n, const tensor& x, const tensor& weight, const tensor& bias) {
  require(n.integer("axis") == -1, "axis of a layer norm");
  return by_row(x, [&](double* row, std::int64_t width) {
    double mean = 0, variance = 0;
    for (std::int64_t i = 0; i < width; ++i) mean += row[i] / double(width);
    for (std::int64_t i = 0; i < width; ++i) variance += (row[i] - mean) * (row[i] - mean) / double(width);
    const double scale = 1 / std::sqrt(variance + double(n.attributes.at("epsilon").real));
    for (std::int64_t i = 0; i < width; ++i)
      row[i] = (row[i] - mean) * scale * weight.values[std::size_t(i)] + bias.values[std::size_t(i)];
  });
}

inline tensor softmax(const node& n, const tensor& x) {
  require(n.integer("axis") == -1, "axis of a softmax");
  return by_row(x, [](double* row, std::int64_t width) {
    const double most = *std::max_element(row, row + width);
    double sum = 0;
    for (std::int64_t i = 0; i < width; ++i) sum += row[i] = std::exp(row[i] - most);
    for (std::int64_t i = 0; i < width; ++i) row[i] /= sum;
  });
}

inline tensor reshape(tensor x, const tensor& shape) {
  extents made;
  std::int64_t known = 1;
  for (std::size_t i = 0; i < shape.values.size(); ++i) {
    made.push_back(shape.values[i] == 0 ? x.extent(i) : std::int64_t(shape.values[i]));
    if (made.back() > 0) known *= made.back();
  }
  for (std::int64_t& extent : made)
    if (extent == -1) extent = x.count_from(0) / known;
  x.shape = made;
  require(x.count_from(0) == std::int64_t(x.values.size()), "reshape");
  return x;
}

/// Entries [first, last) along an axis.
inline tensor slice(const tensor& x, std::size_t axis, std::int64_t first, std::int64_t last) {
  tensor made{x.shape, {}};
  last = std::min(last, x.extent(axis));
  made.shape[axis] = last - first;
  const std::int64_t inner = x.count_from(axis + 1), step = x.count_from(axis);
  for (std::int64_t start = 0; start < x.count_from(0); start += step)
    made.values.insert(made.values.end(), x.values.begin() + start + first * inner,
                       x.values.begin() + start + last * inner);
  return made;
}

inline tensor concat(const tensor& a, const tensor& b, std::size_t axis) {
  tensor made{a.shape, {}};
  made.shape[axis] += b.extent(axis);
  const std::int64_t step_a = a.count_from(axis), step_b = b.count_from(axis);
  require(a.count_from(0) / step_a == b.count_from(0) / step_b && a.count_from(axis + 1) == b.count_from(axis + 1),
          "concat");
  for (std::int64_t i = 0; i < a.count_from(0) / step_a; ++i) {
    made.values.insert(made.values.end(), a.values.begin() + i * step_a, a.values.begin() + (i + 1) * step_a);
    made.values.insert(made.values.end(), b.values.begin() + i * step_b, b.values.begin() + (i + 1) * step_b);
  }
  return made;
}

inline tensor mean_over_second(const node& n, const tensor& x) {
  require(n.attributes.at("axes").integers == extents{1} && n.integer("keepdims") == 0 && x.shape.size() == 3, "mean");
  tensor made{{x.extent(0), x.extent(2)}, {}};
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t c = 0; c < x.extent(2); ++c) {
      double sum = 0;
      for (std::int64_t t = 0; t < x.extent(1); ++t)
        sum += x.values[std::size_t((b * x.extent(1) + t) * x.extent(2) + c)];
      made.values.push_back(sum / double(x.extent(1)));
    }
  return made;
}

inline tensor result_of(const node& n, const std::vector<const tensor*>& in) {
  const std::string& op = n.operation;
  const tensor& x = *in.at(0);
  if (op == "Add") return broadcast(x, *in.at(1), std::plus<>());
  if (op == "Mul") return broadcast(x, *in.at(1), std::multiplies<>());
  if (op == "Div") return broadcast(x, *in.at(1), std::divides<>());
  if (op == "MatMul") return product(x, *in.at(1));
  if (op == "Conv") return convolve(n, x, *in.at(1), *in.at(2));
  if (op == "LayerNormalization") return layer_norm(n, x, *in.at(1), *in.at(2));
  if (op == "Softmax") return softmax(n, x);
  if (op == "Reshape") return reshape(x, *in.at(1));
  if (op == "Transpose") return transpose(x, n.attributes.at("perm").integers);
  if (op == "Concat") return concat(x, *in.at(1), std::size_t(n.integer("axis")));
  if (op == "ReduceMean") return mean_over_second(n, x);
  if (op == "Gather")
    return slice(x, std::size_t(n.integer("axis")), std::int64_t(in.at(1)->values.at(0)),
                 std::int64_t(in.at(1)->values.at(0)) + 1);
  if (op == "Slice")
    return slice(x, std::size_t(in.at(3)->values.at(0)), std::int64_t(in.at(1)->values.at(0)),
                 std::int64_t(in.at(2)->values.at(0)));
  if (op == "Erf") {
    tensor made = x;
    for (double& value : made.values) value = std::erf(value);
    return made;
  }
  if (op == "Shape") {
    const extents part(x.shape.begin() + n.integer("start"), x.shape.begin() + n.integer("end"));
    return {{std::int64_t(part.size())}, {part.begin(), part.end()}};
  }
  require(op == "Expand", "operator " + op);
  tensor zeros{{in.at(1)->values.begin(), in.at(1)->values.end()}, {}};
  zeros.values.resize(std::size_t(zeros.count_from(0)));
  return broadcast(x, zeros, std::plus<>());
}

/// The model's one output for its one input. Every node must find what it reads made before it, and make new names.
inline tensor run(const model& of, const tensor& input) {
  std::map<std::string, tensor> made = of.weights;
  made.emplace(of.inputs.at(0).name, input);
  for (const node& n : of.nodes) {
    std::vector<const tensor*> in;
    for (const std::string& name : n.inputs) {
      require(made.count(name) > 0, n.operation + " reads " + name + ", which is not there yet");
      in.push_back(&made.at(name));
    }
    const auto add = [&](const std::string& name, tensor value) {
      require(made.emplace(name, std::move(value)).second, name + " is made twice");
    };
    if (n.operation != "Split") {
      add(n.outputs.at(0), result_of(n, in));
      continue;
    }
    const std::int64_t axis = n.integer("axis"), parts = std::int64_t(n.outputs.size());
    const std::int64_t each = in[0]->extent(std::size_t(axis)) / parts;
    for (std::int64_t i = 0; i < parts; ++i)
      add(n.outputs[std::size_t(i)], slice(*in[0], std::size_t(axis), i * each, (i + 1) * each));
  }
  return made.at(of.outputs.at(0).name);
}

}  // namespace onnx
