# cmake -DCOMPILER=… -DFLAGS=<response file> -DSCRATCH=<folder> -P selftest.cmake
# must_fail.cmake must itself be able to fail: one planted file for each way in which it should.
cmake_minimum_required(VERSION 3.25)

# expect(<what must be said, or "" for a good file> <code>)
function(expect sentence code)
  file(WRITE ${SCRATCH}/planted.cpp "${code}")
  execute_process(COMMAND ${CMAKE_COMMAND} -DCOMPILER=${COMPILER} -DFLAGS=${FLAGS} -DFILE=${SCRATCH}/planted.cpp
    -P ${CMAKE_CURRENT_LIST_DIR}/must_fail.cmake RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
  string(REGEX REPLACE "[ \n]+" " " said "${said}") # CMake wraps what it prints
  string(FIND "${said}" "${sentence}" found)
  if(sentence STREQUAL "" AND NOT result EQUAL 0)
    message(SEND_ERROR "a good file was refused: ${said}")
  elseif(NOT sentence STREQUAL "" AND (result EQUAL 0 OR found EQUAL -1))
    message(SEND_ERROR "expected '${sentence}', was told '${said}'")
  endif()
endfunction()

set(assertion "static_assert(sizeof(int) == 0, \"a planted rule\");\n")
set(guarded "#ifndef SDMAE_SHOULD_COMPILE\n${assertion}#endif\n")
expect("" "// expect: a planted rule\n${guarded}")
expect("compiles although it must not" "// expect: a planted rule\nint x;\n")
expect("does not say 'another rule'" "// expect: another rule\n${guarded}")
expect("it must compile, and does not" "// expect: a planted rule\n${assertion}")
expect("has no line" "${guarded}")
