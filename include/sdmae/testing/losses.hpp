// The proof that a class is a loss term: its gradient is that of what it reports.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "sdmae/core/random.hpp"
#include "sdmae/loss/concept.hpp"
#include "sdmae/testing/finding.hpp"
#include "sdmae/testing/guarded.hpp"
#include "sdmae/testing/tolerance.hpp"

namespace sdmae::testing {

/// A batch of `images` outputs of a model whose architecture says N, P, K and image, and how many rows student and
/// teacher say of each image (`spoken`, 1 where it says nothing about it); `visible` patches of each are seen. Images
/// are normalised ones, different in every pixel.
template <tensor_backend B, loss::loss_term Term, class Architecture>
class loss_examiner {
 public:
  using T = scalar_of<B>;
  static constexpr index N = Architecture::N, P = Architecture::P, K = Architecture::K;
  static constexpr index columns = Term::column_count;
  static constexpr index spoken = [] {
    if constexpr (requires { Architecture::spoken; })
      return index{Architecture::spoken};
    else
      return index{1};
  }();

  /// `first_painted`: the first of the patches in a mask's order that pixels are there for.
  loss_examiner(B& backend, const Term& term, std::string name, index images, index visible, index first_painted)
      : backend_(backend),
        term_(term),
        name_(std::move(name)),
        count_(images),
        visible_(visible),
        images_(backend, random(images * Architecture::image.values())),
        order_(backend, masks()),
        first_painted_(first_painted),
        pixels_(backend, random(images * (N - first_painted_) * P)),
        student_(backend, random(images * spoken * K)),
        teacher_(backend, random(images * spoken * K)),
        state_(backend, plan_state()),
        scratch_(backend, 1 << 17) {
    state_.write(std::vector<T>(static_cast<std::size_t>(state_.count())));
    evaluate(1.0, images);  // moves what the term carries from step to step off its start at zero
    arena memory(reinterpret_cast<std::byte*>(state_.data()));
    term_.end_step(backend_, state_type::plan(memory), images);
    carried_ = state_.read();
  }

  findings run() {
    const result whole = evaluate(0.75, count_);
    columns_are_written(whole);
    weights_and_slices(whole);
    unreached_is_untouched(whole);
    differences("pixels", pixels_output, pixels_, whole.dpixels);
    differences("student", student_output, student_, whole.dstudent);
    differences("teacher", teacher_output, teacher_, whole.dteacher);
    return found_;
  }

 private:
  using values = std::vector<T>;
  using state_type = typename Term::template state<T, Architecture>;
  using images_type = normalised_images<Architecture::image, T>;
  using slice_type = loss::slice<T, Architecture, images_type>;

  struct result {
    values dpixels, dstudent, dteacher, state;
    std::vector<double> reported;  // [columns, images]
    bool contained = true;
    double mean(index images) const {
      double sum = 0;
      for (index i = 0; i < images; ++i) sum += reported[static_cast<std::size_t>(i)];
      return sum / double(images);
    }
  };

  values random(index count) {
    random_sequence numbers(5, stream::test, 2, ++drawn_);
    values drawn(static_cast<std::size_t>(count));
    for (T& value : drawn) value = T(numbers.uniform(-1.5, 1.5));
    return drawn;
  }
  std::vector<std::int32_t> masks() const {
    std::vector<std::int32_t> order;
    for (index i = 0; i < count_; ++i)
      for (index k = 0; k < N; ++k) order.push_back(static_cast<std::int32_t>((k * (N - 1) + i) % N));
    return order;
  }
  static index plan_state() {
    arena memory;
    state_type::plan(memory);
    return static_cast<index>(memory.peak() / sizeof(T));
  }
  static bool reaches(unsigned output) { return (Term::reaches & output) != 0; }

  /// One step of the term over the batch in slices of `slice` images. Gradients start at `start`. `offered`: gradient
  /// views are there even for outputs that the term does not reach.
  result evaluate(double weight, index slice, double start = 0, bool offered = false) {
    if (!carried_.empty()) state_.write(carried_);
    const index hidden = N - first_painted_;
    const auto gradient = [&](index count) {
      return guarded<B>(backend_, values(static_cast<std::size_t>(count), T(start)));
    };
    guarded<B> dpixels = gradient(count_ * hidden * P), dstudent = gradient(count_ * spoken * K),
               dteacher = gradient(count_ * spoken * K);
    guarded<B, double> reported(backend_, columns * count_);
    arena memory(reinterpret_cast<std::byte*>(state_.data()));
    const state_type state = state_type::plan(memory);
    term_.reset_step(backend_, state, 0);
    for (index first = 0; first < count_; first += slice) {
      const index count = std::min(slice, count_ - first), rows = count * hidden;
      slice_type s{images_type{images_.data() + first * Architecture::image.values()},
                   painted_patches(mask_view{order_.data() + first * N, N, visible_}, first_painted_), first, count,
                   count_};
      s.pixels = {pixels_.data() + first * hidden * P, rows};
      s.student = {student_.data() + first * spoken * K, count * spoken};
      s.teacher = {teacher_.data() + first * spoken * K, count * spoken};
      if (offered || reaches(pixels_output)) s.dpixels = {dpixels.data() + first * hidden * P, rows};
      if (offered || reaches(student_output)) s.dstudent = {dstudent.data() + first * spoken * K, count * spoken};
      if (offered || reaches(teacher_output)) s.dteacher = {dteacher.data() + first * spoken * K, count * spoken};
      std::array<double*, columns> to;
      for (index c = 0; c < columns; ++c) to[static_cast<std::size_t>(c)] = reported.data() + c * count_;
      scratch_.write(poison<T>(scratch_.count()));
      arena scratch(reinterpret_cast<std::byte*>(scratch_.data()));
      term_.evaluate(backend_, weight, s, state, to, scratch);
    }
    result got{dpixels.read(), dstudent.read(), dteacher.read(), state_.read(), reported.read()};
    got.contained = dpixels.intact() && dstudent.intact() && dteacher.intact() && state_.intact() &&
                    reported.intact() && scratch_.intact();
    return got;
  }

  void record(const std::string& what, bool right) { found_.push_back(judged(name_ + ", " + what, right)); }

  void columns_are_written(const result& whole) {
    bool finite = true;
    for (const double value : whole.reported) finite = finite && std::isfinite(value);
    record("every image's numbers are written", finite);
    record("nothing is written outside", whole.contained);
    record("as many names as numbers", Term::columns().size() == static_cast<std::size_t>(columns));
  }

  void weights_and_slices(const result& whole) {
    const result doubled = evaluate(1.5, count_);
    record("what is reported does not depend on the weight", doubled.reported == whole.reported);
    bool scales = true;
    for (std::size_t i = 0; i < whole.dstudent.size(); ++i)
      scales = scales && doubled.dstudent[i] == 2 * whole.dstudent[i];
    for (std::size_t i = 0; i < whole.dpixels.size(); ++i)
      scales = scales && doubled.dpixels[i] == 2 * whole.dpixels[i];
    record("the gradient is proportional to the weight", scales);
    for (const index slice : {1, 2}) {
      const result sliced = evaluate(0.75, slice);
      double error = difference(sliced.reported, whole.reported);
      for (const auto part : {&result::dpixels, &result::dstudent, &result::dteacher, &result::state})
        error = worse(difference(sliced.*part, whole.*part), error);
      found_.push_back(judged(name_ + ", slices of " + std::to_string(slice) + " give what one pass gives", error,
                              tolerance<T>::slices(B::slices_give_same_bits)));
    }
  }

  /// The largest |got − expected| / max(1, |expected|).
  template <class Value>
  static double difference(const std::vector<Value>& got, const std::vector<Value>& expected) {
    double error = got.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < expected.size() && error < 1; ++i)
      if (got[i] != expected[i])
        error = worse(std::fabs(double(got[i]) - double(expected[i])) / std::fmax(1, std::fabs(double(expected[i]))),
                      error);
    return error;
  }

  void unreached_is_untouched(const result& whole) {
    const result started = evaluate(0.75, count_, 0.5, true);
    const auto check = [&](const char* what, unsigned output, const values& got, const values& alone) {
      bool right = true;
      for (std::size_t i = 0; i < got.size(); ++i)
        right = right && std::fabs(double(got[i] - T(0.5) - (reaches(output) ? alone[i] : T(0)))) < 1e-12;
      record(std::string("the gradient of ") + what + (reaches(output) ? " is added" : " is left alone"), right);
    };
    check("pixels", pixels_output, started.dpixels, whole.dpixels);
    check("student", student_output, started.dstudent, whole.dstudent);
    check("teacher", teacher_output, started.dteacher, whole.dteacher);
  }

  void differences(const char* what, unsigned output, guarded<B>& tensor, const values& gradient) {
    if (!reaches(output)) return;
    const values kept = tensor.read();
    double error = 0, largest = 0;
    for (const T& value : gradient) largest = worse(std::fabs(double(value)), largest);
    const std::size_t stride = std::max<std::size_t>(1, kept.size() / 60);
    for (std::size_t i = 0; i < kept.size(); i += stride) {
      const double step = 1e-5;
      const auto loss = [&](double moved) {
        values changed = kept;
        changed[i] += T(moved);
        tensor.write(changed);
        return 0.75 * evaluate(0.75, count_).mean(count_);
      };
      error = worse(std::fabs((loss(step) - loss(-step)) / (2 * step) - double(gradient[i])) / largest, error);
    }
    tensor.write(kept);
    found_.push_back(judged(name_ + ", gradient of " + what, error, 2e-6));
  }

  B& backend_;
  Term term_;
  std::string name_;
  index count_, visible_;
  guarded<B> images_;
  guarded<B, std::int32_t> order_;
  index first_painted_;
  guarded<B> pixels_, student_, teacher_, state_, scratch_;
  values carried_;
  findings found_;
  std::uint64_t drawn_ = 0;
};

/// Checks a loss term over three images of an architecture's outputs: gradients by central differences through
/// evaluate(), after the term's state has moved; numbers for every image; proportionality to the weight; slices that
/// give what one pass gives, to the bit where the backend says so; outputs it does not reach left alone. A term that
/// reads the pixels of masked patches is also checked beside one that reads all patches', whose rows it then finds too.
/// Meant for double.
template <class Architecture, tensor_backend B, loss::loss_term Term>
findings check_loss(B& backend, const Term& term, const std::string& name) {
  constexpr bool reads_all = (Term::reads & visible_pixels_output) != 0;
  const index visible = std::max<index>(1, Architecture::N / 3);
  const auto examined = [&](const std::string& called, index first_painted) {
    return loss_examiner<B, Term, Architecture>(backend, term, called, 3, visible, first_painted).run();
  };
  findings found = examined(name, reads_all ? 0 : visible);
  if ((Term::reads & pixels_output) == 0 || reads_all) return found;
  for (const auto& each : examined(name + ", beside a loss of all patches", 0)) found.push_back(each);
  return found;
}

}  // namespace sdmae::testing
