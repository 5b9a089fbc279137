// --synthetic: how many images --data synthetic is.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "open_tiles.hpp"
#include "validators.hpp"

namespace program {

class synthetic_option {
 public:
  void declare(CLI::App& app) {
    option_ = app.add_option("--synthetic", images_, "images of --data synthetic (4096)")
                  ->check(whole<sdmae::index>(1, largest_count));
  }
  /// Throws CLI::ValidationError where it was given for other data.
  sdmae::index images_of(const std::string& data) const {
    if (option_->count() > 0 && data != generated_tissue)
      throw CLI::ValidationError("--synthetic is of --data " + std::string(generated_tissue) + ", and --data is " +
                                 data);
    return images_;
  }

 private:
  sdmae::index images_ = 4096;
  const CLI::Option* option_ = nullptr;
};

}  // namespace program
