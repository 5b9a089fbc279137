// Learned position tables of real models, from one grid of patches to another, by way of checkpoints.
#if defined(SDMAE_TEST_HAS_checkpoint)

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/train/checkpoint.hpp"
#include "sdmae/train/preset_trainer.hpp"
#include "unit/io/test_files.hpp"

using namespace sdmae;

namespace {

using names = std::vector<std::string>;
using grid = vit::patch_grid;

constexpr vit_shape learned(int width, bool class_token) {
  return {.width = width,
          .depth = 1,
          .heads = 2,
          .mlp_ratio = 1,
          .class_token = class_token,
          .positions = position_kind::learned};
}

/// Patches of 4: a grid of Height × Width.
template <int Height, int Width, bool ClassToken>
struct preset {
  static constexpr grid patches{Height, Width};
  static constexpr sdmae::index kept = ClassToken ? 1 : 0;
  using architecture = sd_mae<image_shape{.height = 4 * Height, .width = 4 * Width, .patch = 4}, learned(8, ClassToken),
                              learned(4, ClassToken), head_shape{.hidden = 4, .bottleneck = 3, .prototypes = 4}>;
  using loss = presets::released_loss<sdmae::loss::target::patch_channel>;
};

/// The same without tables.
template <int Height, int Width>
struct computed_positions : preset<Height, Width, false> {
  using architecture = sd_mae<image_shape{.height = 4 * Height, .width = 4 * Width, .patch = 4},
                              vit_shape{.width = 8, .depth = 1, .heads = 2, .mlp_ratio = 1},
                              vit_shape{.width = 4, .depth = 1, .heads = 2, .mlp_ratio = 1},
                              head_shape{.hidden = 4, .bottleneck = 3, .prototypes = 4}>;
};

template <class Preset>
std::unique_ptr<trainer> make(std::uint64_t seed) {
  return std::make_unique<preset_trainer<Preset, reference_backend<float>>>(reference_backend<float>(),
                                                                            trainer_options{.seed = seed});
}

std::map<std::string, std::vector<float>> values_of(trainer& run) {
  std::map<std::string, std::vector<float>> values;
  for (const named_tensor& tensor : run.parameters()) {
    std::vector<float>& own = values[tensor.name];
    own.resize(static_cast<std::size_t>(tensor.count));
    tensor.read(own.data());
  }
  return values;
}

/// The same tensors with other metadata.
std::filesystem::path relabelled(const std::filesystem::path& path, const run_settings& metadata) {
  std::vector<std::vector<float>> values;
  std::vector<tensor_to_write> tensors;
  const safetensors_file file(path);
  for (const tensor_info& tensor : file.tensors()) {
    values.push_back(file.read<float>(tensor.name));
    tensors.push_back(tensor_from(tensor.name, tensor.shape, values.back().data()));
  }
  const std::filesystem::path other = path.string() + ".relabelled";
  write_safetensors(other, tensors, metadata);
  return other;
}

/// Loads a file into a fresh model: the tables must be those of `from`, interpolated from the grid `was`.
template <class To, class From>
void check_resized(const std::filesystem::path& file, trainer& from, grid was) {
  const auto to = make<To>(2);
  const load_report report = load_parameters(file, *to);
  const auto old = values_of(from), got = values_of(*to);
  const auto text = [](grid g) { return std::to_string(g.height) + "x" + std::to_string(g.width); };
  const std::string both = " from " + text(was) + " to " + text(To::patches) + " patches";
  CHECK(report.reshaped == names{"encoder.pos_embed" + both, "decoder.pos_embed" + both});
  CHECK((report.missing.empty() && report.unexpected.empty() && report.used.size() == old.size()));
  for (const auto& [name, values] : old) {
    INFO(name);
    const sdmae::index width = name == "encoder.pos_embed" ? 8 : 4;
    if (name.ends_with("pos_embed"))
      CHECK(got.at(name) == vit::resize_positions(values, width, From::kept, was, To::patches));
    else
      CHECK(got.at(name) == values);
  }
}

template <bool ClassToken>
void check_grids() {
  using square = preset<4, 4, ClassToken>;
  using oblong = preset<2, 8, ClassToken>;  // as many patches
  using small = preset<3, 2, ClassToken>;   // no square number
  const temporary_folder folder;
  const auto saved = [&](trainer& run) {
    save_checkpoint(folder / "run", run, {});
    return folder / "run";
  };

  // Into a model of the same grid a table goes as it is.
  const auto wide = make<oblong>(1);
  const auto wide_file = saved(*wide);
  CHECK(safetensors_file(wide_file).metadata().at("sdmae.image") == "8x32");
  const auto again = make<oblong>(2);
  CHECK(load_parameters(wide_file, *again, {.resize = false}).reshaped.empty());
  CHECK(values_of(*again) == values_of(*wide));

  // Counts agree, grids do not: the file tells. When it does not, a table of as many patches goes as it is, and one of
  // another number is square.
  check_resized<square, oblong>(wide_file, *wide, {2, 8});
  const auto mute = relabelled(wide_file, {});
  CHECK(load_parameters(mute, *make<square>(2)).reshaped.empty());
  CHECK(load_parameters(mute, *make<oblong>(2)).reshaped.empty());
  check_resized<small, oblong>(mute, *wide, {4, 4});
  check_resized<oblong, oblong>(relabelled(wide_file, {{"sdmae.image", "32x8"}}), *wide, {8, 2});

  // Counts do not agree.
  const auto few = make<small>(1);
  const auto few_file = saved(*few);
  check_resized<square, small>(few_file, *few, {3, 2});
  check_resized<oblong, small>(few_file, *few, {3, 2});

  // Refused, before anything has changed.
  const auto own = make<square>(3);
  const auto before = values_of(*own);
  CHECK_THAT(error_line([&] { load_parameters(few_file, *own, {.resize = false}); }),
             says("encoder.pos_embed is for 3x2 patches, not 4x4, and is not to be resized"));
  const std::string rows = std::to_string(6 + square::kept), all = std::to_string(16 + square::kept);
  const std::string misshaped = "decoder.pos_embed is [1, " + rows + ", 4], not [1, " + all + ", 4]";
  CHECK_THAT(error_line([&] { load_parameters(relabelled(few_file, {}), *own); }), says(misshaped));
  for (const char* other : {"8x8", "12x", "0x0", "3x2"})
    CHECK_THAT(error_line([&] {
                 load_parameters(relabelled(few_file, {{"sdmae.image", other}}), *own);
               }),
               says(misshaped));
  CHECK(values_of(*own) == before);
}

}  // namespace

TEST_CASE("a model with a table of its own takes computed positions, interpolated; one that computes refuses others") {
  using computing = computed_positions<4, 4>;
  const temporary_folder folder;
  const auto from = make<computing>(1);
  save_checkpoint(folder / "run", *from, {});
  CHECK(safetensors_file(folder / "run").metadata().at("sdmae.image") == "16x16");
  CHECK(load_parameters(folder / "run", *make<computing>(2)).missing.empty());

  using oblong = preset<2, 8, false>;
  const auto to = make<oblong>(2);
  const load_report report = load_parameters(folder / "run", *to);
  CHECK(report.reshaped ==
        names{"encoder.pos_embed from 4x4 to 2x8 patches", "decoder.pos_embed from 4x4 to 2x8 patches"});
  CHECK(report.missing.empty());
  const auto got = values_of(*to);
  for (const auto& [name, width] : {std::pair{"encoder.pos_embed", 8}, std::pair{"decoder.pos_embed", 4}})
    CHECK(got.at(name) == vit::resize_positions(vit::sinusoid_1d<float>(16, width), width, 0, {4, 4}, oblong::patches));

  const auto other = make<computed_positions<2, 8>>(2);
  const auto before = values_of(*other);
  CHECK_THAT(error_line([&] { load_parameters(folder / "run", *other); }),
             says("was trained on images of 16x16; this model computes its positions, and for 8x32 they mean other"));
  CHECK(values_of(*other) == before);
}

TEST_CASE("learned tables go from grid to grid, with and without a class token") {
  check_grids<false>();
  check_grids<true>();
}

#endif
