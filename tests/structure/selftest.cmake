# cmake -DCOMPILER=… -DSCRATCH=<folder> -P selftest.cmake
# headers.cmake and snippets.cmake must be able to fail: one planted fault for each way in which they should.
cmake_minimum_required(VERSION 3.25)
file(WRITE ${SCRATCH}/include/sdmae/sdmae.hpp "#pragma once\n#include <cstddef>\n")
file(WRITE ${SCRATCH}/flags.txt "-std=c++20\n-I${SCRATCH}/include\n")

# expect(<what must be said, or "" for no fault> <script> <VARIABLE=value>…)
function(expect sentence script)
  list(TRANSFORM ARGN PREPEND -D)
  execute_process(COMMAND ${CMAKE_COMMAND} -DCOMPILER=${COMPILER} -DFLAGS=${SCRATCH}/flags.txt -DSCRATCH=${SCRATCH}
    ${ARGN} -P ${CMAKE_CURRENT_LIST_DIR}/${script} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
  string(REGEX REPLACE "[ \n]+" " " said "${said}") # CMake wraps what it prints
  string(FIND "${said}" "${sentence}" found)
  if(sentence STREQUAL "" AND NOT result EQUAL 0)
    message(SEND_ERROR "${script}: something good was refused: ${said}")
  elseif(NOT sentence STREQUAL "" AND (result EQUAL 0 OR found EQUAL -1))
    message(SEND_ERROR "${script}: expected '${sentence}', was told '${said}'")
  endif()
endfunction()

function(expect_header sentence code)
  file(WRITE ${SCRATCH}/include/sdmae/a.hpp "${code}")
  expect("${sentence}" headers.cmake HEADERS=a.hpp)
endfunction()
expect_header("" "#pragma once\n#include <string>\nstd::string name();\n")
expect_header("sdmae/a.hpp does not compile" "#pragma once\nstd::string name();\n")
expect_header("sdmae/a.hpp does not compile" "struct without_guard {};\n")

function(expect_document sentence text)
  file(WRITE ${SCRATCH}/document.md "${text}")
  expect("${sentence}" snippets.cmake DOCUMENT=${SCRATCH}/document.md)
endfunction()
expect_document("" "```cpp\n#include <vector>\nstd::vector<int> v;\nv.clear();\n```\n\n```sh\nnot C++\n```\n")
expect_document("" "Text.\n```cpp namespace\ntemplate <class T> struct s {};\n```\n")
expect_document("" "```cpp\nint main() { return 0; }\n```\n")
expect_document("cpp block 2 does not compile" "```cpp\nint a = 0; a = 1;\n```\n```cpp\nint a = b;\n```\n")
expect_document("cpp block 1 does not compile" "```cpp\nint undefined();\nint main() { return undefined(); }\n```\n")
expect_document("is not closed" "```cpp\nint a;\n")
file(REMOVE_RECURSE ${SCRATCH})
