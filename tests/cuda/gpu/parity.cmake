# parity on a GPU: OPTIONS are its words.
include(${CMAKE_CURRENT_LIST_DIR}/../device.cmake)
needs_device()
separate_arguments(OPTIONS UNIX_COMMAND "${OPTIONS}")
execute_process(COMMAND ${PROGRAM} ${OPTIONS} COMMAND_ERROR_IS_FATAL ANY)
