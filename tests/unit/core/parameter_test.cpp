// The parameter table: names, shapes and places come from one walk.
#include "sdmae/core/parameter.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

namespace {

using namespace sdmae;

template <class T>
struct part {
  weight_view<T, 3, 5> weight;
  vector_view<T, 3> bias;
  template <class Walk>
  constexpr void each(Walk& walk) {
    walk("weight", weight, {3, 5}, {.start = initial::xavier_uniform, .fan_in = 5, .decays = true});
    walk("bias", bias, {3}, {});
  }
};

/// Named children, an array of them, and a view that two parameters share with a gap between them.
template <class T>
struct whole {
  vector_view<T, 40> token;
  std::array<part<T>, 12> parts;
  vector_view<T, 9> shared;
  template <class Walk>
  constexpr void each(Walk& walk) {
    walk("token", token, {1, 40}, {.trained = false});
    walk.reached_by = student_output;
    walk.numbered("parts", parts);
    const sdmae::index offset = walk.place(shared);
    walk.piece("first", offset, {3}, {});
    walk.piece("last", offset + 6, {3}, {});
  }
};

constexpr auto& table = parameter_table<whole<float>>;
static_assert(table.size() == 1 + 12 * 2 + 2);
static_assert(table[0].name() == "token");
static_assert(table[0].count() == 40 && table[0].shape.rank == 2 && table[0].shape.extents[1] == 40);
static_assert(table[1].name() == "parts.0.weight" && table[1].offset == 48);
static_assert(table[24].name() == "parts.11.bias");
static_assert(table[25].name() == "first" && table[26].name() == "last");
static_assert(table[26].offset == table[25].offset + 6);
static_assert(!table[0].traits.trained && table[1].traits.decays && !table[2].traits.decays);
static_assert(table[0].reached_by == all_outputs && table[1].reached_by == student_output);
static_assert(parameter_storage<whole<float>> == 48 + 12 * (16 + 16) + 16);

}  // namespace

TEST_CASE("views are cut where the table says, from any flat buffer") {
  std::vector<double> flat(static_cast<std::size_t>(parameter_storage<whole<double>>));
  const auto bound = bind_parameters<whole<double>>(flat.data());
  CHECK(bound.token.data == flat.data());
  CHECK(bound.parts[3].weight.data == flat.data() + table[7].offset);
  CHECK(bound.parts[3].bias.data == flat.data() + table[8].offset);
  CHECK(bound.shared.data == flat.data() + table[25].offset);
  CHECK(bound.parts[3].weight.packed == nullptr);
}

TEST_CASE("packed weights get room one after the other, where a backend packs them") {
  std::vector<float> flat(static_cast<std::size_t>(parameter_storage<whole<float>>)), packed(12 * 32);
  const auto size = [](const auto& weight) { return weight.width == 5 ? sdmae::index{32} : sdmae::index{0}; };
  CHECK(packed_storage<whole<float>>(size) == 12 * 32);
  const auto bound = bind_parameters<whole<float>>(flat.data(), packed.data(), size);
  for (std::size_t i = 0; i < 12; ++i) CHECK(bound.parts[i].weight.packed == packed.data() + 32 * i);
  const auto none = [](const auto&) { return sdmae::index{0}; };
  CHECK(bind_parameters<whole<float>>(flat.data(), packed.data(), none).parts[0].weight.packed == nullptr);
}
