# bench/programs.sh prints what pretrain and embed keep of the model's own rate: a line for each pair. How fast this
# machine is, no test says.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)
get_filename_component(build ${PROGRAM}/../.. ABSOLUTE)
if(NOT EXISTS ${build}/bench/step)
  message("check skipped: bench/step is not built")
  return()
endif()
tool(images tiles 40 64)
set(script ${GOLDEN}/../../../bench/programs.sh)
execute_process(COMMAND ${CMAKE_COMMAND} -E env STEPS=2 OPTIONS=--mask-ratio=0.5 sh ${script} ${build} tiles quickstart 16 3
  WORKING_DIRECTORY ${SCRATCH} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)
set(number "[0-9]+\\.[0-9]+")
set(line " +${number} +${number} images/s +${number} +\\( ${number} ${number} ${number} \\)\n")
if(NOT status EQUAL 0 OR NOT out MATCHES
    "^pretrain, crops alone; step${line}pretrain, every augmentation; step${line}embed; step --forward${line}$")
  fault("programs.sh exits with ${status}: ${out}${err}")
endif()
file(MAKE_DIRECTORY ${SCRATCH}/broken/bench)
file(CREATE_LINK ${build}/examples ${SCRATCH}/broken/examples SYMBOLIC)
file(WRITE ${SCRATCH}/broken/bench/step "#!/bin/sh\necho it is broken >&2\nexit 1\n")
execute_process(COMMAND chmod +x ${SCRATCH}/broken/bench/step)
execute_process(COMMAND sh ${script} broken tiles quickstart 16 1 WORKING_DIRECTORY ${SCRATCH}
  RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(status EQUAL 0 OR NOT err MATCHES "it is broken" OR out MATCHES "inf")
  fault("programs.sh exits with ${status} where step fails: ${out}${err}")
endif()
execute_process(COMMAND sh ${script} ${build} nowhere quickstart 16 1 WORKING_DIRECTORY ${SCRATCH}
  RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(status EQUAL 0 OR NOT err MATCHES "nowhere: no such file or folder")
  fault("programs.sh exits with ${status} where there is no data: ${err}")
endif()
