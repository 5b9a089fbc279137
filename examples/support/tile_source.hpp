// A data set whose kind is known at run time only, and how slides among them are cut.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/data/image.hpp"

namespace program {

/// A slide at a glance, and where tiles lie on it, in pixels of this picture.
struct slide_overview {
  struct place {
    double left = 0, top = 0, side = 0;
  };
  sdmae::image8 picture;
  std::vector<place> tiles;
};

class tile_pass;

/// A data set whose kind is known at run time only; see sdmae::dataset.
class tile_source {
 public:
  virtual ~tile_source() = default;
  virtual sdmae::index size() const = 0;
  virtual std::string name(sdmae::index i) const = 0;
  virtual sdmae::decoded_image load(sdmae::index i) const = 0;
  virtual std::uint64_t fingerprint() const = 0;
  /// Changes when a file that samples come from is written anew; 0 where they come from none.
  virtual std::uint64_t state_of_files() const { return 0; }
  /// Where samples lie on their slide, shown at most so many pixels wide and high; nothing when there is no one slide.
  virtual std::optional<slide_overview> overview(sdmae::index) const { return std::nullopt; }
  /// What tells the cut into slides from another, where stain is normalised by them; else nothing.
  virtual std::string slides_text() const { return ""; }
  /// What to tell who takes samples in random order, where that is slow; else nothing.
  virtual std::string slow_out_of_order() const { return ""; }
  /// Finds out by all threads, before they load samples from `first` on, what these need to know of one another; else
  /// it is found out when the first of them is loaded, for which others wait. Not from several threads.
  virtual void prepare(tile_pass&, sdmae::index /*first*/) const {}

  std::vector<std::string> labels, groups;  // one for each sample, or none where they are not known
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (sdmae::index i = 0; i < size(); ++i) all.push_back(name(i));
    return all;
  }
};

/// The tiles of another source, which it keeps alive; what is derived from it says what is otherwise.
class forwarding_tiles : public tile_source {
 public:
  explicit forwarding_tiles(std::shared_ptr<const tile_source> from) : from_(std::move(from)) {}
  sdmae::index size() const override { return from_->size(); }
  std::string name(sdmae::index i) const override { return from_->name(i); }
  sdmae::decoded_image load(sdmae::index i) const override { return from_->load(i); }
  std::uint64_t fingerprint() const override { return from_->fingerprint(); }
  std::uint64_t state_of_files() const override { return from_->state_of_files(); }
  std::optional<slide_overview> overview(sdmae::index longest) const override { return from_->overview(longest); }
  std::string slides_text() const override { return from_->slides_text(); }
  std::string slow_out_of_order() const override { return from_->slow_out_of_order(); }
  void prepare(tile_pass& pass, sdmae::index first) const override { from_->prepare(pass, first); }

 protected:
  const tile_source& from() const { return *from_; }

 private:
  std::shared_ptr<const tile_source> from_;
};

/// How slides are cut; see sdmae::slide_settings.
struct slide_options {
  double mpp = 0.5, slide_mpp = 0, least_tissue = 0.25;

  void declare(CLI::App& app) {
    const CLI::Validator positive(CLI::Range(1e-6, 1e6));
    options_ = {
        app.add_option("--mpp", mpp, "slides: µm a pixel of the tiles (0.5)")->check(positive),
        app.add_option("--slide-mpp", slide_mpp, "slides: µm a pixel of the slide (default: what the file says)")
            ->check(positive),
        app.add_option("--tissue", least_tissue, "slides: least share of tissue in a tile (0.25)")
            ->check(CLI::Range(0.0, 1.0))};
  }

  /// Throws CLI::ValidationError where one of them was given for what is no slide.
  void refuse_for(const std::string& path) const {
    for (const CLI::Option* option : options_)
      if (option->count() > 0)
        throw CLI::ValidationError(option->get_name() + " is of slides, and " + path + " is none");
  }

 private:
  std::vector<const CLI::Option*> options_;
};

}  // namespace program
