// ONNX models: what is written is read and run by a reader that shares nothing with the writer, and computes what timm
// computes with the same weights.
#if defined(SDMAE_TEST_HAS_checkpoint)

#include "catch.hpp"
#include "mae_weights.hpp"
#include "sdmae/io/onnx_vit.hpp"
#include "sdmae/io/weight_convert.hpp"
#include "unit/io/onnx_run.hpp"
#include "unit/io/test_files.hpp"

using namespace sdmae;

namespace {

using words = std::vector<std::string>;

const safetensors_file& timm_answers() {
  static const safetensors_file file(golden_file("interop/timm.safetensors"));
  return file;
}

onnx::tensor first_images(const std::string& golden_case) {
  const safetensors_file inputs(golden_file(golden_case + "/inputs.safetensors"));
  const std::vector<sdmae::index>& shape = inputs.info("images").shape;
  onnx::tensor images{{shape.begin() + 1, shape.end()}, inputs.read<double>("images")};
  images.values.resize(static_cast<std::size_t>(images.count_from(0)));
  return images;
}

onnx::model exported(const temporary_folder& folder, weights_file weights, image_size image, sdmae::index heads) {
  const vit::patch_grid grid = place_positions(weights, image, {});
  write_onnx(weights, {.heads = heads, .grid = grid}, folder / "model.onnx");
  return onnx::read_model(bytes_of(folder / "model.onnx"));
}

void check_close(const onnx::tensor& got, const std::string& answer) {
  INFO(answer);
  const std::vector<double> wanted = timm_answers().read<double>(answer);
  const std::vector<sdmae::index>& shape = timm_answers().info(answer).shape;
  CHECK(got.shape == onnx::extents(shape.begin(), shape.end()));
  REQUIRE(got.values.size() == wanted.size());
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    difference += (got.values[i] - wanted[i]) * (got.values[i] - wanted[i]);
    size += wanted[i] * wanted[i];
  }
  CHECK(std::sqrt(difference / size) < 1e-7);  // constants of the graph are floats
}

/// The tiny SD-MAE encoder as timm has it, with tensors of timm's answers added and others taken away.
weights_file variation(const temporary_folder& folder, const words& added, const words& gone) {
  weights_file tiny = open_weights(golden_file("tiny/init.safetensors"));
  place_positions(tiny, {32, 32}, {});
  const weight_set encoder = converted(tiny, weight_format::timm);
  std::map<std::string, mae_tensor> tensors;
  for (const auto& [name, tensor] : encoder.all()) tensors[name] = {tensor.shape, values_of(*tiny.file, tensor)};
  for (const std::string& name : added)
    tensors[name.substr(0, 12) == "class_token." ? name.substr(12) : name] = {timm_answers().info(name).shape,
                                                                              timm_answers().read<float>(name)};
  for (const std::string& name : gone) tensors.erase(name);
  write_weights(folder / "variation", tensors);
  return open_weights(folder / "variation");
}

const words head{"head.weight", "head.bias"}, class_token{"class_token.cls_token", "class_token.pos_embed"};
const words with_fc_norm{"head.weight", "head.bias", "fc_norm.weight", "fc_norm.bias"};

}  // namespace

TEST_CASE("a field is a tag and a number, a float or bytes") {
  protobuf_message message;
  message.number(1, 300).number(20, 7).real(2, 1.5f).text(8, "ab").number(3, -1);
  CHECK(message.bytes() == std::string("\x08\xac\x02\xa0\x01\x07\x15\0\0\xc0\x3f\x42\x02"
                                       "ab\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                                       26));
  CHECK(protobuf_message().start(7, 200).bytes() == "\x3a\xc8\x01");
}

TEST_CASE("a small graph has known bytes") {
  const temporary_folder folder;
  onnx_graph graph;
  graph.input("x", {0, 2});
  graph.node("Mul", {"x", graph.weight("w", {2}, [] { return std::vector<float>{1, 2}; })}, "y");
  graph.output("y", {0, 2});
  graph.write(folder / "a", "g");
  const std::string end =
      std::string("\x12\x13\x0a\x11\x08\x01\x12\x0d\x0a\x07\x12\x05") + "batch" + "\x0a\x02\x08\x02";
  const auto field = [](const std::string& tag, const std::string& bytes) {
    return tag + static_cast<char>(bytes.size()) + bytes;
  };
  const std::string node = "\x0a\x01x\x0a\x01w\x12\x01y\x1a\x01y\x22\x03Mul";
  const std::string weight = std::string("\x08\x02\x10\x01\x42\x01w\x4a\x08\0\0\x80\x3f\0\0\0\x40", 17);
  const std::string body = field("\x0a", node) + field("\x12", "g") + field("\x2a", weight) +
                           field("\x5a", "\x0a\x01x" + end) + field("\x62", "\x0a\x01y" + end);
  CHECK(bytes_of(folder / "a") ==
        std::string("\x08\x08\x12\x05sdmae\x1a\x05" SDMAE_VERSION "\x42\x04\x0a\0\x10\x11", 22) + field("\x3a", body));
}

TEST_CASE("SD-MAE's features are timm's, on square and oblong images, with and without layer scale") {
  const temporary_folder folder;
  for (const auto& [name, image, heads] :
       {std::tuple<std::string, image_size, int>{"tiny", {32, 32}, 2}, {"tiny_rect", {32, 48}, 4}}) {
    const onnx::model model = exported(folder, open_weights(golden_file(name + "/init.safetensors")), image, heads);
    CHECK(model.ir_version == 8);
    CHECK(model.operator_set == 17);
    REQUIRE((model.inputs.size() == 1 && model.outputs.size() == 1));
    CHECK(model.inputs[0].name == "images");
    CHECK(model.inputs[0].shape == words{"batch", "3", "32", std::to_string(image.width)});
    CHECK(model.outputs[0].name == "features");
    CHECK(model.outputs[0].shape == words{"batch", "32"});
    check_close(onnx::run(model, first_images(name)), name);
  }
}

TEST_CASE("features leave the class token out") {
  const temporary_folder folder;
  check_close(onnx::run(exported(folder, variation(folder, class_token, {}), {}, 2), first_images("tiny")),
              "class_token.features");
}

TEST_CASE("classifiers pool as timm does: fc_norm after the mean, or the class token, or the mean") {
  const temporary_folder folder;
  words added = head;
  added.insert(added.end(), class_token.begin(), class_token.end());
  const onnx::model model = exported(folder, variation(folder, added, {}), {}, 2);
  CHECK(model.outputs[0].name == "logits");
  CHECK(model.outputs[0].shape == words{"batch", "5"});
  check_close(onnx::run(model, first_images("tiny")), "class_token.logits");
  const weights_file pooled = variation(folder, with_fc_norm, {"norm.weight", "norm.bias"});
  check_close(onnx::run(exported(folder, pooled, {}, 2), first_images("tiny")), "pooled.logits");
  check_close(onnx::run(exported(folder, variation(folder, head, {}), {}, 2), first_images("tiny")), "mean.logits");
}

TEST_CASE("a model over the limit of 2 GiB is refused before anything is written or read") {
  const temporary_folder folder;
  onnx_graph graph;
  graph.weight("w", {1 << 20, 512}, []() -> std::vector<float> { throw std::runtime_error("asked for"); });
  CHECK_THAT(error_line([&] { graph.write(folder / "a", "g"); }), says("2048 MiB; an ONNX file holds 2047"));
  CHECK(folder.names().empty());
}

TEST_CASE("weights that are not finite, or too few, leave no model behind") {
  const temporary_folder folder;
  auto tensors = mae_weights();
  tensors.at("norm.bias").values[2] = std::numeric_limits<float>::infinity();
  write_weights(folder / "bad", tensors);
  CHECK_THAT(error_line([&] { exported(folder, open_weights(folder / "bad"), {}, 2); }),
             says("'norm.bias' holds a value"));
  onnx_graph graph;
  graph.weight("w", {3}, [] { return std::vector<float>(2); });
  CHECK_THAT(error_line([&] { graph.write(folder / "model.onnx", "g"); }), says("w has other values than its shape"));
  CHECK(folder.names() == words{"bad"});
}

#endif
