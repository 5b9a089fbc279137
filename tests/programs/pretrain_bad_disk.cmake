# A disk that is full or read-only. A limit on the size of files stands for the full disk: it holds for root too.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)

file(WRITE ${SCRATCH}/a_file "in the way")
refuses(1 "a_file: is a file, not a folder" ${small_run} --steps 4 --out a_file)
refuses(1 "a_file: is a file, not a folder|--out" ${small_run} --steps 4 --out a_file/run)
if(EXISTS /proc/self)
  refuses(1 "/proc/run|cannot be made|--out" ${small_run} --steps 4 --out /proc/run)
endif()

run(${small_run} --steps 4 --out run)
expect(SUCCESS)
file(SHA256 ${SCRATCH}/run/checkpoint.safetensors good)
list(JOIN small_run " " small)
set(limited "trap '' XFSZ; ulimit -f 2000; exec \"$0\" ${small}") # blocks of 512 or 1024 bytes: less than a checkpoint
run_in_shell("${limited} --steps 6 --resume --out run")
expect(FAILURE 1 SAYS "run/checkpoint.safetensors" "cannot write" "ulimit -f")
file(SHA256 ${SCRATCH}/run/checkpoint.safetensors now)
if(NOT good STREQUAL now)
  fault("a failed write changed the checkpoint")
endif()
holds(run ${run_files})
# With room again, the run goes on as if nothing had been.
run(${small_run} --steps 6 --resume --out run)
expect(SUCCESS)
run(${small_run} --steps 6 --out straight)
expect(SUCCESS)
same(run/checkpoint.safetensors straight/checkpoint.safetensors)

# No room for a single byte: not the log, not run.json.
run_in_shell("trap '' XFSZ; ulimit -f 0; exec \"$0\" ${small} --steps 4 --out none")
expect(FAILURE 1 SAYS "none/" "cannot write")

# Read-only: only those who are not root see it.
execute_process(COMMAND sh -c "mkdir fixed && chmod 555 fixed && ! touch fixed/file" WORKING_DIRECTORY ${SCRATCH}
  RESULT_VARIABLE is_root OUTPUT_QUIET ERROR_QUIET)
if(is_root EQUAL 0)
  refuses(1 "fixed/" ${small_run} --steps 4 --out fixed)
  holds(fixed)
endif()
