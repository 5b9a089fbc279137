#include "sdmae/train/pretrainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/attention_study.hpp"
#include "sdmae/model/mae.hpp"
#include "sdmae/model/paint.hpp"
#include "tiny.hpp"

namespace {

using namespace sdmae;
using backend = eigen_backend<float>;
using model_type = model<tiny::architecture, backend>;

auto losses(double distill_weight) {
  return (1 - distill_weight) * loss::reconstruction<>{} + distill_weight * loss::self_distillation<>{};
}
using trainer_type = pretrainer<model_type, masking::random, decltype(losses(0))>;

/// A model under training, and a batch of five images for it.
struct training {
  explicit training(int threads = 1, sdmae::index slice = 5, double distill_weight = 0.2, double ratio = 0.6)
      : cpu({.threads = threads}),
        model(cpu, {.seed = 5}),
        train(model, masking::random{.ratio = ratio}, losses(distill_weight), adamw{.learning_rate = 1e-3},
              {.seed = 9, .slice = slice}) {}

  trainer_type::report_type step() {
    array_batch<tiny::image, std::uint8_t> batch(images.data(), 5);
    return train.step(batch);
  }
  std::vector<float> weights() const { return {model.flat(), model.flat() + model_type::storage}; }

  backend cpu;
  model_type model;
  trainer_type train;
  std::vector<std::uint8_t> images = tiny::pictures(5);
};

}  // namespace

TEST_CASE("a training step allocates nothing after the first") {
  const long before_probe = allocations;
  void* volatile probes[] = {std::malloc(64), std::aligned_alloc(64, 64)};
  for (void* volatile& probe : probes) std::free(probe);
  REQUIRE(allocations >= before_probe + 2);  // the counter counts

  training run(2, 2);
  run.step();
  array_batch<tiny::image, std::uint8_t> batch(run.images.data(), 5);
  const long before = allocations;
  for (int i = 0; i < 3; ++i) run.train.step(batch);
  CHECK(allocations - before == 0);
}

TEST_CASE("threads and slices change no bit") {
  training whole;
  for (int i = 0; i < 3; ++i) whole.step();
  for (int threads : {1, 2, 3})
    for (sdmae::index slice : {1, 2, 3, 5}) {
      training cut(threads, slice);
      for (int i = 0; i < 3; ++i) cut.step();
      INFO(threads << " threads, slice " << slice);
      CHECK(cut.weights() == whole.weights());
    }
}

TEST_CASE("a loss that is not finite is refused before any weight has changed") {
  training run;
  run.step();
  const parameter& row = *model_type::table().begin();
  std::vector<float> broken = run.model.read(row);
  broken[0] = std::numeric_limits<float>::quiet_NaN();
  run.model.write(row, broken);
  const auto count_nan = [&] {
    long count = 0;
    for (float w : run.weights()) count += std::isnan(w);
    return count;
  };
  REQUIRE(count_nan() == 1);
  CHECK_THROWS_AS(run.step(), error);
  CHECK(count_nan() == 1);
  CHECK(run.train.steps_done() == 1);
}

TEST_CASE("a term of weight 0 is not evaluated, and what it alone reaches keeps its bytes") {
  const double weight = GENERATE(0.0, 1.0);
  training run(1, 5, weight);
  const std::vector<float> before = run.weights();
  const auto report = run.step();
  CHECK(report.terms[0].evaluated == (weight == 0.0));
  CHECK(report.terms[1].evaluated == (weight == 1.0));
  CHECK(report.terms[2].evaluated == (weight == 1.0));
  const std::vector<float> after = run.weights();
  const unsigned reached = weight == 0.0 ? pixels_output : student_output | teacher_output;
  for (const parameter& row : model_type::table()) {
    const bool same =
        std::equal(before.begin() + row.offset, before.begin() + row.offset + row.count(), after.begin() + row.offset);
    INFO(std::string(row.name()));
    CHECK(same == (!row.traits.trained || (row.reached_by & reached) == 0));
  }
}

TEST_CASE("how far features spread: like batches do not, different ones do, over more than one direction") {
  training run;
  const auto report = run.step();
  CHECK(report.feature_deviation > 0);
  CHECK(report.feature_rank > 1);
  CHECK(report.feature_rank <= 4 + 1e-9);  // five images
  // One slice holds the batch: the same numbers by the formulas.
  constexpr std::size_t D = tiny::encoder.width;
  const auto tokens = run.train.last_slice().encoder_.patches;
  const auto V = static_cast<std::size_t>(tokens.rows()) / 5;
  std::vector<double> x(5 * D);
  double trace = 0, squares = 0, deviation = 0;
  for (std::size_t i = 0; i < 5 * V; ++i)
    for (std::size_t c = 0; c < D; ++c)
      x[i / V * D + c] += double(tokens(sdmae::index(i), sdmae::index(c))) / double(V);
  for (std::size_t c = 0; c < D; ++c) {
    double mean = 0;
    for (std::size_t i = 0; i < 5; ++i) mean += x[i * D + c] / 5;
    for (std::size_t i = 0; i < 5; ++i) x[i * D + c] -= mean;
  }
  for (std::size_t c = 0; c < D; ++c)
    for (std::size_t d = 0; d < D; ++d) {
      double sum = 0;
      for (std::size_t i = 0; i < 5; ++i) sum += x[i * D + c] * x[i * D + d];
      squares += sum * sum;
      if (c == d) trace += sum, deviation += std::sqrt(sum / 5) / D;
    }
  CHECK(report.feature_deviation == Approx(deviation).epsilon(1e-4));
  CHECK(report.feature_rank == Approx(trace * trace / squares).epsilon(1e-4));
  training sliced(1, 2);
  CHECK(sliced.step().feature_rank == report.feature_rank);
  const double used = report.terms[4].value;
  CHECK(std::string(report.terms[4].name) == "used_prototypes");
  CHECK((used >= 1 && used <= 5 && used == std::floor(used)));

  training same;
  const std::vector<std::uint8_t> one = tiny::pictures(1);
  std::vector<std::uint8_t> copies;
  for (int i = 0; i < 5; ++i) copies.insert(copies.end(), one.begin(), one.end());
  array_batch<tiny::image, std::uint8_t> batch(copies.data(), 5);
  pretrainer train(same.model, masking::random{.ratio = 0}, losses(1), adamw{}, {.slice = 2});
  const auto collapsed = train.step(batch);
  CHECK(collapsed.feature_deviation < 1e-6);
  CHECK(collapsed.terms[4].value == 1);
}

TEST_CASE("with every patch visible the reconstruction is 0, not 0/0") {
  training run(1, 5, 0.2, 0.0);
  const auto report = run.step();
  CHECK(report.terms[0].value == 0.0);
  CHECK(std::isfinite(report.loss));
  CHECK(report.loss > 0);
}

namespace {

/// Says what is taken from it.
struct recording_backend : reference_backend<float> {
  std::size_t taken = 0;
  host_memory allocate(std::size_t bytes) {
    taken += bytes;
    return reference_backend<float>::allocate(bytes);
  }
};

}  // namespace

TEST_CASE("the memory plan is what is taken, to the byte") {
  for (sdmae::index batch : {2, 5}) {
    recording_backend memory;
    auto model = build<tiny::architecture>(memory, {.seed = 5});
    pretrainer train(model, masking::random{.ratio = 0.6}, losses(0.2), adamw{.learning_rate = 1e-3}, {.slice = 3});
    const memory_plan plan = train.plan(batch, 3);
    CHECK(memory.taken == plan.resident);
    const std::vector<std::uint8_t> bytes = tiny::pictures(batch);
    array_batch<tiny::image, std::uint8_t> source(bytes.data(), batch);
    train.step(source);
    CHECK(memory.taken == plan.resident + plan.step);
    std::size_t pieces = 0;
    for (const planned_memory& piece : plan.pieces) pieces += piece.bytes;
    CHECK(pieces == plan.resident + plan.step);
    CHECK(plan.resident > 4 * sizeof(float) * decltype(model)::storage);
  }
}

namespace {

using dropping =
    sd_mae<tiny::image, vit_shape{.width = 32, .depth = 3, .heads = 2, .drop_path = true}, tiny::decoder, tiny::head>;

std::vector<float> weights_after(double drop_path, std::uint64_t seed, sdmae::index slice) {
  backend cpu({.threads = 2});
  auto model = build<dropping>(cpu, {.seed = 5});
  pretrainer train(model, masking::random{.ratio = 0.6}, losses(0.2), adamw{.learning_rate = 1e-3},
                   {.seed = seed, .slice = slice, .drop_path = drop_path});
  const auto images = tiny::pictures(5);
  array_batch<tiny::image, std::uint8_t> batch(images.data(), 5);
  for (int i = 0; i < 2; ++i) train.step(batch);
  return {model.flat(), model.flat() + model.storage};
}

}  // namespace

TEST_CASE("drop path depends on its rate and seed, not on slices; refused where nothing drops") {
  const auto dropped = weights_after(0.5, 1, 5);
  CHECK(dropped == weights_after(0.5, 1, 2));
  CHECK(dropped != weights_after(0, 1, 5));
  std::vector<float> keep(2 * 3 * 4000), mean(6);
  for (std::uint64_t sample = 0; sample < 4000; ++sample)
    draw_drop_path<dropping>(0.5, 3, 0, sample, sdmae::index(sample), 4000, keep.data());
  for (std::size_t i = 0; i < keep.size(); ++i) mean[i / 4000] += keep[i] / 4000;
  for (const float each : mean) CHECK(each == Approx(1).margin(0.06));  // kept branches make up for dropped ones
  CHECK(std::count(keep.begin(), keep.begin() + 8000, 1.0f) == 8000);   // the first block keeps all
  CHECK(std::count(keep.begin() + 16000, keep.end(), 0.0f) > 3700);     // the last drops half

  backend cpu;
  auto model = build<tiny::architecture>(cpu);
  CHECK_THROWS_AS(pretrainer(model, masking::random{}, losses(0.2), adamw{}, {.drop_path = 0.1}), error);
  CHECK_THROWS_AS(pretrainer(model, masking::random{}, losses(0.2), adamw{}, {.drop_path = 1}), error);
}

TEST_CASE("He et al.'s MAE learns, its stored tables stay as they are; slices change no bit") {
  using architecture = mae<tiny::image, tiny::encoder, tiny::decoder>;
  const auto images = tiny::pictures(6);
  const auto run = [&](sdmae::index slice) {
    backend cpu({.threads = 2});
    auto model = build<architecture>(cpu, {.seed = 5});
    const parameter& table = *std::find_if(model.table().begin(), model.table().end(),
                                           [](const parameter& p) { return p.name() == "pos_embed"; });
    const auto before = model.read(table);
    pretrainer train(model, masking::he_et_al(0.75), 1.0 * loss::reconstruction<loss::target::patch>{},
                     adamw{.learning_rate = 3e-3, .beta2 = 0.95}, {.slice = slice});
    array_batch<tiny::image, std::uint8_t> batch(images.data(), 6);
    const double first = train.step(batch).loss;
    double last = 0;
    for (int i = 0; i < 30; ++i) last = train.step(batch).loss;
    CHECK(last < 0.98 * first);
    CHECK(model.read(table) == before);
    return std::vector<float>(model.flat(), model.flat() + model.storage);
  };
  CHECK(run(6) == run(4));
}

TEST_CASE("a batch without images is refused") {
  training run;
  array_batch<tiny::image, std::uint8_t> none(run.images.data(), 0);
  CHECK_THROWS_AS(run.train.step(none), error);
}

namespace {

/// A stranger's mask that promises nonsense.
struct promising {
  sdmae::index said;
  sdmae::index visible(sdmae::index) const { return said; }
  void draw(const masking::request& r, std::int32_t* order) const {
    for (sdmae::index i = 0; i < r.patches(); ++i) order[i] = static_cast<std::int32_t>(i);
  }
};

}  // namespace

TEST_CASE("a mask that leaves nothing visible, or more than there is, is refused before anything runs") {
  backend cpu;
  model_type model(cpu);
  constexpr sdmae::index N = tiny::image.patches();
  for (const sdmae::index said : {sdmae::index{0}, sdmae::index{-1}, N + 1}) {
    const promising mask{said};
    const auto refusal = [&](auto&& use) {
      try {
        use();
      } catch (const error& problem) {
        return std::string(problem.what());
      }
      return std::string();
    };
    const std::string expected = "leaves " + std::to_string(said) + " of 16 patches visible";
    tiny::held_pictures images(2);
    CHECK_THAT(refusal([&] { pretrainer(model, mask, losses(0.2), adamw{}); }), Catch::Contains(expected));
    CHECK_THAT(refusal([&] { paint(model, mask, 0, images); }), Catch::Contains(expected));
    CHECK_THAT(refusal([&] { study_attention(model, mask, 0, images); }), Catch::Contains(expected));
  }
  const promising all{N}, one{1};
  CHECK_NOTHROW(pretrainer(model, all, losses(0.2), adamw{}));
  CHECK_NOTHROW(pretrainer(model, one, losses(0.2), adamw{}));
}
