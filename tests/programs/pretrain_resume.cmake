# However a run of 20 steps comes about, its checkpoint is the same to the byte; and the log tells each step once.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)

run(${small_run} --steps 20 --out straight)
expect(SUCCESS)
holds(straight ${run_files})
steps_in_log(straight 20)
tool(print straight/checkpoint.safetensors sdmae.step 0)
if(NOT tool_out STREQUAL "20\n")
  fault("sdmae.step is ${tool_out} after 20 steps")
endif()

# What does not depend on the time of a line, for comparing logs.
function(timeless variable folder)
  file(READ ${SCRATCH}/${folder}/log.jsonl text)
  string(REGEX REPLACE ",\"images_per_s\":[^\n]*" "" text "${text}")
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()
timeless(straight_log straight)
function(equals_straight folder)
  same(straight/checkpoint.safetensors ${folder}/checkpoint.safetensors)
  same(straight/reconstruction.png ${folder}/reconstruction.png)
  holds(${folder} ${run_files})
  timeless(log ${folder})
  if(NOT log STREQUAL straight_log)
    fault("${folder}/log.jsonl is not that of the straight run: ${log}")
  endif()
endfunction()

# Stopped on purpose, in the middle of an epoch, and resumed on another number of threads and in other slices.
run(${small_run} --steps 10 --out stopped)
expect(SUCCESS)
differ(straight/checkpoint.safetensors stopped/checkpoint.safetensors)
run(${small_run} --steps 20 --out stopped --resume --threads 1 --slice 4)
expect(SUCCESS)
equals_straight(stopped)

# Nothing left to do is no error, and changes nothing that counts.
run(${small_run} --steps 20 --out stopped --resume)
expect(SUCCESS SAYS "nothing left to do")
equals_straight(stopped)
run(${small_run} --steps 5 --out stopped --resume)
expect(SUCCESS SAYS "nothing left to do")
equals_straight(stopped)

# after_lines(<lines> <signal> <folder> <argument>…) sends the signal when the log has so many lines; sets status, said.
macro(after_lines lines signal folder)
  set(words "")
  foreach(word ${ARGN})
    string(APPEND words " '${word}'")
  endforeach()
  run_in_shell("\"$0\" ${words} --out ${folder} & pid=$!
    while kill -0 $pid && [ $(cat ${folder}/log.jsonl 2>/dev/null | wc -l) -lt ${lines} ]; do sleep 0.02; done
    kill -${signal} $pid; wait $pid")
endmacro()

foreach(signal IN ITEMS TERM INT)
  after_lines(3 ${signal} on_${signal} ${small_run} --steps 20)
  # A shell without job control starts what runs in the background with INT ignored; then only TERM can be tried.
  expect(FAILURE 1 SAYS "interrupted" "--resume")
  string(REGEX MATCH "step ([0-9]+)" step "${said}")
  set(step ${CMAKE_MATCH_1})
  holds(on_${signal} ${run_files})
  steps_in_log(on_${signal} ${step})
  tool(print on_${signal}/checkpoint.safetensors sdmae.step 0)
  if(NOT tool_out STREQUAL "${step}\n" OR step GREATER_EQUAL 20)
    fault("interrupted at ${step} of 20, the checkpoint is of step ${tool_out}")
  endif()
  run(${small_run} --steps 20 --out on_${signal} --resume)
  expect(SUCCESS)
  equals_straight(on_${signal})
endforeach()

# Killed: the last checkpoint is older than the log, which is cut back to it.
after_lines(7 KILL killed ${small_run} --steps 20 --save-every 5)
if(NOT status EQUAL 137)
  fault("killed, but exited with ${status}")
endif()
tool(print killed/checkpoint.safetensors sdmae.step 0)
lines_of(lines killed/log.jsonl)
if(NOT tool_out STREQUAL "5\n" OR lines LESS 6)
  fault("killed after ${lines} lines of log, --save-every 5: the checkpoint is of step ${tool_out}")
endif()
# A killed process may leave half a line and half a checkpoint.
file(APPEND ${SCRATCH}/killed/log.jsonl "{\"step\":8,\"epo")
file(WRITE ${SCRATCH}/killed/checkpoint.safetensors.partial "half")
run(${small_run} --steps 20 --out killed --resume)
expect(SUCCESS)
equals_straight(killed)

# By default there is a checkpoint at the end of every epoch.
after_lines(6 KILL by_epoch ${small_run} --steps 20)
tool(print by_epoch/checkpoint.safetensors sdmae.step 0)
if(NOT tool_out STREQUAL "4\n")
  fault("without --save-every the checkpoint after 6 steps of 4 an epoch is of step ${tool_out}")
endif()
