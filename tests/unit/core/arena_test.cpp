// The memory plan: the same calls plan and hand out; scopes share; pieces are aligned and named.
#include "sdmae/core/arena.hpp"

#include <cstdint>

#include "catch.hpp"
#include "sdmae/backend/host_memory.hpp"

namespace {

struct pieces {
  float* first;
  double* second;
  char *inner, *other, *last;
};

pieces take(sdmae::arena& memory) {
  pieces p{};
  p.first = memory.take<float>("first", 3);
  {
    sdmae::arena::scope here(memory);
    sdmae::arena::named name(memory, "part");
    p.second = memory.take<double>("second", 100);
    {
      sdmae::arena::scope inner(memory);
      p.inner = memory.take<char>("inner", 1);
    }
    p.other = memory.take<char>("other", 65);
  }
  p.last = memory.take<char>("last", 10);
  return p;
}

}  // namespace

TEST_CASE("the pieces held at the peak are the whole of it") {
  std::vector<sdmae::planned_memory> report;
  sdmae::arena plan(nullptr, &report);
  take(plan);
  std::string names;
  std::size_t bytes = 0;
  for (const sdmae::planned_memory& piece : sdmae::held_at_peak(report)) {
    names += piece.name + " ";
    bytes += piece.bytes;
  }
  CHECK(names == "first part/second part/other ");
  CHECK(bytes == plan.peak());
  CHECK(sdmae::held_at_peak({}).empty());
}

TEST_CASE("an arena without memory plans what the same calls then use") {
  std::vector<sdmae::planned_memory> report;
  sdmae::arena plan(nullptr, &report);
  const pieces nothing = take(plan);
  CHECK(nothing.first == nullptr);
  CHECK(plan.planning());
  CHECK(plan.peak() == 64 + 832 + 128);
  CHECK(plan.used() == 128);

  const sdmae::host_memory memory(plan.peak());
  sdmae::arena real(memory.data());
  const pieces p = take(real);
  CHECK(!real.planning());
  CHECK(real.peak() == plan.peak());
  CHECK(real.used() == plan.used());
  CHECK(reinterpret_cast<std::byte*>(p.first) == memory.data());
  CHECK(reinterpret_cast<std::byte*>(p.second) == memory.data() + 64);
  for (const void* piece : {static_cast<void*>(p.first), static_cast<void*>(p.second), static_cast<void*>(p.inner),
                            static_cast<void*>(p.other), static_cast<void*>(p.last)})
    CHECK(reinterpret_cast<std::uintptr_t>(piece) % 64 == 0);
  CHECK(p.inner == p.other);                                          // one after the other: the same memory
  CHECK(static_cast<void*>(p.last) == static_cast<void*>(p.second));  // the scope has ended

  REQUIRE(report.size() == 5);
  CHECK(report[0].name == "first");
  CHECK(report[1].name == "part/second");
  CHECK(report[1].bytes == 832);
  CHECK(report[4].name == "last");
}

TEST_CASE("an arena hands out views") {
  const sdmae::host_memory memory(1 << 12);
  sdmae::arena real(memory.data());
  const auto rows = real.rows<float, 5>("rows", 7);
  CHECK(rows.rows() == 7);
  CHECK(rows.size() == 35);
  CHECK(real.used() == 192);
  const auto vector = real.vector<double, 9>("vector");
  CHECK(reinterpret_cast<std::byte*>(vector.data) == memory.data() + 192);
  CHECK(real.rows<float, 5>("none", 0).rows() == 0);
  CHECK(real.used() == 320);
}
