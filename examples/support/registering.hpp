// How presets that are compiled in come into the program's registries.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/arena.hpp"
#include "sdmae/core/shapes.hpp"

namespace program {

/// Adds `entry` to a registry: under `name`, it makes a Trainer for images of a shape on the backend that
/// make_backend(options) returns, and knows what memory one takes.
template <class Trainer, class Options, class Entry, class MakeBackend>
void add_entry(std::vector<Entry>& registry, Entry entry, std::string name, sdmae::image_shape image,
               MakeBackend make_backend) {
  entry.name = std::move(name);
  entry.image = image;
  entry.make = [=](const Options& options) { return std::make_unique<Trainer>(make_backend(options), options); };
  entry.resident = [=] {
    Options of_one_thread;
    of_one_thread.threads = 1;
    auto backend = make_backend(of_one_thread);
    sdmae::arena plan;
    Trainer::plan_resident(backend, plan);
    return plan.peak();
  };
  registry.push_back(std::move(entry));
}

}  // namespace program
