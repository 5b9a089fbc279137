# cmake -DCOMPILER=… -DFLAGS=<response file> -DFILE=… -P must_fail.cmake
# FILE must not compile, and the compiler must print every text that follows "// expect: " in it; with
# SDMAE_SHOULD_COMPILE defined it must compile, so that it fails for the reason it names and no other.
cmake_minimum_required(VERSION 3.25)
file(STRINGS ${FILE} expected REGEX "^// expect: ")
if(NOT expected)
  message(FATAL_ERROR "${FILE}: has no line '// expect: …'")
endif()

execute_process(COMMAND ${COMPILER} @${FLAGS} -fsyntax-only ${FILE}
  RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(result EQUAL 0)
  message(FATAL_ERROR "${FILE}: compiles although it must not")
endif()
foreach(line IN LISTS expected)
  string(REGEX REPLACE "^// expect: " "" text "${line}")
  string(FIND "${said}" "${text}" found)
  if(found EQUAL -1)
    message(SEND_ERROR "${FILE}: does not compile, but the compiler does not say '${text}'")
    message("${said}")
  endif()
endforeach()

execute_process(COMMAND ${COMPILER} @${FLAGS} -fsyntax-only -DSDMAE_SHOULD_COMPILE ${FILE}
  RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT result EQUAL 0)
  message(SEND_ERROR "${FILE}: with SDMAE_SHOULD_COMPILE it must compile, and does not")
  message("${said}")
endif()
