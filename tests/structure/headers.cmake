# cmake -DCOMPILER=… -DFLAGS=<response file> -DSCRATCH=<folder> -DHEADERS="a.hpp b.hpp" [-DTOGETHER=ON]
#       [-DEXTRA="more flags"] [-DEXTENSION=cu] -P headers.cmake
# Compiles each header by itself, twice in one unit (which also shows that its include guard works); with TOGETHER, all
# of them in one unit. A source, given by its whole path, is compiled as it stands. EXTRA defaults to looking only at
# the syntax (which still instantiates the templates that a source uses).
cmake_minimum_required(VERSION 3.25)
if(NOT COMPILER)
  message("check skipped: this machine has no such compiler")
  return()
endif()
if(NOT DEFINED EXTRA)
  set(EXTRA "-fsyntax-only")
endif()
separate_arguments(EXTRA UNIX_COMMAND "${EXTRA}")
separate_arguments(HEADERS UNIX_COMMAND "${HEADERS}")
if(NOT HEADERS)
  message("check skipped: no header yet")
  return()
endif()
set(response @${FLAGS})
if(NOT EXTENSION)
  set(EXTENSION cpp)
elseif(EXTENSION STREQUAL "cu") # nvcc has a word of its own for response files
  set(response -optf ${FLAGS})
endif()

function(compile name code)
  file(WRITE ${SCRATCH}/unit.${EXTENSION} "${code}")
  execute_process(COMMAND ${COMPILER} ${response} ${EXTRA} ${SCRATCH}/unit.${EXTENSION}
    RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT result EQUAL 0)
    message(SEND_ERROR "${name} does not compile with ${COMPILER}")
    message("${said}")
  endif()
endfunction()

foreach(header IN LISTS HEADERS)
  set(include "#include \"sdmae/${header}\"\n")
  if(IS_ABSOLUTE ${header})
    compile(${header} "#include \"${header}\"\n")
  elseif(TOGETHER)
    string(APPEND together "${include}")
  else()
    compile(sdmae/${header} "${include}${include}")
  endif()
endforeach()
if(together)
  compile("the unit of ${HEADERS}" "${together}")
endif()
