// Safetensors: round trips, the same bytes for the same contents, accepted oddities and every rejection.
#if defined(SDMAE_TEST_HAS_checkpoint)

#include "sdmae/io/safetensors.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "catch.hpp"
#include "sdmae/io/safetensors_write.hpp"
#include "unit/io/test_files.hpp"

namespace {

// A file of this header and these many zero bytes of data.
std::string file_of(const std::string& header, std::size_t data_bytes = 0) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data_bytes, '\0');
}

std::string rejection(const std::string& bytes) {
  const temporary_folder folder;
  put_bytes(folder / "bad.safetensors", bytes);
  const std::string line = error_line([&] { sdmae::check_safetensors(folder / "bad.safetensors"); });
  if (line.empty()) return "accepted";
  CHECK_THAT(line, says("bad.safetensors: "));
  CHECK(line.find('\n') == std::string::npos);
  return line;
}

std::string rejected_entry(const std::string& entry) { return rejection(file_of("{\"w\":" + entry + "}", 8)); }

template <class Scalar>
std::vector<Scalar> read_raw(const std::string& type, const std::string& data, const std::string& shape = "[2]") {
  const temporary_folder folder;
  std::string header = "{\"w\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":[0," +
                       std::to_string(data.size()) + "]}}";
  put_bytes(folder / "a", file_of(header) + data);
  return sdmae::safetensors_file(folder / "a").read<Scalar>("w");
}

}  // namespace

TEST_CASE("what is written is read: values, shapes, metadata") {
  const temporary_folder folder;
  const std::vector<float> weight{1.5f, -2.25f, 1e-42f, std::numeric_limits<float>::infinity(), 0.1f, -0.0f};
  const std::vector<double> center{0.1, 1e300};
  const std::int64_t step = 12345678901234;
  sdmae::write_safetensors(
      folder / "a",
      {sdmae::tensor_from("weight", {2, 3}, weight.data()), sdmae::tensor_from("center", {2}, center.data()),
       sdmae::tensor_from("step", {}, &step), sdmae::tensor_from<float>("none", {0, 7}, nullptr)},
      {{"preset", "quickstart"}, {"note", "\"quotes\", \n and ü"}});
  const sdmae::safetensors_file file(folder / "a");
  CHECK(file.metadata() ==
        std::map<std::string, std::string>{{"preset", "quickstart"}, {"note", "\"quotes\", \n and ü"}});
  REQUIRE(file.tensors().size() == 4);
  CHECK(file.contains("weight"));
  CHECK(!file.contains("weights"));
  CHECK(file.info("weight").shape == std::vector<sdmae::index>{2, 3});
  CHECK(file.info("step").shape.empty());
  CHECK(file.info("step").count() == 1);
  CHECK(file.info("none").count() == 0);
  const std::vector<float> back = file.read<float>("weight");
  CHECK(std::memcmp(back.data(), weight.data(), 24) == 0);
  CHECK(file.read<double>("center") == center);
  CHECK(file.read<std::int64_t>("step") == std::vector<std::int64_t>{step});
  CHECK(file.read<float>("none").empty());
  CHECK(file.read<double>("weight")[4] == static_cast<double>(0.1f));
}

TEST_CASE("written files have known bytes: widest type first, then name, header padded to 8") {
  const temporary_folder folder;
  const float b = 1.0f;
  const std::uint8_t a[2] = {7, 9};
  const double d = 2.0;
  const std::int64_t c = 3;
  const auto write = [&](const std::string& name, bool other_order) {
    std::vector<sdmae::tensor_to_write> tensors{sdmae::tensor_from("a", {2}, a), sdmae::tensor_from("b", {1}, &b),
                                                sdmae::tensor_from("d", {}, &d), sdmae::tensor_from("c", {}, &c)};
    if (other_order) std::swap(tensors[0], tensors[3]);
    sdmae::write_safetensors(folder / name, tensors, {{"k", "v"}});
  };
  write("one", false);
  write("two", true);
  std::string header =
      "{\"__metadata__\":{\"k\":\"v\"},\"c\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
      "\"d\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[8,16]},"
      "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[16,20]},"
      "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[20,22]}}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const std::string data("\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\0\x80\x3f\7\x9", 22);
  CHECK(bytes_of(folder / "one") == file_of(header) + data);
  CHECK(bytes_of(folder / "two") == bytes_of(folder / "one"));
}

TEST_CASE("a tensor may be produced in pieces, but must be produced whole") {
  const temporary_folder folder;
  const auto write = [&](int pieces) {
    sdmae::tensor_to_write tensor{"w", sdmae::dtype::f32, {3, 2}, nullptr, [&](const sdmae::byte_sink& sink) {
                                    for (int i = 0; i < pieces; ++i) {
                                      const float row[2] = {static_cast<float>(i), 0.5f};
                                      sink(row, sizeof(row));
                                    }
                                  }};
    sdmae::write_safetensors(folder / "a", {tensor});
  };
  write(3);
  CHECK(sdmae::safetensors_file(folder / "a").read<float>("w") == std::vector<float>{0, 0.5f, 1, 0.5f, 2, 0.5f});
  const std::string before = bytes_of(folder / "a");
  CHECK_THAT(error_line([&] { write(2); }), says("'w': 16 bytes were produced for the 24"));
  CHECK_THAT(error_line([&] { write(4); }), says("'w': 32 bytes were produced for the 24"));
  CHECK(bytes_of(folder / "a") == before);
  CHECK(folder.names().size() == 1);
}

TEST_CASE("what cannot be written is refused by name") {
  const temporary_folder folder;
  const float x = 1;
  const auto line = [&](std::vector<sdmae::tensor_to_write> tensors) {
    return error_line([&] { sdmae::write_safetensors(folder / "a", tensors); });
  };
  CHECK_THAT(line({sdmae::tensor_from("w", {}, &x), sdmae::tensor_from("w", {}, &x)}), says("'w': the name is"));
  CHECK_THAT(line({sdmae::tensor_from("__metadata__", {}, &x)}), says("'__metadata__': the name is taken"));
  CHECK_THAT(line({sdmae::tensor_from("w", {-1}, &x)}), says("'w': shape [-1] is not writable"));
  CHECK_THAT(line({sdmae::tensor_from("w", {sdmae::index{1} << 40, sdmae::index{1} << 40}, &x)}), says("not writable"));
  CHECK_THAT(line({sdmae::tensor_from("\xff", {}, &x)}), says("not UTF-8"));
  CHECK(folder.names().empty());
}

TEST_CASE("a disk that is full in the middle of a checkpoint keeps the old one") {
  const temporary_folder folder;
  std::vector<float> values(4096, 1.0f);
  const auto write = [&] { sdmae::write_safetensors(folder / "a", {sdmae::tensor_from("w", {4096}, values.data())}); };
  write();
  const std::string before = bytes_of(folder / "a");
  values.assign(4096, 2.0f);
  rlimit old_limit{};
  ::getrlimit(RLIMIT_FSIZE, &old_limit);
  rlimit limit = old_limit;
  limit.rlim_cur = 5000;
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const std::string line = error_line(write);
  ::setrlimit(RLIMIT_FSIZE, &old_limit);
  ::signal(SIGXFSZ, handler);
  CHECK_THAT(line, says("cannot write"));
  CHECK(bytes_of(folder / "a") == before);
  CHECK(folder.names().size() == 1);
}

TEST_CASE("every stored type is converted") {
  using doubles = std::vector<double>;
  const std::string half("\x00\x3c\x01\x00", 4);  // 1, the smallest subnormal 2^-24
  CHECK(read_raw<double>("F16", half) == doubles{1.0, std::ldexp(1.0, -24)});
  CHECK(read_raw<float>("F16", std::string("\xff\x7b\x00\xfc", 4)) ==
        std::vector<float>{65504.0f, -std::numeric_limits<float>::infinity()});
  CHECK(std::isnan(read_raw<float>("F16", std::string("\x01\x7c\x00\x80", 4))[0]));
  CHECK(read_raw<double>("F16", std::string("\x55\x35\x01\x80", 4)) == doubles{0.333251953125, -std::ldexp(1.0, -24)});
  CHECK(read_raw<double>("BF16", std::string("\x80\x3f\x49\x40", 4)) == doubles{1.0, 3.140625});
  CHECK(read_raw<float>("I64", std::string("\xfe\xff\xff\xff\xff\xff\xff\xff\5\0\0\0\0\0\0\0", 16)) ==
        std::vector<float>{-2, 5});
  CHECK(read_raw<std::int64_t>("I32", std::string("\xfe\xff\xff\xff\5\0\0\0", 8)) == std::vector<std::int64_t>{-2, 5});
  CHECK(read_raw<int>("U8", "\xff\x01") == std::vector<int>{255, 1});
  CHECK(read_raw<int>("I8", "\xff\x01") == std::vector<int>{-1, 1});
  CHECK(read_raw<int>("I16", std::string("\xff\xff\x01\0", 4)) == std::vector<int>{-1, 1});
  CHECK(read_raw<int>("U16", std::string("\xff\xff\x01\0", 4)) == std::vector<int>{65535, 1});
  CHECK(read_raw<double>("U32", std::string("\xff\xff\xff\xff\1\0\0\0", 8)) == doubles{4294967295.0, 1});
  CHECK(read_raw<std::uint8_t>("BOOL", std::string("\0\2", 2)) == std::vector<std::uint8_t>{0, 1});
  CHECK_THAT(error_line([] { read_raw<int>("F16", std::string(4, '\0')); }), says("'w' (F16) does not fit"));
  CHECK_THAT(error_line([] { read_raw<std::uint8_t>("I16", std::string(4, '\1')); }), says("does not fit"));
}

TEST_CASE("a tensor longer than the reader's buffer is converted whole") {
  const temporary_folder folder;
  std::vector<double> values(30011);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  sdmae::write_safetensors(folder / "a", {sdmae::tensor_from("w", {30011}, values.data())});
  const std::vector<float> read = sdmae::safetensors_file(folder / "a").read<float>("w");
  for (std::size_t i = 0; i < values.size(); ++i) REQUIRE(read[i] == static_cast<float>(i));
}

TEST_CASE("a read names what is missing or misshaped") {
  const temporary_folder folder;
  put_bytes(folder / "a", file_of("{\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}", 8));
  const sdmae::safetensors_file file(folder / "a");
  float out[4];
  CHECK_THAT(error_line([&] { file.read("v", out, 2); }), says("no tensor 'v'"));
  CHECK_THAT(error_line([&] { file.read("w", out, 3); }), says("'w' has shape [2, 1], 2 elements; 3 are needed"));
}

TEST_CASE("a file cut while open is an error, not a crash") {
  const temporary_folder folder;
  put_bytes(folder / "a", file_of("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8));
  const sdmae::safetensors_file file(folder / "a");
  std::filesystem::resize_file(folder / "a", 20);
  CHECK_THAT(error_line([&] { file.read<float>("w"); }), says("was cut while it was being read"));
}

TEST_CASE("accepted: no tensors, shape [], zero extents, spaces, entries in any order") {
  CHECK(rejection(file_of("{}")) == "accepted");
  CHECK(rejection(file_of("{}      ")) == "accepted");
  CHECK(rejection(file_of("{\"__metadata__\":{}}")) == "accepted");
  CHECK(rejection(file_of("{\"w\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4)) == "accepted");
  CHECK(rejection(file_of("{\"w\":{\"dtype\":\"F32\",\"shape\":[3,0,2],\"data_offsets\":[0,0]}}")) == "accepted");
  CHECK(rejection(file_of("{\"b\": {\"data_offsets\":[4,8],\"shape\":[1],\"dtype\":\"F32\"},\n"
                          "\"z\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]},"
                          "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}  ",
                          8)) == "accepted");
}

TEST_CASE("rejected: a file that is no safetensors file at all") {
  CHECK_THAT(rejection(""), says("the file is empty"));
  CHECK_THAT(rejection("1234567"), says("shorter than the 8 bytes"));
  CHECK_THAT(rejection(std::string("\1\xe1\xf5\5\0\0\0\0{}", 10)), says("100000001 is over the limit"));
  CHECK_THAT(rejection(std::string("\3\0\0\0\0\0\0\0{}", 10)), says("length 3 goes beyond the end"));
  CHECK_THAT(rejection(std::string(8, '\xff') + "{}"), says("over the limit"));
  CHECK_THAT(rejection(file_of("")), says("does not start with '{'"));
  CHECK_THAT(rejection(file_of(" {}")), says("does not start with '{'"));
  CHECK_THAT(rejection(file_of("\xef\xbb\xbf{}")), says("does not start with '{'"));
  CHECK_THAT(rejection(file_of("[]")), says("does not start with '{'"));
  CHECK_THAT(rejection(file_of("{")), says("not valid JSON"));
  CHECK_THAT(rejection(file_of("{}x")), says("not valid JSON"));
  CHECK_THAT(rejection(file_of("{}{}")), says("not valid JSON"));
  CHECK_THAT(rejection(file_of(std::string("{}\0\0", 4))), says("zero byte"));
  CHECK_THAT(rejection(file_of("{\"\xff\":{}}")), says("not UTF-8"));
  CHECK_THAT(rejection(file_of("{\"__metadata__\":{\"a\":\"\xc0\x80\"}}")), says("not UTF-8"));
}

TEST_CASE("rejected: missing files and folders") {
  const temporary_folder folder;
  CHECK_THAT(error_line([&] { sdmae::check_safetensors(folder / "none"); }), says("none: cannot open"));
  CHECK_THAT(error_line([&] { sdmae::check_safetensors(folder.path); }), says("not an ordinary file"));
}

TEST_CASE("rejected: duplicate keys, everywhere") {
  const std::string entry = "{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}";
  CHECK_THAT(rejection(file_of("{\"w\":" + entry + ",\"w\":" + entry + "}")), says("duplicate key 'w'"));
  CHECK_THAT(rejection(file_of("{\"w\":" + entry + ",\"\\u0077\":" + entry + "}")), says("duplicate key 'w'"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"),
             says("in 'w': duplicate key 'dtype'"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[2],\"shape\":[2],\"data_offsets\":[0,8]}"),
             says("in 'w': duplicate key 'shape'"));
  CHECK_THAT(rejection(file_of("{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}")), says("duplicate key 'a'"));
  CHECK_THAT(rejection(file_of("{\"__metadata__\":{},\"__metadata__\":{}}")), says("duplicate key"));
}

TEST_CASE("rejected: entries that are not {dtype, shape, data_offsets}") {
  CHECK_THAT(rejected_entry("7"), says("tensor 'w': its entry is a number"));
  CHECK_THAT(rejected_entry("[]"), says("tensor 'w': its entry is a list"));
  CHECK_THAT(rejected_entry("{}"), says("tensor 'w': has no 'dtype'"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"data_offsets\":[0,8]}"), says("has no 'shape'"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[2]}"), says("has no 'data_offsets'"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]}"),
             says("'w': unknown dtype 'F33'"));
  CHECK_THAT(rejected_entry("{\"dtype\":4,\"shape\":[2],\"data_offsets\":[0,8]}"), says("'dtype' holds a number"));
  CHECK_THAT(rejected_entry("{\"dtype\":[],\"shape\":[2],\"data_offsets\":[0,8]}"), says("'dtype' holds a list"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"scale\":1}"),
             says("'w': unknown key 'scale'"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[[2]],\"data_offsets\":[0,8]}"),
             says("'shape' holds a list"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}"), says("'shape' holds a number"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}"), says("a negative number"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}"), says("no integer"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[null],\"data_offsets\":[0,8]}"), says("holds null"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}"), says("two numbers"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[]}"), says("two numbers"));
  CHECK_THAT(rejection(file_of("{\"__metadata__\":{\"step\":7}}")), says("metadata 'step' is a number"));
  CHECK_THAT(rejection(file_of("{\"__metadata__\":{\"step\":{}}}")), says("metadata 'step' is an object"));
  CHECK_THAT(rejection(file_of("{\"__metadata__\":\"x\"}")), says("must be an object"));
}

TEST_CASE("rejected: offsets that are not the bytes of the shape") {
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}"),
             says("'w': data_offsets [0, 8] are not the 12 bytes"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}"), says("are not the 8 bytes"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}"),
             says("'w': the product of its shape overflows"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]}"),
             says("overflows"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[18446744073709551615],\"data_offsets\":[0,8]}"),
             says("over 2^63 - 1"));
  CHECK_THAT(rejected_entry("{\"dtype\":\"F32\",\"shape\":[18446744073709551618],\"data_offsets\":[0,8]}"),
             says("no integer"));
}

TEST_CASE("rejected: overlaps, gaps, trailing bytes, truncated data") {
  const auto two = [](const std::string& first, const std::string& second, std::size_t data) {
    return rejection(file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":" + first +
                                 "},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":" + second + "}}",
                             data));
  };
  CHECK(two("[0,4]", "[4,8]", 8) == "accepted");
  CHECK_THAT(two("[0,4]", "[3,7]", 7), says("tensor 'b': its data overlap"));
  CHECK_THAT(two("[0,4]", "[0,4]", 4), says("tensor 'b': its data overlap"));
  CHECK_THAT(two("[0,4]", "[5,9]", 9), says("tensor 'b': a gap"));
  CHECK_THAT(two("[5,9]", "[1,5]", 9), says("tensor 'b': a gap"));
  CHECK_THAT(two("[0,4]", "[4,8]", 9), says("1 trailing bytes"));
  CHECK_THAT(two("[0,4]", "[4,8]", 6), says("tensor 'b': its data are cut off: the file lacks 2 bytes"));
  CHECK_THAT(rejection(file_of("{}", 3)), says("3 trailing bytes"));
}

TEST_CASE("names out of a hostile file are shown on one short line") {
  const std::string entry = "{\"dtype\":\"X\",\"shape\":[0],\"data_offsets\":[0,0]}";
  const std::string line = rejection(file_of("{\"a\\n\\u001b" + std::string(5000, 'a') + "\":" + entry + "}"));
  CHECK(line.size() < 500);
  CHECK(line.find('\x1b') == std::string::npos);
}

TEST_CASE("a file cut at any byte is rejected, and so is one with a byte more") {
  const temporary_folder folder;
  const float values[3] = {1, 2, 3};
  sdmae::write_safetensors(folder / "a", {sdmae::tensor_from("w", {3}, values)}, {{"preset", "x"}});
  const std::string whole = bytes_of(folder / "a");
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(rejection(whole.substr(0, size)) != "accepted");
  CHECK(rejection(whole) == "accepted");
  CHECK(rejection(whole + '\0') != "accepted");
}

#endif
