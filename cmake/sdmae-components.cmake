# What the library consists of: sdmae::sdmae (headers; Eigen, xtensor, threads) and one component per group of headers
# that needs more. To add a component, add a block to the list below; nothing else has to know.
#
# The library is header-only, so a target is only a list of dependencies. They are looked for where the library is
# used: by this file in the build tree, and by its installed copy (through sdmaeConfig.cmake) in find_package(sdmae).
# That keeps one description for both, and no path of the machine that installed is written down.

# sdmae_component(<name>
#   PACKAGES  what find_package looks for, name or name:version …
#   TARGETS   … and the targets that it then defines
#   LIBRARIES name:header of each library that brings no CMake package
#   FOLDERS   below lib and include in which these may lie, too
#   HEADERS   which headers need the component: patterns below include/sdmae (no other header may include them)
#   DEBIAN    what to install when something is missing)
# defines sdmae::<name>, or sets sdmae_<name>_REASON to one sentence that says why not.
function(sdmae_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PACKAGES;TARGETS;LIBRARIES;FOLDERS;HEADERS;DEBIAN")
  set_property(GLOBAL APPEND PROPERTY sdmae_components ${name})
  if(arg_HEADERS)
    list(TRANSFORM arg_HEADERS PREPEND ${sdmae_include_dir}/sdmae/)
    file(GLOB headers RELATIVE ${sdmae_include_dir}/sdmae ${arg_HEADERS})
    set_property(GLOBAL PROPERTY sdmae_${name}_headers ${headers})
  endif()
  if(TARGET sdmae::${name}) # a second find_package(sdmae) in the same project
    return()
  endif()

  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON) # so that a project that includes us with add_subdirectory sees them too
  set(links ${arg_TARGETS})
  foreach(package IN LISTS arg_PACKAGES)
    string(REPLACE ":" ";" package ${package})
    find_package(${package} QUIET)
    list(GET package 0 package)
    if(NOT ${package}_FOUND)
      list(APPEND missing ${package})
    endif()
  endforeach()
  foreach(library IN LISTS arg_LIBRARIES)
    string(REPLACE ":" ";" library ${library})
    list(GET library 0 stem)
    list(GET library 1 header)
    find_library(sdmae_${stem}_library ${stem} PATH_SUFFIXES ${arg_FOLDERS})
    find_path(sdmae_${stem}_include ${header} PATH_SUFFIXES ${arg_FOLDERS})
    mark_as_advanced(sdmae_${stem}_library sdmae_${stem}_include)
    if(sdmae_${stem}_library AND sdmae_${stem}_include)
      list(APPEND links ${sdmae_${stem}_library})
      list(APPEND includes ${sdmae_${stem}_include})
    else()
      list(APPEND missing ${stem})
    endif()
  endforeach()
  if(missing)
    list(JOIN missing ", " missing)
    list(JOIN arg_DEBIAN " " debian)
    set(sdmae_${name}_REASON "not found: ${missing} (Debian, Ubuntu: apt-get install ${debian})" PARENT_SCOPE)
    return()
  endif()

  add_library(sdmae::${name} INTERFACE IMPORTED GLOBAL)
  set_target_properties(sdmae::${name} PROPERTIES SYSTEM FALSE)
  target_link_libraries(sdmae::${name} INTERFACE ${links})
  target_include_directories(sdmae::${name} SYSTEM INTERFACE ${includes})
  if(name STREQUAL "sdmae")
    target_include_directories(sdmae::sdmae INTERFACE ${sdmae_include_dir})
    target_compile_features(sdmae::sdmae INTERFACE cxx_std_20)
  else()
    target_link_libraries(sdmae::${name} INTERFACE sdmae::sdmae)
  endif()
endfunction()

set_property(GLOBAL PROPERTY sdmae_components)

sdmae_component(sdmae
  PACKAGES Eigen3 xtensor Threads
  TARGETS Eigen3::Eigen xtensor Threads::Threads
  DEBIAN libeigen3-dev libxtensor-dev)

sdmae_component(checkpoint
  PACKAGES nlohmann_json
  TARGETS nlohmann_json::nlohmann_json
  HEADERS io/pickle.hpp io/safetensors*.hpp io/weight*.hpp io/onnx_vit.hpp train/checkpoint*.hpp
  DEBIAN nlohmann-json3-dev)

sdmae_component(image
  PACKAGES PNG TIFF
  TARGETS PNG::PNG TIFF::TIFF
  LIBRARIES turbojpeg:turbojpeg.h
  HEADERS data/decode*.hpp data/encode*.hpp data/folder*.hpp data/image_list.hpp data/image_table*.hpp
  DEBIAN libturbojpeg0-dev libpng-dev libtiff-dev)

sdmae_component(picture
  LIBRARIES cairo:cairo/cairo.h
  HEADERS io/picture.hpp io/chart.hpp io/bar_chart.hpp io/contact_sheet.hpp io/tile_overlay.hpp
          io/cairo_page.hpp
  DEBIAN libcairo2-dev)

# Its units are compiled by nvcc; the headers alone are enough for the tests on an emulated device.
sdmae_component(cuda
  PACKAGES CUDAToolkit:12.8
  TARGETS CUDA::cudart CUDA::cublasLt
  HEADERS backend/cuda.cuh backend/cuda/*.hpp backend/cuda/*.cuh
  DEBIAN cuda-toolkit "of NVIDIA's repository, 12.8 or newer")

sdmae_component(hdf5
  LIBRARIES hdf5:hdf5.h
  FOLDERS hdf5/serial # Debian keeps a build for each kind of parallelism
  HEADERS data/hdf5*.hpp
  DEBIAN libhdf5-dev)

sdmae_component(slide
  LIBRARIES openslide:openslide.h
  FOLDERS openslide
  HEADERS data/slide*.hpp
  DEBIAN libopenslide-dev)
