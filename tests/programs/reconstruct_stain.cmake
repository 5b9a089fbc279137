# reconstruct draws tiles of normalised stain where the checkpoint was trained on such, unless asked otherwise.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)
draws_normalised_stain()
