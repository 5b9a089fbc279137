// A vision transformer's weights as an ONNX model: image features, or classes where the file has a head.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/io/onnx_graph.hpp"
#include "sdmae/io/weight_file.hpp"
#include "sdmae/vit/position_resize.hpp"

namespace sdmae {

struct onnx_options {
  index heads = 0;
  double norm_epsilon = 1e-6;
  vit::patch_grid grid;  // of the position table, see place_positions
};

namespace detail {

/// The graph, layer by layer; x: [batch, tokens, width] throughout.
class onnx_vit {
 public:
  onnx_vit(const weights_file& from, const onnx_options& options) : from_(from), options_(options) {}

  onnx_graph build() {
    const vit_facts& vit = from_.vit;
    graph_.input("images", {0, vit.channels, options_.grid.height * vit.patch, options_.grid.width * vit.patch});
    std::string x = embed();
    for (index i = 0; i < vit.depth; ++i) x = block(x, "blocks." + std::to_string(i));
    const bool classes = vit.classes > 0, pool_class_token = classes && vit.class_token && !vit.pooled_norm;
    if (!vit.pooled_norm) x = norm(x, "norm");
    x = pool_class_token ? class_row(x) : mean_of_patches(x, vit.pooled_norm || classes ? "mean" : "features");
    if (vit.pooled_norm) x = norm(x, "fc_norm", classes ? "" : "features");
    if (classes) linear(x, "head", "logits");
    graph_.output(classes ? "logits" : "features", {0, classes ? vit.classes : vit.width});
    return std::move(graph_);
  }

 private:
  using attribute = onnx_attribute;

  std::string weight(const std::string& name) {
    const assembled_tensor& tensor = from_.tensors.at(name);
    return graph_.weight(name, tensor.shape, [file = from_.file, tensor] { return values_of(*file, tensor); });
  }

  // [out, in] of a linear layer as [in, out].
  std::string transposed(const std::string& name) {
    const assembled_tensor& tensor = from_.tensors.at(name);
    return graph_.weight(name, {tensor.shape[1], tensor.shape[0]}, [file = from_.file, tensor] {
      const index rows = tensor.shape[0], columns = tensor.shape[1];
      const std::vector<float> values = values_of(*file, tensor);
      std::vector<float> turned(values.size());
      for (index r = 0; r < rows; ++r)
        for (index c = 0; c < columns; ++c)
          turned[static_cast<std::size_t>(c * rows + r)] = values[static_cast<std::size_t>(r * columns + c)];
      return turned;
    });
  }

  std::string linear(const std::string& x, const std::string& name, const std::string& output = "") {
    const std::string product = graph_.node("MatMul", {x, transposed(name + ".weight")}, name + ".product");
    return graph_.node("Add", {product, weight(name + ".bias")}, output.empty() ? name : output);
  }

  std::string norm(const std::string& x, const std::string& name, const std::string& output = "") {
    return graph_.node(
        "LayerNormalization", {x, weight(name + ".weight"), weight(name + ".bias")}, output.empty() ? name : output,
        {attribute::of("axis", -1), attribute::number("epsilon", static_cast<float>(options_.norm_epsilon))});
  }

  std::string embed() {
    const index patch = from_.vit.patch, width = from_.vit.width;
    std::string x =
        graph_.node("Conv", {"images", weight("patch_embed.proj.weight"), weight("patch_embed.proj.bias")}, "patches",
                    {attribute::list("kernel_shape", {patch, patch}), attribute::list("strides", {patch, patch})});
    x = graph_.node("Reshape", {x, graph_.numbers({0, width, -1})}, "patches.flat");
    x = graph_.node("Transpose", {x}, "patches.tokens", {attribute::list("perm", {0, 2, 1})});
    if (from_.vit.class_token) {
      const std::string batch =
          graph_.node("Shape", {"images"}, "batch", {attribute::of("start", 0), attribute::of("end", 1)});
      const std::string shape =
          graph_.node("Concat", {batch, graph_.numbers({1, width})}, "class.shape", {attribute::of("axis", 0)});
      const std::string row = graph_.node("Expand", {weight("cls_token"), shape}, "class");
      x = graph_.node("Concat", {row, x}, "tokens", {attribute::of("axis", 1)});
    }
    return graph_.node("Add", {x, weight("pos_embed")}, "embedded");
  }

  std::string attention(const std::string& x, const std::string& name) {
    const index heads = options_.heads, width = from_.vit.attention, head_width = width / heads;
    graph_.node("Split", {linear(x, name + ".qkv")}, std::vector<std::string>{name + ".q", name + ".k", name + ".v"},
                {attribute::of("axis", 2)});
    std::vector<std::string> parts;
    for (const char* kind : {".q", ".k", ".v"}) {
      const std::string cut =
          graph_.node("Reshape", {name + kind, graph_.numbers({0, 0, heads, head_width})}, name + kind + ".heads");
      const bool key = std::string(kind) == ".k";
      parts.push_back(graph_.node("Transpose", {cut}, name + kind + ".turned",
                                  {attribute::list("perm", key ? std::vector<std::int64_t>{0, 2, 3, 1}
                                                               : std::vector<std::int64_t>{0, 2, 1, 3})}));
    }
    const std::string scores = graph_.node("MatMul", {parts[0], parts[1]}, name + ".scores");
    const std::string scale = graph_.scalar("attention_scale", static_cast<float>(1 / std::sqrt(double(head_width))));
    const std::string scaled = graph_.node("Mul", {scores, scale}, name + ".scaled");
    const std::string shares = graph_.node("Softmax", {scaled}, name + ".shares", {attribute::of("axis", -1)});
    const std::string mixed = graph_.node("MatMul", {shares, parts[2]}, name + ".mixed");
    const std::string back = graph_.node("Transpose", {mixed}, name + ".back", {attribute::list("perm", {0, 2, 1, 3})});
    return linear(graph_.node("Reshape", {back, graph_.numbers({0, 0, width})}, name + ".joined"), name + ".proj");
  }

  // x/2·(1 + erf(x/√2)): Gelu is an operator only from set 20 on.
  std::string gelu(const std::string& x) {
    const std::string scaled = graph_.node("Div", {x, graph_.scalar("root_2", std::sqrt(2.0f))}, x + ".scaled");
    const std::string erf = graph_.node("Erf", {scaled}, x + ".erf");
    const std::string plus = graph_.node("Add", {erf, graph_.scalar("one", 1)}, x + ".plus");
    const std::string product = graph_.node("Mul", {x, plus}, x + ".twice");
    return graph_.node("Mul", {product, graph_.scalar("half", 0.5f)}, x + ".gelu");
  }

  std::string add_branch(const std::string& x, std::string branch, const std::string& gain) {
    if (from_.tensors.contains(gain)) branch = graph_.node("Mul", {branch, weight(gain)}, gain + ".branch");
    return graph_.node("Add", {x, branch}, branch + ".sum");
  }

  std::string block(std::string x, const std::string& name) {
    x = add_branch(x, attention(norm(x, name + ".norm1"), name + ".attn"), name + ".ls1.gamma");
    const std::string hidden = gelu(linear(norm(x, name + ".norm2"), name + ".mlp.fc1"));
    return add_branch(x, linear(hidden, name + ".mlp.fc2"), name + ".ls2.gamma");
  }

  std::string class_row(const std::string& x) {
    const std::string row = graph_.node("Gather", {x, graph_.numbers({0})}, "class.row", {attribute::of("axis", 1)});
    return graph_.node("Reshape", {row, graph_.numbers({0, from_.vit.width})}, "class.features");
  }

  std::string mean_of_patches(std::string x, const std::string& output) {
    if (from_.vit.class_token)
      x = graph_.node("Slice", {x, graph_.numbers({1}), graph_.numbers({std::int64_t{1} << 40}), graph_.numbers({1})},
                      "patches.last");
    return graph_.node("ReduceMean", {x}, output, {attribute::list("axes", {1}), attribute::of("keepdims", 0)});
  }

  const weights_file& from_;
  onnx_options options_;
  onnx_graph graph_;
};

}  // namespace detail

/// Writes an ONNX model (operator set 17) of the encoder. Input `images`, float [batch, channels, height, width],
/// already normalised with ImageNet's mean and deviation; any batch. Output:
///   features [batch, width]    without a head: the final norm, the mean over the patch tokens (not the class token)
///   logits   [batch, classes]  with one: the mean, then fc_norm; without fc_norm the final norm, then the class token
///                              (the mean where there is none); then head
/// The weights must have a position table of options.grid: see place_positions, and heads_of. Weights become float32.
/// Throws sdmae::error when the model would be 2 GiB or more.
inline void write_onnx(const weights_file& weights, const onnx_options& options, const std::filesystem::path& path) {
  onnx_graph graph = detail::onnx_vit(weights, options).build();
  graph.write(path, "vision_transformer");
}

}  // namespace sdmae
