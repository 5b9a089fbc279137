// Resizing against Pillow 12.3's Image.resize, bit for bit.
#include "sdmae/data/resample.hpp"

#include <vector>

#include "catch.hpp"
#include "unit/data/test_images.hpp"

using sdmae::interpolation;

TEST_CASE("small pictures are resized to Pillow's pixels") {
  using bytes = std::vector<std::uint8_t>;
  CHECK(sdmae::resized(pattern(9, 11), 3, 4).pixels ==
        bytes{102, 122, 119, 105, 124, 145, 148, 128, 118, 117, 127, 157, 136, 140, 136, 123, 106, 124,
              93,  86,  120, 140, 115, 117, 120, 127, 103, 121, 133, 128, 121, 121, 134, 116, 128, 150});
  CHECK(sdmae::resized(pattern(5, 4), 6, 7).pixels ==
        bytes{0,   53,  106, 33,  86,  139, 85,  138, 191, 137, 190, 115, 170, 223, 38,  76,  129, 90,  17,  70,  123,
              28,  81,  134, 68,  121, 105, 132, 185, 61,  101, 154, 79,  65,  118, 112, 93,  146, 176, 110, 163, 216,
              59,  112, 165, 107, 107, 122, 185, 100, 54,  136, 115, 114, 75,  128, 181, 68,  121, 174, 64,  117, 170,
              89,  142, 195, 109, 109, 162, 140, 55,  108, 150, 75,  128, 150, 104, 149, 109, 123, 108, 83,  136, 82,
              120, 173, 226, 95,  148, 201, 55,  108, 161, 117, 74,  127, 182, 56,  96,  164, 148, 78,  153, 206, 67,
              148, 201, 254, 130, 183, 236, 102, 155, 208, 101, 154, 207, 100, 153, 206, 72,  125, 178, 54,  107, 160});
  CHECK(sdmae::resized(pattern(9, 11), 4, 3, interpolation::bicubic).pixels ==
        bytes{87,  127, 122, 131, 134, 136, 122, 126, 152, 119, 120, 150, 109, 103, 129, 144, 117, 113,
              160, 146, 103, 112, 80,  114, 107, 110, 131, 96,  127, 119, 125, 142, 137, 119, 127, 149});
  CHECK(sdmae::resized(pattern(4, 3), 5, 6, interpolation::bicubic).pixels ==
        bytes{0,   44,  96,  13,  66,  128, 62,  115, 195, 116, 169, 173, 172, 225, 63,  198, 251, 12,
              16,  65,  137, 47,  103, 115, 115, 183, 70,  125, 193, 59,  76,  133, 84,  53,  104, 97,
              42,  107, 173, 88,  110, 132, 183, 113, 43,  183, 117, 52,  85,  120, 156, 39,  122, 205,
              79,  150, 201, 104, 116, 172, 156, 43,  111, 175, 41,  109, 157, 108, 165, 148, 140, 191,
              120, 173, 226, 91,  153, 206, 31,  112, 165, 61,  64,  117, 178, 16,  69,  232, 0,   46});
}

// Here the order of the passes shows.
TEST_CASE("a picture that shrinks one way and grows the other is resized horizontally first") {
  CHECK(sdmae::resized(pattern(12, 6), 4, 9).pixels ==
        std::vector<std::uint8_t>{46,  99,  152, 94,  115, 120, 136, 130, 93,  114, 130, 114, 96,  133, 138, 85,
                                  127, 153, 93,  93,  141, 114, 135, 156, 133, 186, 175, 148, 173, 169, 138, 148,
                                  144, 130, 126, 122, 139, 136, 132, 133, 129, 125, 124, 116, 117, 130, 102, 122,
                                  122, 90,  129, 112, 80,  133, 88,  84,  109, 125, 107, 103, 153, 135, 98,  119,
                                  158, 102, 99,  138, 134, 93,  113, 157, 116, 117, 123, 153, 135, 117, 184, 152,
                                  120, 105, 158, 147, 110, 131, 136, 120, 103, 130, 135, 98,  145, 123, 128, 133,
                                  107, 149, 123, 110, 110, 147, 95,  116, 169, 78,  131, 184});
}

TEST_CASE("a box is cut first: what lies outside has no influence") {
  const sdmae::pixel_box box{3, 2, 7, 9};
  CHECK(sdmae::resized(pattern(13, 14), box, 4, 4, interpolation::bicubic).pixels ==
        std::vector<std::uint8_t>{141, 133, 122, 47,  106, 158, 122, 70,  83,  142, 125, 108, 155, 123, 109, 148,
                                  54,  89,  51,  95,  154, 136, 123, 121, 88,  148, 132, 136, 151, 121, 122, 121,
                                  151, 125, 128, 148, 82,  110, 163, 116, 102, 151, 138, 156, 96,  127, 123, 184});
}

TEST_CASE("larger pictures are resized to Pillow's pixels") {
  struct sizes {
    sdmae::index height, width, to_height, to_width;
    interpolation filter;
    std::uint64_t expected;
  };
  for (const sizes& one : {sizes{256, 256, 96, 96, interpolation::bilinear, 0x69bd312d364019e8},
                           sizes{256, 256, 96, 96, interpolation::bicubic, 0x8c76eb122ab39554},
                           sizes{150, 61, 96, 96, interpolation::bilinear, 0x096a8c8db9bf7a32},
                           sizes{96, 96, 224, 224, interpolation::bicubic, 0x5280185f4b0afffa},
                           sizes{40, 300, 96, 96, interpolation::bicubic, 0x0a9ec0d7267cd220},
                           sizes{31, 27, 96, 95, interpolation::bilinear, 0xf4695e616b9777cf}})
    CHECK(pixel_sum(sdmae::resized(pattern(one.height, one.width), one.to_height, one.to_width, one.filter)) ==
          one.expected);
}

TEST_CASE("the same size copies, one pixel spreads") {
  const sdmae::image8 image = pattern(7, 5);
  CHECK(sdmae::resized(image, 7, 5) == image);
  CHECK(sdmae::resized(image, 7, 5, interpolation::bicubic) == image);
  const sdmae::image8 cut = sdmae::resized(image, {2, 1, 3, 4}, 3, 4);
  for (sdmae::index y = 0; y < 3; ++y)
    for (sdmae::index i = 0; i < 12; ++i) CHECK(cut.row(y)[i] == image.row(y + 2)[3 + i]);
  const sdmae::image8 spread = sdmae::resized(image, {6, 4, 1, 1}, 3, 2, interpolation::bicubic);
  for (sdmae::index i = 0; i < 18; ++i) CHECK(spread.pixels[static_cast<std::size_t>(i)] == image.row(6)[12 + i % 3]);
}
