// AdamW from stored gradients: PyTorch 2.15 in float64, and its formula in long double; and what an update touches.
#include "sdmae/train/adamw.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/model/presets.hpp"

using namespace sdmae;

namespace {

const std::vector<std::vector<double>> gradients{
    {0.1, -0.2, 3.0, 0.0}, {-0.4, 1e-3, -2.0, 0.0}, {0.25, -0.5, 1e-6, 1.0}};
// torch.optim.AdamW(lr = 0.01·t, betas = (0.9, 0.999), eps = 1e-8), after each of three updates.
const std::vector<std::vector<double>> decayed{
    {0.48975000099999993, -1.2393750005000002, 1.9890000000333334, 0.0},
    {0.5004503204960258, -1.224809079023997, 1.984120589450309, 0.0},
    {0.5008527001688828, -1.199441824358962, 1.9777929596123958, -0.019164407650184137}};
const std::vector<std::vector<double>> undecayed{
    {0.4900000009999999, -1.2400000005, 1.9900000000333333, 0.0},
    {0.5011900704970258, -1.2266734540244968, 1.987109589450342, 0.0},
    {0.5023431256506269, -1.2031434129779977, 1.9837581404966043, -0.019164407650184137}};

}  // namespace

TEMPLATE_TEST_CASE("AdamW takes PyTorch's steps", "", reference_backend<double>, reference_backend<float>,
                   eigen_backend<double>, eigen_backend<float>) {
  TestType backend;
  using T = typename TestType::scalar;
  const double bound = std::is_same_v<T, float> ? 4e-7 : 1e-15;
  const adamw optimiser{.weight_decay = 0.05};
  std::vector<T> w{T(0.5), T(-1.25), T(2), T(0), T(0.5), T(-1.25), T(2), T(0)}, m(8), v(8);
  const std::vector<adamw_segment> segments{{0, 4, true}, {4, 4, false}};
  for (std::size_t t = 0; t < 3; ++t) {
    std::vector<T> g;
    for (int copies = 0; copies < 2; ++copies)
      for (double value : gradients[t]) g.push_back(T(value));
    const adamw_numbers<T> numbers = optimiser.numbers<T>(static_cast<sdmae::index>(t) + 1, 0.01 * double(t + 1));
    backend.adamw_update(std::span<const adamw_segment>(segments),
                         adamw_buffers<T>{w.data(), g.data(), m.data(), v.data()}, &numbers);
    for (std::size_t i = 0; i < 4; ++i) {
      INFO("update " << t + 1 << ", value " << i);
      CHECK(std::abs(double(w[i]) - decayed[t][i]) <= bound * 2);
      CHECK(std::abs(double(w[4 + i]) - undecayed[t][i]) <= bound * 2);
    }
  }
  CHECK(double(m[0]) == Approx(-0.0029).epsilon(1e-5));
  CHECK(double(v[2]) == Approx(0.012978009000001).epsilon(1e-5));
}

// 1 − 0.999 in float is off by 1e-5: complements are taken in double first.
TEST_CASE("numbers are rounded once") {
  const auto n = adamw{.weight_decay = 0.05}.numbers<float>(1, 6e-4);
  CHECK(n.beta2_complement == float(1.0 - 0.999));
  CHECK(n.beta2_complement != 1.0f - 0.999f);
  CHECK(n.keep == float(1.0 - 6e-4 * 0.05));
  CHECK(n.step == float(6e-4 / (1.0 - 0.9)));
  CHECK(n.inverse_root_correction == float(1.0 / std::sqrt(1.0 - 0.999)));
  CHECK(n.epsilon == 1e-8f);
  CHECK(n.gradient_scale == 1);
}

TEST_CASE("a gradient is clipped as PyTorch does, and only above the norm") {
  const adamw clipped{.clip_norm = 0.5};
  CHECK(clipped.numbers<double>(1, 6e-4, 0.4).gradient_scale == 1);
  CHECK(clipped.numbers<double>(1, 6e-4, 0.5).gradient_scale == 1);
  CHECK(clipped.numbers<double>(1, 6e-4, 2.0).gradient_scale == 0.5 / (2.0 + 1e-6));
  CHECK(adamw{}.numbers<double>(1, 6e-4, 1e9).gradient_scale == 1);
}

namespace {

using built = model<presets::pretrain_mae_small_patch16_224::architecture, reference_backend<float>>;

const adamw_segment* segment_of(const std::vector<adamw_segment>& segments, const parameter& row) {
  for (const adamw_segment& s : segments)
    if (s.offset <= row.offset && row.offset + row.count() <= s.offset + s.count) return &s;
  return nullptr;
}

}  // namespace

TEST_CASE("every trained parameter that is reached lies in one segment of its kind; nothing else does") {
  for (const unsigned reached : {unsigned{all_outputs}, unsigned{pixels_output}, pixels_output | student_output,
                                 student_output | teacher_output, unsigned{no_output}}) {
    const auto segments = adamw_segments(built::table(), reached);
    sdmae::index touched = 0, end = 0;
    for (const adamw_segment& s : segments) {
      CHECK(s.offset >= end);
      end = s.offset + s.count;
    }
    for (const parameter& row : built::table()) {
      INFO(std::string(row.name()));
      const adamw_segment* const s = segment_of(segments, row);
      const bool expected = row.traits.trained && (row.reached_by & reached) != 0;
      CHECK((s != nullptr) == expected);
      if (s != nullptr) CHECK(s->decays == row.traits.decays);
      if (expected) touched += row.count();
    }
    sdmae::index covered = 0;
    for (const adamw_segment& s : segments) covered += s.count;
    CHECK(covered >= touched);
    CHECK(covered <= touched + 234 * 16 + 12 * 384 + 4 * 192);  // gaps and the biases that keys do not have
  }
}

TEST_CASE(
    "a stopped teacher leaves its projection head alone, pixels alone leave both heads; weight_g is never touched") {
  const auto touched = [](unsigned reached, const char* part) {
    const auto segments = adamw_segments(built::table(), reached);
    for (const parameter& row : built::table())
      if (row.name().find(part) != std::string_view::npos && segment_of(segments, row) != nullptr) return true;
    return false;
  };
  CHECK(touched(all_outputs, "decoder_proh_head.mlp.0"));
  CHECK(!touched(pixels_output | student_output, "decoder_proh_head"));
  CHECK(touched(pixels_output | student_output, "encoder_proj_head"));
  CHECK(touched(pixels_output, "decoder.blocks"));
  CHECK(!touched(pixels_output, "proj_head"));
  CHECK(!touched(pixels_output, "proh_head"));
  CHECK(!touched(student_output, "decoder."));
  CHECK(!touched(student_output, "mask_token"));
  CHECK(!touched(student_output | teacher_output, "decoder.head"));
  CHECK(!touched(all_outputs, "weight_g"));
  CHECK(touched(all_outputs, "weight_v"));
}
