// Draws where a pre-trained model looks, and how far, layer by layer.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "support/checkpoint_view.hpp"
#include "support/program.hpp"
#include "support/run_pictures.hpp"

namespace {

using sdmae::index;

/// The image in grey, each patch the more orange the more it is looked at; the most looked at is full orange.
std::vector<std::uint8_t> heat(const std::uint8_t* rgb, const float* looked_at, sdmae::image_shape shape) {
  const float most = std::max(1e-20f, *std::max_element(looked_at, looked_at + shape.patches()));
  std::vector<std::uint8_t> out(static_cast<std::size_t>(shape.values()));
  for (index y = 0; y < shape.height; ++y)
    for (index x = 0; x < shape.width; ++x) {
      const auto at = static_cast<std::size_t>((y * shape.width + x) * 3);
      const float grey = 0.299f * rgb[at] + 0.587f * rgb[at + 1] + 0.114f * rgb[at + 2];
      const float share = looked_at[y / shape.patch * shape.grid_width() + x / shape.patch] / most;
      const float orange[3] = {255, 120, 0};
      for (std::size_t c = 0; c < 3; ++c)
        out[at + c] = static_cast<std::uint8_t>(grey + 0.8f * share * (orange[c] - grey));
    }
  return out;
}

/// A row an image: the original, then one picture a layer chosen of either tower.
void draw_maps(const program::view_options& asked, const sdmae::attention_study& study, sdmae::image_shape shape) {
  sdmae::contact_sheet sheet;
  sheet.title = program::printable("Where " + asked.checkpoint + " looks");
  sheet.columns = {"original"};
  sheet.rows = std::vector<std::string>(static_cast<std::size_t>(study.images));
  sheet.upscale = shape.width < 160 ? 2 : 1;
  sheet.caption =
      "Orange: patches that are looked at, by the class token where there is one, else by all patches on average; mean "
      "over heads. The encoder sees all patches, the decoder those that the mask leaves.";
  std::vector<const std::vector<float>*> layers;
  const auto add = [&](const char* tower, const sdmae::tower_attention& its, std::vector<std::size_t> which) {
    which.erase(std::unique(which.begin(), which.end()), which.end());
    for (const std::size_t layer : which) {
      sheet.columns.push_back(std::string(tower) + " layer " + std::to_string(layer + 1));
      layers.push_back(&its.looked_at[layer]);
    }
  };
  const std::size_t depth = study.encoder.looked_at.size();
  add("encoder", study.encoder, {0, depth / 2, depth - 1});
  add("decoder", study.decoder, {0, study.decoder.looked_at.size() - 1});
  std::vector<std::vector<std::uint8_t>> pictures;
  for (index i = 0; i < study.images; ++i) {
    const std::uint8_t* const rgb = study.original.data() + i * shape.values();
    pictures.emplace_back(rgb, rgb + shape.values());
    for (const auto* layer : layers) pictures.push_back(heat(rgb, layer->data() + i * shape.patches(), shape));
  }
  for (const auto& picture : pictures) sheet.images.push_back({picture.data(), shape.height, shape.width});
  sdmae::write_contact_sheet(sheet, asked.out);
}

/// Mean attention distance over the layers: least, mean and most of the heads.
void draw_distances(const std::filesystem::path& path, const sdmae::attention_study& study) {
  sdmae::chart chart;
  chart.title = "How far heads look";
  chart.x_label = "layer";
  const auto panel = [&](const char* title, const sdmae::tower_attention& tower) {
    sdmae::chart_series least{"nearest head", {}, {}}, mean{"mean", {}, {}}, most{"farthest head", {}, {}};
    for (std::size_t layer = 0; layer < tower.distance.size(); ++layer) {
      const auto& heads = tower.distance[layer];
      double sum = 0;
      for (const double each : heads) sum += each / static_cast<double>(heads.size());
      least.y.push_back(*std::min_element(heads.begin(), heads.end()));
      most.y.push_back(*std::max_element(heads.begin(), heads.end()));
      mean.y.push_back(sum);
      for (auto* series : {&least, &mean, &most}) series->x.push_back(static_cast<double>(layer + 1));
    }
    chart.panels.push_back({title, {most, mean, least}, {}});
  };
  panel("Encoder: mean attention distance (pixels)", study.encoder);
  panel("Decoder: mean attention distance (pixels)", study.decoder);
  sdmae::write_chart(chart, path);
}

void print_distances(const char* tower, const sdmae::tower_attention& its) {
  for (std::size_t layer = 0; layer < its.distance.size(); ++layer) {
    std::printf("%s layer %zu:", tower, layer + 1);
    for (const double each : its.distance[layer]) std::printf(" %.1f", each);
    std::printf("\n");
  }
}

void attention(const program::view_options& asked) {
  std::filesystem::path distances = asked.out;
  distances.replace_filename(distances.stem().string() + "_distance.png");
  program::check_outputs({{"--out", asked.out}, {"the picture beside --out", distances.string()}}, asked.inputs());
  program::checkpoint_view view(asked);
  const sdmae::attention_study found = view.trainer().attention(view.examples(), view.slice());
  draw_maps(asked, found, view.image());
  draw_distances(distances, found);
  std::printf("mean attention distance of every head, in pixels\n");
  print_distances("encoder", found.encoder);
  print_distances("decoder", found.decoder);
  std::printf("wrote %s and %s\n", asked.out.c_str(), distances.string().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws where a pre-trained model looks, and how far, layer by layer of encoder and decoder.",
               "attention");
  program::view_options asked;
  asked.declare(app, 4, "PNG file to write; NAME_distance.png comes beside NAME.png", "patches hidden from the decoder",
                true);
  return program::run(app, argc, argv, [&] { attention(asked); });
}
