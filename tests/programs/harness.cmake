# What the scripts of this folder share. Faults are reported with SEND_ERROR: a script goes on and tells all of them.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})
get_filename_component(program_name ${PROGRAM} NAME_WE)

function(fault text)
  message(SEND_ERROR "${text}")
endfunction()

# run(<argument>…) runs the program in SCRATCH; sets status, out, err, and said: what stderr holds beside lines of
# progress.
macro(run)
  execute_process(COMMAND ${PROGRAM} ${ARGN} WORKING_DIRECTORY ${SCRATCH}
    RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err TIMEOUT 300)
  strip_progress()
  string(JOIN " " asked ${ARGN})
endmacro()

# The same through sh: ${command} is a line of shell in which "$0" is the program.
macro(run_in_shell command)
  execute_process(COMMAND sh -c "${command}" ${PROGRAM} WORKING_DIRECTORY ${SCRATCH}
    RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err TIMEOUT 300)
  strip_progress()
  set(asked "${command}")
endmacro()

macro(strip_progress)
  string(REGEX REPLACE "\n(step|tile|slide) [0-9]+/[^\n]*" "" said "\n${err}")
  string(REGEX REPLACE "^\n" "" said "${said}")
endmacro()

# expect(SUCCESS | FAILURE <status> [SAYS <piece>…]) judges the last run. A failure must say one line on stderr, from the
# program, with every piece in it.
function(expect kind)
  cmake_parse_arguments(want "" "" "SAYS" ${ARGN})
  if(kind STREQUAL "SUCCESS")
    set(wanted 0)
  else()
    set(wanted "${want_UNPARSED_ARGUMENTS}")
    if(NOT said MATCHES "^${program_name}: [^\n]+\n$")
      fault("[${asked}] must say one line, said: ${said}")
    endif()
  endif()
  if(NOT status STREQUAL wanted)
    fault("[${asked}] must exit with ${wanted}, not ${status}; it said: ${said}")
  endif()
  foreach(piece IN LISTS want_SAYS)
    string(FIND "${said}" "${piece}" found)
    if(found EQUAL -1)
      fault("[${asked}] must say '${piece}', said: ${said}")
    endif()
  endforeach()
endfunction()

# refuses(<status> "<piece>|<piece>" <argument>…): runs, and expects a failure that says the pieces.
macro(refuses refused_with refused_saying)
  run(${ARGN})
  string(REPLACE "|" ";" pieces "${refused_saying}")
  expect(FAILURE ${refused_with} SAYS ${pieces})
endmacro()

# refuses_later(…): the same, after lines that say what the checkpoint was trained on, and how stain is normalised.
macro(refuses_later refused_with refused_saying)
  run(${ARGN})
  string(REGEX REPLACE "^([^\n]*(trained on|normalised slide by slide:) [^\n]*\n)+" "" said "${said}")
  string(REPLACE "|" ";" pieces "${refused_saying}")
  expect(FAILURE ${refused_with} SAYS ${pieces})
endmacro()

# tool(<argument>…) runs tool.cpp's program; sets tool_out.
macro(tool)
  execute_process(COMMAND ${TOOL} ${ARGN} WORKING_DIRECTORY ${SCRATCH}
    RESULT_VARIABLE tool_status OUTPUT_VARIABLE tool_out ERROR_VARIABLE tool_out_err)
  if(NOT tool_status EQUAL 0)
    message(FATAL_ERROR "tool ${ARGN}: ${tool_out_err}")
  endif()
endmacro()

# data_tool(<argument>…) runs data_tool.cpp's program; sets tool_out.
macro(data_tool)
  execute_process(COMMAND ${DATA_TOOL} ${ARGN} WORKING_DIRECTORY ${SCRATCH}
    RESULT_VARIABLE tool_status OUTPUT_VARIABLE tool_out ERROR_VARIABLE tool_out_err)
  if(NOT tool_status EQUAL 0)
    message(FATAL_ERROR "data tool ${ARGN}: ${tool_out_err}")
  endif()
endmacro()

# sheets(<same|differ> <one.png> <other.png>): what two sheets of augmentations show, whatever their captions say.
function(sheets wanted one other)
  data_tool(sheet ${one})
  set(first ${tool_out})
  data_tool(sheet ${other})
  if(first STREQUAL tool_out AND wanted STREQUAL "differ" OR NOT first STREQUAL tool_out AND wanted STREQUAL "same")
    fault("[${asked}] the pictures of ${one} and ${other} must be ${wanted}")
  endif()
endfunction()

# trained(): a checkpoint of one step, run/checkpoint.safetensors.
function(trained)
  execute_process(COMMAND ${PRETRAIN} --preset quickstart --data synthetic --synthetic 16 --batch 16 --steps 1 --epochs 1
    --warmup-epochs 0 --out run WORKING_DIRECTORY ${SCRATCH} RESULT_VARIABLE done OUTPUT_QUIET ERROR_QUIET)
  if(NOT done EQUAL 0)
    message(FATAL_ERROR "pretrain failed")
  endif()
endfunction()

# same(<file> <file>): byte for byte.
function(same one other)
  execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${one} ${other} WORKING_DIRECTORY ${SCRATCH}
    RESULT_VARIABLE differ OUTPUT_QUIET ERROR_QUIET)
  if(NOT differ EQUAL 0)
    fault("${one} and ${other} differ")
  endif()
endfunction()

function(differ one other)
  execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${one} ${other} WORKING_DIRECTORY ${SCRATCH}
    RESULT_VARIABLE differ OUTPUT_QUIET ERROR_QUIET)
  if(NOT differ EQUAL 1)
    fault("${one} and ${other} must both be there and differ")
  endif()
endfunction()

# measured_first(): the last run measured slides before it read tiles, and said how far it was.
function(measured_first)
  if(NOT err MATCHES "slide [0-9]+/[0-9]+ ")
    fault("[${asked}] measured no slides beforehand: ${err}")
  endif()
endfunction()

# judged(<name> <field> <value> <argument>…): evaluate on the folder tiles, whose report must say the value in the field;
# leaves <name>.json and <name>.csv.
function(judged name field value)
  run(--train tiles --test tiles --method knn --json ${name}.json --scores ${name}.csv ${ARGN})
  expect(SUCCESS)
  file(READ ${SCRATCH}/${name}.json json)
  string(JSON said GET "${json}" ${field})
  if(NOT said STREQUAL value)
    fault("${name}.json says of ${field}: ${said}")
  endif()
  set(err "${err}" PARENT_SCOPE)
endfunction()

# draws_normalised_stain(): pictures of a program with --checkpoint, --data, --images and --out are of normalised stain
# where the checkpoint was trained on such, unless asked otherwise.
function(draws_normalised_stain)
  trained()
  tool(images tiles 4 64)
  file(REMOVE_RECURSE ${SCRATCH}/tiles/odd)
  set(drawing --checkpoint weights.safetensors --data tiles --images 2 --out) # of one name, because pictures tell it
  tool(edit run/checkpoint.safetensors weights.safetensors metadata sdmae.normalised_stain 2)
  run(${drawing} normal.png)
  expect(SUCCESS)
  run(${drawing} refused.png --normalise-stain no)
  expect(SUCCESS)
  file(RENAME ${SCRATCH}/run/checkpoint.safetensors ${SCRATCH}/weights.safetensors)
  run(${drawing} plain.png)
  expect(SUCCESS)
  run(${drawing} asked.png --normalise-stain yes)
  expect(SUCCESS)
  run(${drawing} slide.png --normalise-stain slide --groups "^tile")
  expect(SUCCESS)
  run(${drawing} alone.png --normalise-stain slide --groups "^(.*)$")
  expect(SUCCESS)
  refuses(2 "--out|is the file of --checkpoint" ${drawing} weights.safetensors)
  differ(plain.png normal.png)
  same(normal.png asked.png)
  same(refused.png plain.png)
  differ(slide.png asked.png)
  same(alone.png asked.png) # a slide of one tile is that tile
endfunction()

# state(<variable> <folder>): names and contents of all its files, as one text. unchanged(<folder> "${<variable>}").
function(state variable folder)
  file(GLOB_RECURSE files RELATIVE ${SCRATCH}/${folder} ${SCRATCH}/${folder}/*)
  set(text "")
  foreach(file IN LISTS files)
    file(SHA256 ${SCRATCH}/${folder}/${file} hash)
    string(APPEND text "${file} ${hash}\n")
  endforeach()
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

function(unchanged folder before)
  state(now ${folder})
  if(NOT now STREQUAL before)
    fault("[${asked}] changed ${folder}: ${before}became: ${now}")
  endif()
endfunction()

# holds(<folder> <name>…): exactly these files, nothing left behind beside them.
function(holds folder)
  file(GLOB files RELATIVE ${SCRATCH}/${folder} ${SCRATCH}/${folder}/* ${SCRATCH}/${folder}/.*)
  list(REMOVE_ITEM files . ..)
  list(SORT files)
  list(SORT ARGN)
  if(NOT files STREQUAL "${ARGN}")
    fault("${folder} holds ${files}, not ${ARGN}")
  endif()
endfunction()

# lines_of(<variable> <file>): how many lines it has.
function(lines_of variable file)
  file(STRINGS ${SCRATCH}/${file} lines)
  list(LENGTH lines count)
  set(${variable} ${count} PARENT_SCOPE)
endfunction()

# page(<file> <text>…): a whole HTML page that holds these texts, runs nothing and asks for nothing from elsewhere.
function(page file)
  file(READ ${SCRATCH}/${file} text)
  foreach(part IN ITEMS "<!DOCTYPE html>" "</html>" ${ARGN})
    string(FIND "${text}" "${part}" place)
    if(place EQUAL -1)
      fault("${file} does not hold ${part}")
    endif()
  endforeach()
  if(text MATCHES "<script|<link|src=\"[^d]|https?:")
    fault("${file} is not self-contained: ${CMAKE_MATCH_0}")
  endif()
endfunction()

# steps_in_log(<folder> <count>): log.jsonl has the steps 1 … count, a line each, in order.
function(steps_in_log folder count)
  file(STRINGS ${SCRATCH}/${folder}/log.jsonl lines)
  set(step 0)
  foreach(line IN LISTS lines)
    math(EXPR step "${step} + 1")
    string(JSON said ERROR_VARIABLE problem GET "${line}" step)
    if(NOT said STREQUAL step)
      fault("${folder}/log.jsonl, line ${step}: ${line}")
    endif()
  endforeach()
  if(NOT step EQUAL count)
    fault("${folder}/log.jsonl has ${step} lines, not ${count}")
  endif()
endfunction()

# The words that every run of pretrain below begins with: 64 images, 4 steps of 16 an epoch.
set(small_run --preset quickstart --data synthetic --synthetic 64 --batch 16)
set(run_files checkpoint.safetensors log.jsonl run.json report.html curve.png reconstruction.png)
