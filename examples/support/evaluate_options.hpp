// The command line of evaluate.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "devices.hpp"
#include "labelled_options.hpp"
#include "reading_options.hpp"
#include "sdmae/core/config.hpp"
#include "sdmae/eval/knn.hpp"
#include "validators.hpp"

namespace program {

/// --method, and the options of single methods.
class method_options {
 public:
  static constexpr sdmae::index most = 1'000'000;  // of neighbours, epochs, samples a step

  std::string method = "linear", strength = "least-loss", held_out;
  sdmae::eval::knn_settings neighbours;
  sdmae::index folds = 5, epochs = 90, batch = 256;

  void declare(CLI::App& app) {
    option_ = app.add_option("--method", method,
                             "linear: logistic regression, its strength chosen by cross-validation on --train; knn: "
                             "nearest neighbours by cosine; probe: the released recipe (linear)")
                  ->check(CLI::IsMember({"linear", "knn", "probe"}));
    add_numbers(app);
    add_linear(app);
  }

  /// Throws CLI::ValidationError where an option was given that is of another method than the chosen one.
  void check() const {
    for (const auto& [of, option] : of_one_)
      if (of != method) refuse(option, "of --method " + method);
  }
  /// The same where none is chosen, for a classifier is judged as it is.
  void check_none() const {
    const std::string here = "for a checkpoint that is a classifier";
    refuse(option_, here);
    for (const auto& [of, option] : of_one_) refuse(option, here);
  }

 private:
  static void refuse(const CLI::Option* option, const std::string& here) {
    if (option->count() > 0) throw CLI::ValidationError(option->get_name() + " is not " + here);
  }
  void add_numbers(CLI::App& app) {
    add("knn", app.add_option("--neighbours", neighbours.neighbours, "knn: how many vote (20)"))
        ->check(whole<sdmae::index>(1, most));
    add("knn", app.add_option("--temperature", neighbours.temperature, "knn: of the votes (0.07)"))
        ->check(within(0, 1000, true));
    add("probe", app.add_option("--epochs", epochs, "probe: (90)"))->check(whole<sdmae::index>(1, most));
    add("probe", app.add_option("--batch", batch, "probe: samples a step (256)"))->check(whole<sdmae::index>(2, most));
    add("linear", app.add_option("--folds", folds, "linear: of the cross-validation (5)"))
        ->check(whole<sdmae::index>(2, 1000));
  }
  void add_linear(CLI::App& app) {
    add("linear",
        app.add_option("--strength", strength,
                       "linear: that with the least-loss on what is held out, or, one-se, the most regularised within "
                       "a standard error of it, for test slides unlike those of --train (least-loss)"))
        ->check(CLI::IsMember({"least-loss", "one-se"}));
    add("linear",
        app.add_option("--held-out", held_out,
                       "linear: write a table like that of --scores of the training images, each judged at the chosen "
                       "strength by a classifier that has not seen its group, for compare"))
        ->check(not_empty());
  }
  CLI::Option* add(const char* of, CLI::Option* option) {
    of_one_.emplace_back(of, option);
    return option;
  }

  const CLI::Option* option_ = nullptr;
  std::vector<std::pair<std::string, const CLI::Option*>> of_one_;
};

struct evaluate_options {
  std::string checkpoint, preset, json, scores, report;
  labelled_options data;
  reading_options reading;
  method_options how;
  device_options device;
  sdmae::index replicates = 1000;
  std::uint64_t seed = 0;
  int threads = 0;

  void declare(CLI::App& app) {
    app.add_option("--checkpoint", checkpoint, "safetensors file with weights in released names")->required();
    data.declare(app);
    reading.declare(app, "features", "as the checkpoint was trained");
    how.declare(app);
    app.add_option("--json", json, "write everything into this file, too")->check(not_empty());
    app.add_option("--scores", scores,
                   "write a table (.csv) of the test images: path,label,group and each class's probability, for "
                   "compare")
        ->check(not_empty());
    app.add_option("--report", report, "write a page (.html) with figures, a map of features and the surest mistakes")
        ->check(not_empty());
    app.add_option("--preset", preset, "the model (default: what the checkpoint names): " SDMAE_COMPILED_PRESETS);
    app.add_option("--replicates", replicates, "of the bootstrap (1000)")
        ->check(whole<sdmae::index>(1, method_options::most));
    app.add_option("--seed", seed, "of folds, probe and bootstrap (0)")
        ->check(whole<std::uint64_t>(0, ~std::uint64_t{0}));
    device.declare(app);
    app.add_option("--threads", threads, "default: all cores")->check(whole(1, 1024));
  }
};

}  // namespace program
