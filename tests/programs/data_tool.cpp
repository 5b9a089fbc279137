// What tests of embed and evaluate need beside tool.cpp: HDF5 files, slides and background to read, a look into
// .npy files and pictures.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/decode.hpp"
#include "sdmae/data/encode.hpp"
#include "sdmae/data/fingerprint.hpp"
#include "sdmae/data/resample.hpp"
#include "sdmae/data/synthetic.hpp"
#include "sdmae/testing/finding.hpp"
#if defined(SDMAE_TOOL_HAS_hdf5)
#include "unit/data/hdf5_writer.hpp"
#endif
#include "unit/data/slide_writer.hpp"

namespace {

namespace fs = std::filesystem;
using sdmae::index;

/// hdf5 <pictures> <labels> <count> <size> [chunk]: the tiles of `tool images`, label i % 2, gzip-compressed in chunks
/// of so many.
void hdf5(const fs::path& pictures, const fs::path& labels, index count, index size, index chunk) {
#if defined(SDMAE_TOOL_HAS_hdf5)
  const sdmae::synthetic_tissue tissue(7, count, size, size);
  std::vector<std::uint8_t> x, y;
  for (index i = 0; i < count; ++i) {
    const sdmae::image8 image = tissue.load(i).image;
    x.insert(x.end(), image.pixels.begin(), image.pixels.end());
    y.push_back(static_cast<std::uint8_t>(i % 2));
  }
  const auto n = static_cast<hsize_t>(count), side = static_cast<hsize_t>(size);
  hdf5_writer(pictures).write("x", H5T_STD_U8LE, {n, side, side, 3}, x, H5T_NATIVE_UINT8, static_cast<hsize_t>(chunk),
                              1);
  hdf5_writer(labels).write("y", H5T_STD_U8LE, {n, 1, 1, 1}, y, H5T_NATIVE_UINT8);
#else
  static_cast<void>(pictures), static_cast<void>(labels), static_cast<void>(count), static_cast<void>(size);
  static_cast<void>(chunk);
#endif
}

/// slide <file> <size>: a square slide full of tissue at 0.5 µm a pixel, and half its size at 1.
void slide(const fs::path& path, index size) {
  fs::create_directories(fs::absolute(path).parent_path());
  const sdmae::image8 large = sdmae::synthetic_tissue(7, 1, size, size).load(0).image;
  write_slide(path, {large, sdmae::resized(large, size / 2, size / 2)}, aperio);
}

/// glass <folder> <count> <size>: pictures without tissue, 0.png, 1.png, …
void glass(const fs::path& folder, index count, index size) {
  fs::create_directories(folder);
  for (index i = 0; i < count; ++i) {
    sdmae::image8 image(size, size);
    for (std::size_t k = 0; k < image.pixels.size(); ++k) image.pixels[k] = static_cast<std::uint8_t>(235 + k * 7 % 13);
    image.pixels[0] = static_cast<std::uint8_t>(i);  // no two alike
    sdmae::write_png(folder / (std::to_string(i) + ".png"), image);
  }
}

/// masked <folder> <count> <size> <rows>: tiles of tissue, 0.png, 1.png, …, whose first rows are pure white.
void masked(const fs::path& folder, index count, index size, index rows) {
  fs::create_directories(folder);
  const sdmae::synthetic_tissue tissue(7, count, size, size);
  for (index i = 0; i < count; ++i) {
    sdmae::image8 image = tissue.load(i).image;
    for (std::uint8_t& value : image.pixels) value = std::min<std::uint8_t>(value, 254);
    std::fill_n(image.pixels.begin(), rows * size * 3, std::uint8_t{255});
    sdmae::write_png(folder / (std::to_string(i) + ".png"), image);
  }
}

/// ink <png> <bands>: its width and height, then the share of pixels that are not white in each of so many bands.
void ink(const fs::path& path, index bands) {
  const sdmae::image8 image = sdmae::load_image(path).image;
  std::printf("%td %td", image.width, image.height);
  for (index band = 0; band < bands; ++band) {
    const index from = band * image.height / bands, to = (band + 1) * image.height / bands;
    index dark = 0;
    for (index i = from * image.width; i < to * image.width; ++i) {
      const std::uint8_t* const rgb = image.pixels.data() + i * 3;
      dark += std::min({rgb[0], rgb[1], rgb[2]}) < 250;
    }
    std::printf(" %.4f",
                static_cast<double>(dark) / static_cast<double>(std::max<index>(1, (to - from) * image.width)));
  }
  std::printf("\n");
}

/// count <png> <RRGGBB>: how many of its pixels have exactly this color.
void count(const fs::path& path, const std::string& color) {
  const sdmae::image8 image = sdmae::load_image(path).image;
  const unsigned long wanted = std::stoul(color, nullptr, 16);
  index found = 0;
  for (index i = 0; i < image.height * image.width; ++i) {
    const std::uint8_t* const rgb = image.pixels.data() + i * 3;
    found += (static_cast<unsigned long>(rgb[0]) << 16 | static_cast<unsigned long>(rgb[1]) << 8 | rgb[2]) == wanted;
  }
  std::printf("%td\n", found);
}

/// sheet <png>: a number of the pictures on a sheet of augmentations, whatever its caption says.
void sheet(const fs::path& path) {
  const sdmae::image8 image = sdmae::load_image(path).image;
  constexpr index caption = 48;
  const auto pixels = static_cast<std::size_t>((image.height - caption) * image.width * 3);
  sdmae::fingerprint sum;
  sum.add(std::string_view(reinterpret_cast<const char*>(image.pixels.data()), pixels));
  std::printf("%llu\n", static_cast<unsigned long long>(sum.value()));
}

struct matrix {
  std::string header;
  std::vector<float> values;
  explicit matrix(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const std::size_t start = bytes.find('\n') + 1;
    header = bytes.substr(10, start - 11);
    header.erase(header.find_last_not_of(' ') + 1);
    if (start % 64 != 0) throw sdmae::error(path.string(), "values do not start at 64 bytes", "");
    values.resize((bytes.size() - start) / sizeof(float));
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(start), values.size() * sizeof(float),
                reinterpret_cast<char*>(values.data()));
  }
};

/// npy <file>: its header and how many values follow, all of them finite and not all alike.
void npy(const fs::path& path) {
  const matrix one(path);
  const auto [least, most] = std::minmax_element(one.values.begin(), one.values.end());
  const bool sound = std::all_of(one.values.begin(), one.values.end(), [](float v) { return std::isfinite(v); });
  std::printf("%s %zu %s\n", one.header.c_str(), one.values.size(), sound && *least < *most ? "sound" : "unsound");
}

/// rows <file> <row> <file> <row> <width>: the largest difference of two rows.
void rows(const fs::path& one, std::size_t i, const fs::path& other, std::size_t j, std::size_t width) {
  const matrix a(one), b(other);
  double worst = 0;
  for (std::size_t c = 0; c < width; ++c)
    worst = sdmae::testing::worse(worst, std::fabs(a.values.at(i * width + c) - b.values.at(j * width + c)));
  std::printf("%.3g\n", worst);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const std::string& command = words.at(0);
    if (command == "hdf5")
      hdf5(words.at(1), words.at(2), std::stoll(words.at(3)), std::stoll(words.at(4)),
           words.size() > 5 ? std::stoll(words.at(5)) : 4);
    if (command == "slide") slide(words.at(1), std::stoll(words.at(2)));
    if (command == "glass") glass(words.at(1), std::stoll(words.at(2)), std::stoll(words.at(3)));
    if (command == "masked")
      masked(words.at(1), std::stoll(words.at(2)), std::stoll(words.at(3)), std::stoll(words.at(4)));
    if (command == "ink") ink(words.at(1), std::stoll(words.at(2)));
    if (command == "count") count(words.at(1), words.at(2));
    if (command == "sheet") sheet(words.at(1));
    if (command == "npy") npy(words.at(1));
    if (command == "rows")
      rows(words.at(1), std::stoul(words.at(2)), words.at(3), std::stoul(words.at(4)), std::stoul(words.at(5)));
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}
