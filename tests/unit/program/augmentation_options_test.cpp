// The augmentation that a preset and a command line amount to.
#include "support/augmentation_options.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "sdmae/model/presets.hpp"
#include "support/pretrain_options.hpp"
#include "unit/io/test_files.hpp"

namespace {

std::string text_of(const sdmae::recipe& recipe, const std::vector<std::string>& words = {}) {
  CLI::App app("", "pretrain");
  program::pretrain_options options;
  options.declare(app);
  std::vector<std::string> all{"--preset", "quickstart", "--data", "synthetic"};
  all.insert(all.end(), words.begin(), words.end());
  app.parse(std::vector<std::string>(all.rbegin(), all.rend()));  // CLI11 takes the last word first
  return program::augmentation_text(program::chosen_augmentation(options, recipe));
}

const std::string released = "crop 0.08-1, ratio 0.75-1.3333333333333333, bilinear";

}  // namespace

TEST_CASE("presets are augmented as they were released") {
  CHECK(text_of(sdmae::presets::pretrain_mae_small_patch16_224::defaults) == released);
  CHECK(program::augmentation_text({}) == released);
  for (const sdmae::recipe& recipe :
       {sdmae::presets::mae_vit_base_patch16::defaults, sdmae::presets::mae_vit_huge_patch14::defaults})
    CHECK(text_of(recipe) == "crop 0.2-1, ratio 0.75-1.3333333333333333, bicubic, flip 0.5");
}

TEST_CASE("every option of an augmentation reaches it") {
  CHECK(text_of({}, {"--crop-scale", "0.3", "--crop-ratio", "1", "--crop-filter", "bicubic"}) ==
        "crop 0.3-1, ratio 1-1, bicubic");
  CHECK(text_of({}, {"--normalise-stain", "yes"}) == released + ", normalised stain");
  CHECK(text_of({}, {"--normalise-stain", "no"}) == released);
  CHECK(text_of({}, {"--flip", "0.5"}) == released + ", flip 0.5");
  CHECK(text_of({}, {"--flip-vertical", "0.25"}) == released + ", vertical flip 0.25");
  CHECK(text_of({}, {"--turns", "0.75"}) == released + ", turns 0.75");
  CHECK(text_of({}, {"--stain", "0.05"}) == released + ", stain 0.05");
  CHECK(text_of({}, {"--color", "0.4,0.3,0.2,0.1"}) == released + ", color 0.4 0.3 0.2 0.1");
  CHECK(text_of({}, {"--color", "0.4", "0.3", "0.2", "0.1"}) == released + ", color 0.4 0.3 0.2 0.1");
  CHECK(text_of({}, {"--blur", "0.5"}) == released + ", blur 0.5 of sigma 0.1-2");
  CHECK(text_of({}, {"--blur", "0.5", "--blur-sigma", "1,3"}) == released + ", blur 0.5 of sigma 1-3");
  CHECK(text_of({}, {"--erase", "0.25", "--erase-area", "0.1,0.2", "--erase-fill", "mean"}) ==
        released + ", erase 0.25 of area 0.1-0.2 by mean");
  CHECK(text_of(sdmae::presets::mae_vit_base_patch16::defaults,
                {"--crop-scale", "0.08", "--crop-filter", "bilinear", "--flip", "0"}) == released);
}

TEST_CASE("numbers that do not go together are refused by the option's name") {
  CHECK_THAT(error_line([] { text_of({}, {"--blur", "1", "--blur-sigma", "2,1"}); }), says("--blur-sigma: sigma"));
  CHECK_THAT(error_line([] {
               text_of({}, {"--erase", "1", "--erase-area", "0,0.5"});
             }),
             says("--erase-area: the area"));
  CHECK_THAT(error_line([] { text_of({}, {"--color", "1,1,1,0.7"}); }), says("--color: the hue"));
}
