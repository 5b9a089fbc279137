# Tests that are scripts, and what those of them need that call a compiler: ${syntax_flags} is a response file (compiler
# @file) with C++20 and the include folders and definitions of every component that is on. -march=native and warnings
# stay out.
foreach(component IN LISTS available_components)
  list(APPEND probe sdmae::${component})
endforeach()
add_library(sdmae_syntax_probe INTERFACE)
target_link_libraries(sdmae_syntax_probe INTERFACE ${probe})

# The compiler's own folders are left out: named with -isystem they would be searched too early.
list(JOIN CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES "|" implicit)
string(REGEX REPLACE "([+.])" "\\\\\\1" implicit "${implicit}|${sdmae_include_dir}")
set(folders $<TARGET_PROPERTY:sdmae_syntax_probe,INTERFACE_INCLUDE_DIRECTORIES>)
set(folders "$<REMOVE_DUPLICATES:$<FILTER:${folders},EXCLUDE,^(${implicit})$>>")
set(definitions "$<REMOVE_DUPLICATES:$<TARGET_PROPERTY:sdmae_syntax_probe,INTERFACE_COMPILE_DEFINITIONS>>")
set(syntax_flags ${CMAKE_CURRENT_BINARY_DIR}/syntax_flags.txt)
file(GENERATE OUTPUT ${syntax_flags} CONTENT
"-std=c++20
-I${sdmae_include_dir}
-isystem $<JOIN:${folders},\n-isystem >
$<$<BOOL:${definitions}>:-D$<JOIN:${definitions},\n-D>>
")

# sdmae_script_test(<name> <labels> <script> VARIABLE=value…): a test that runs cmake -P <script>. The script reports
# "check skipped: …" (and then counts as skipped, never as passed) when this machine lacks what it needs.
function(sdmae_script_test name labels script)
  list(TRANSFORM ARGN PREPEND -D)
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} ${ARGN} -P ${CMAKE_CURRENT_SOURCE_DIR}/${script})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 600 SKIP_REGULAR_EXPRESSION "check skipped: ")
endfunction()
