// Decoding against Pillow 12.3's convert("RGB"), and what must not be decoded.
#if defined(SDMAE_TEST_HAS_image)

#include "sdmae/data/decode.hpp"

#include "catch.hpp"
#include "sdmae/data/encode.hpp"
#include "unit/data/test_images.hpp"
#include "unit/io/test_files.hpp"

using sdmae::conversion;

namespace {

struct sample_file {
  const char* name;
  conversion converted;
  std::uint64_t expected;
};

// All are 19 × 21 pixels; 16-bit ones as Pillow's upper byte.
const sample_file sample_files[] = {
    {"color.png", conversion::none, 0x71d4fb55ce0d4cdf},
    {"alpha.png", conversion::alpha, 0x71d4fb55ce0d4cdf},
    {"bilevel.png", conversion::grey, 0xe256a6d37cc88285},
    {"grey.png", conversion::grey, 0x936be7d7d9008e8e},
    {"grey16.png", conversion::grey | conversion::sixteen_bit, 0x936be7d7d9008e8e},
    {"palette.png", conversion::none, 0x0d78b2a18b52732c},
    {"color420.jpg", conversion::none, 0x7515ceb1eee87a76},
    {"color444_progressive.jpg", conversion::none, 0xdc0d21440e33a675},
    {"grey.jpg", conversion::grey, 0x8935c7f13d59f72a},
    {"cmyk.jpg", conversion::cmyk, 0x51cee36554e5abdf},
    {"strips_packbits.tif", conversion::none, 0x71d4fb55ce0d4cdf},
    {"tiled16_lzw_bigendian.tif", conversion::sixteen_bit, 0x71d4fb55ce0d4cdf},
    {"planes_deflate.tif", conversion::none, 0x71d4fb55ce0d4cdf},
    {"alpha_lzw.tif", conversion::alpha, 0x71d4fb55ce0d4cdf},
    {"grey_deflate.tif", conversion::grey, 0x936be7d7d9008e8e},
    {"color.bmp", conversion::none, 0x71d4fb55ce0d4cdf},
    {"from_top32.bmp", conversion::none, 0x71d4fb55ce0d4cdf},
    {"alpha.bmp", conversion::alpha, 0x71d4fb55ce0d4cdf},
    {"palette.bmp", conversion::none, 0x0d78b2a18b52732c},
    {"grey.bmp", conversion::grey, 0x936be7d7d9008e8e},
};

std::string decoding_error(const std::string& bytes) {
  return error_line([&] {
    sdmae::decode_image({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), "the/file"});
  });
}

}  // namespace

TEST_CASE("JPEG, PNG, TIFF and BMP give Pillow's pixels and say what was converted") {
  CHECK(pixel_sum(pattern(19, 21)) == 0x71d4fb55ce0d4cdf);
  for (const sample_file& file : sample_files) {
    INFO(file.name);
    const sdmae::decoded_image decoded = sdmae::load_image(image_file(file.name));
    CHECK(decoded.image.height == 19);
    CHECK(decoded.image.width == 21);
    CHECK(decoded.converted == file.converted);
    CHECK(pixel_sum(decoded.image) == file.expected);
  }
}

TEST_CASE("a file is decoded by content, whatever it is called") {
  const temporary_folder folder;
  std::filesystem::copy_file(image_file("color.png"), folder / "a.jpg");
  CHECK(sdmae::load_image(folder / "a.jpg").image == pattern(19, 21));
}

// The last bytes of a TIFF may say that no second picture follows: without them the first one is still whole.
TEST_CASE("a file cut anywhere is an error that names it, or has lost nothing of the picture") {
  for (const sample_file& file : sample_files) {
    const std::string whole = bytes_of(image_file(file.name));
    std::size_t survived = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      INFO(file.name << " cut to " << size << " of " << whole.size());
      const std::string part = whole.substr(0, size);
      const std::string line = decoding_error(part);
      if (!line.empty()) {
        REQUIRE_THAT(line, says("the/file: "));
        continue;
      }
      ++survived;
      const auto decoded =
          sdmae::decode_image({reinterpret_cast<const std::uint8_t*>(part.data()), part.size(), "the/file"});
      REQUIRE(pixel_sum(decoded.image) == file.expected);
    }
    CHECK(survived <= (std::string(file.name).find(".tif") == std::string::npos ? 0 : 4));
  }
}

TEST_CASE("a damaged byte is an error or another picture, never a crash") {
  for (const sample_file& file : sample_files) {
    std::string bytes = bytes_of(image_file(file.name));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        bytes[i] = static_cast<char>(bytes[i] ^ flip);
        const std::string line = decoding_error(bytes);
        bytes[i] = static_cast<char>(bytes[i] ^ flip);
        if (!line.empty()) REQUIRE_THAT(line, says("the/file: "));
      }
    }
  }
}

TEST_CASE("other files are refused") {
  CHECK_THAT(decoding_error(""), says("the/file: the file is empty"));
  CHECK_THAT(decoding_error("GIF89a........"), says("neither JPEG nor PNG nor TIFF nor BMP"));
  CHECK_THAT(decoding_error("\xff\xd8\xff"), says("the/file: "));
  std::string packed = bytes_of(image_file("color.bmp"));
  packed[30] = 1;
  CHECK_THAT(decoding_error(packed), says("a BMP of 24 bits, compression 1, is not supported"));
  std::string palette = bytes_of(image_file("palette.bmp"));
  palette[palette.size() - 4] = static_cast<char>(255);
  CHECK_THAT(decoding_error(palette), says("a color beyond its palette"));
  CHECK_THAT(error_line([] { sdmae::load_image(image_file("none.png")); }), says("cannot read"));
  CHECK_THAT(error_line([] { sdmae::load_image(image_file("")); }), says("cannot read"));
}

TEST_CASE("what is encoded is decoded, and is the same bytes again") {
  const temporary_folder folder;
  const sdmae::image8 image = pattern(33, 17);
  sdmae::write_png(folder / "a.png", image);
  const sdmae::decoded_image decoded = sdmae::load_image(folder / "a.png");
  CHECK(decoded.image == image);
  CHECK(decoded.converted == conversion::none);
  CHECK(sdmae::encode_png(image) == sdmae::encode_png(image));
  CHECK_THAT(error_line([] { sdmae::encode_png(sdmae::image8(0, 4)); }), says("PNG encoding"));
  CHECK_THAT(error_line([&] { sdmae::write_png(folder / "none/a.png", image); }), says("create the folder first"));
  CHECK(folder.names().size() == 1);
}

#endif
