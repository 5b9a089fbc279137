# cmake -DBUILD=<build folder> -DSOURCE=<repository> -DSCRATCH=<folder> -DCOMPONENTS="image …" -DVERSION=… -DSETTINGS="-D…"
#       -P install.cmake
# Installs into a folder of its own; a tiny outside project finds that copy, another includes the sources; both run.
# Then what must be refused: an unknown component, one whose dependency is missing, another version.
cmake_minimum_required(VERSION 3.25)
separate_arguments(SETTINGS UNIX_COMMAND "${SETTINGS}")
file(REMOVE_RECURSE ${SCRATCH})

function(must_work)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed: ${command}\n${said}")
  endif()
  set(said "${said}" PARENT_SCOPE)
endfunction()

# refused(<sentence> <components> <version> <setting>…): find_package must fail and say why.
function(refused sentence components version)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/found -B ${SCRATCH}/refused ${SETTINGS}
    -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix -DCOMPONENTS=${components} -DWANTED_VERSION=${version} ${ARGN}
    RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
  string(REGEX REPLACE "[ \n]+" " " said "${said}")
  string(FIND "${said}" "${sentence}" found)
  if(result EQUAL 0 OR found EQUAL -1)
    message(FATAL_ERROR "find_package(sdmae ${version} COMPONENTS ${components}): expected '${sentence}', was: ${said}")
  endif()
endfunction()

must_work(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/prefix)
foreach(project IN ITEMS found included)
  set(folder ${SCRATCH}/${project})
  must_work(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/${project} -B ${folder} ${SETTINGS}
    -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix -DSDMAE_SOURCE=${SOURCE} "-DCOMPONENTS=${COMPONENTS}")
  must_work(${CMAKE_COMMAND} --build ${folder})
  must_work(${folder}/outside)
  if(NOT said STREQUAL "sdmae ${VERSION}\n")
    message(FATAL_ERROR "${project}: printed '${said}', not the version ${VERSION}")
  endif()
endforeach()
refused("there is no such component (there are: sdmae, checkpoint, image" attic "")
refused("sdmae::image: not found: PNG" image "" -DCMAKE_DISABLE_FIND_PACKAGE_PNG=ON)
refused("sdmaeConfig.cmake, version: ${VERSION}" "" 99.0)
file(REMOVE_RECURSE ${SCRATCH})
