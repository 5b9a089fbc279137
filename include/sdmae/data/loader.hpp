// Images for the training step, decoded and cropped by other threads ahead of it.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/augment.hpp"
#include "sdmae/data/dataset.hpp"
#include "sdmae/data/loader_settings.hpp"

namespace sdmae {

/// Hands out a data set batch by batch. An epoch is size / batch steps, rounded down; what is left over is dropped.
///
///     loader images(folder, settings);
///     for (;; images.advance()) {
///       images.samples();           // what the running batch consists of
///       images.next(count, out);    // its next `count` images; again until the batch is through
///     }
///
/// What comes out depends on the data set, the seed and the step only, not on threads or `ahead`. A broken image is
/// named in a notice and replaced by the next readable one; more than 1 % of the data set broken is an sdmae::error.
/// Grey, transparent, 16-bit and small images are converted, which is said once for each kind. The data set must
/// outlive the loader. One thread pulls.
template <dataset Dataset>
class loader {
 public:
  /// Starts the threads. Errors: fewer samples than a batch, settings out of range.
  loader(const Dataset& data, loader_settings settings) : data_(data), settings_(std::move(settings)) {
    check_loader(settings_, data_.size());
    steps_ = data_.size() / settings_.batch;
    pulled_ = claimed_ = settings_.first_step * settings_.batch;
    ring_.resize(static_cast<std::size_t>(settings_.ahead));
    for (held_image& held : ring_) held.pixels.resize(static_cast<std::size_t>(settings_.height * settings_.width * 3));
    running_.step = settings_.first_step;
    order_of(epoch(), pull_order_);
    for (index i = 0; i < settings_.threads; ++i) workers_.emplace_back([this](std::stop_token stop) { work(stop); });
  }

  loader(const loader&) = delete;
  loader& operator=(const loader&) = delete;
  ~loader() {
    for (std::jthread& worker : workers_) worker.request_stop();
  }

  index steps_per_epoch() const { return steps_; }

  /// The running batch: its step counted from the start of training, and the epoch that it belongs to.
  index step() const { return running_.step; }
  index epoch() const { return running_.step / steps_; }

  /// Sample numbers of the running batch, in order; valid until advance(). A broken image keeps the number of the
  /// sample that it stands for, whose crop and mask it gets.
  std::span<const index> samples() const {
    const index first = running_.step % steps_ * settings_.batch;
    return {pull_order_.numbers.data() + first, static_cast<std::size_t>(settings_.batch)};
  }

  /// Images of the running batch not yet pulled.
  index remaining() const { return settings_.batch - running_.pulled; }

  /// Writes the next `count` images of the running batch to out [count, height, width, 3]; waits until they are there,
  /// but allocates nothing (the other threads do).
  /// Throws what went wrong on the way to them; after that the loader is of no further use.
  void next(index count, std::uint8_t* out) {
    if (count < 0 || count > remaining())
      throw error(
          "loader",
          "asked for " + std::to_string(count) + " images, the batch has " + std::to_string(remaining()) + " left",
          "call advance() when a batch is through");
    const index bytes = settings_.height * settings_.width * 3;
    for (index i = 0; i < count; ++i) pull_one(out + i * bytes);
    running_.pulled += count;
  }

  /// Makes the following batch the running one; what is left of this one is skipped.
  void advance() {
    while (remaining() > 0) {
      pull_one(nullptr);
      ++running_.pulled;
    }
    running_ = {running_.step + 1, 0};
    order_of(epoch(), pull_order_);
  }

  /// Distinct broken files met so far.
  index broken() const { return static_cast<index>(broken_.size()); }

 private:
  struct ordered_epoch {
    index epoch = -1;
    std::vector<index> numbers;
  };

  struct batch_position {
    index step = 0, pulled = 0;
  };

  // What happened on the way to one image: told by the thread that pulls it, so that notices and errors come in the
  // order of the images whichever worker was first.
  struct findings {
    std::vector<std::pair<index, std::string>> broken;  // sample, reason
    index loaded = -1;
    conversion converted = conversion::none;
    index height = 0, width = 0;
    std::exception_ptr failure;
  };

  struct held_image {
    bool ready = false;
    std::vector<std::uint8_t> pixels;
    findings found;
  };

  void order_of(index epoch, ordered_epoch& order) const {
    if (order.epoch == epoch) return;
    order.numbers =
        settings_.shuffle ? epoch_order(settings_.seed, epoch, data_.size()) : ascending_order(data_.size());
    order.epoch = epoch;  // not before: there may be no room for the numbers
  }

  held_image& place_of(index slot) { return ring_[static_cast<std::size_t>(slot % settings_.ahead)]; }

  // Slots count images from the start of training. A claimed slot's place belongs to its worker until it is ready,
  // then to the puller until it is counted as pulled.
  void work(const std::stop_token& stop) {
    for (;;) {
      std::unique_lock lock(mutex_);
      room_.wait(lock, stop, [&] { return claimed_ < pulled_ + settings_.ahead; });
      if (stop.stop_requested()) return;
      const index slot = claimed_++, epoch = slot / (steps_ * settings_.batch);
      held_image& place = place_of(slot);
      place.found = {};
      try {
        order_of(epoch, claim_order_);
        const index sample = claim_order_.numbers[static_cast<std::size_t>(slot % (steps_ * settings_.batch))];
        lock.unlock();
        prepare(sample, epoch, place);
      } catch (...) {
        place.found.failure = std::current_exception();
      }
      if (!lock.owns_lock()) lock.lock();
      place.ready = true;
      lock.unlock();
      ready_.notify_one();
    }
  }

  void prepare(index sample, index epoch, held_image& place) {
    const decoded_image decoded = load_readable(sample, place.found);
    if (place.found.loaded < 0) return;
    place.found.converted = decoded.converted;
    place.found.height = decoded.image.height;
    place.found.width = decoded.image.width;
    augment(decoded.image, settings_.augment, settings_.seed, epoch, sample, settings_.height, settings_.width,
            place.pixels.data(), decoded.stain_of_slide);
  }

  // The sample, or the next one that can be read. Gives up when what is broken already is too much.
  decoded_image load_readable(index sample, findings& found) const {
    for (index tried = 0; tried < data_.size(); ++tried) {
      const index candidate = (sample + tried) % data_.size();
      try {
        decoded_image decoded = data_.load(candidate);
        if (decoded.image.pixels.empty()) throw error(data_.name(candidate), "the image has no pixels", "remove it");
        found.loaded = candidate;
        return decoded;
      } catch (const error& problem) {
        found.broken.emplace_back(candidate, problem.what());
        if (too_many(found.broken.size())) break;
      }
    }
    return {};
  }

  bool too_many(std::size_t count) const { return static_cast<index>(count) * 100 > data_.size(); }

  void pull_one(std::uint8_t* out) {
    held_image& place = place_of(pulled_);
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return place.ready; });
    }
    tell(place.found);
    if (out != nullptr) std::copy(place.pixels.begin(), place.pixels.end(), out);
    {
      const std::lock_guard lock(mutex_);
      place.ready = false;
      ++pulled_;
    }
    room_.notify_one();
  }

  void say(const std::string& line) const {
    if (settings_.notice) settings_.notice(line);
  }

  void tell(const findings& found) {
    for (const auto& [sample, reason] : found.broken) {
      if (!broken_.insert(sample).second) continue;
      say(reason + "; the next readable image takes its place");
    }
    if (too_many(broken_.size()))
      throw error(data_.name(*broken_.begin()),
                  "the first of " + std::to_string(broken_.size()) + " broken images, more than 1 % of " +
                      std::to_string(data_.size()),
                  "repair or remove them");
    if (found.failure) std::rethrow_exception(found.failure);
    const auto name = [&] { return std::string(data_.name(found.loaded)); };
    for (conversion flag : all_conversions)
      if (has(found.converted, flag) && !has(told_, flag)) {
        told_ |= flag;
        say(name() + ": " + conversion_text(flag) + "; said once, for all like it");
      }
    if ((found.height < settings_.height || found.width < settings_.width) && !std::exchange(told_small_, true))
      say(name() + ": only " + std::to_string(found.width) + " x " + std::to_string(found.height) +
          " pixels, enlarged to " + std::to_string(settings_.width) + " x " + std::to_string(settings_.height) +
          "; said once, for all like it");
  }

  const Dataset& data_;
  loader_settings settings_;
  index steps_ = 0;
  batch_position running_;
  ordered_epoch pull_order_;   // the puller's
  ordered_epoch claim_order_;  // the workers', under the mutex
  std::set<index> broken_;
  conversion told_ = conversion::none;
  bool told_small_ = false;

  std::mutex mutex_;  // guards claimed_, pulled_, claim_order_ and every ready flag
  std::condition_variable_any room_;
  std::condition_variable ready_;
  index claimed_ = 0, pulled_ = 0;
  std::vector<held_image> ring_;
  std::vector<std::jthread> workers_;  // last: they stop before anything they use goes away
};

}  // namespace sdmae
