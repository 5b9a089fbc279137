# The pages that programs leave, in a browser: nothing is missing, nothing is said on the console, nothing is blank.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)
find_program(browser NAMES chromium chromium-browser google-chrome google-chrome-stable)
if(NOT browser)
  message("check skipped: this machine has neither chromium nor google-chrome")
  return()
endif()

# browse(<page> <option>…): sets status, out, and console: what the page had to say.
macro(browse page)
  execute_process(COMMAND ${browser} --headless --no-sandbox --disable-gpu --hide-scrollbars --enable-logging=stderr
    --virtual-time-budget=5000 --user-data-dir=${SCRATCH}/profile ${ARGN} file://${SCRATCH}/${page}
    WORKING_DIRECTORY ${SCRATCH} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err TIMEOUT 120)
  string(REGEX MATCHALL "[^\n]*CONSOLE[^\n]*" console "${err}")
endmacro()

# inspect(<page>): browses a copy that also says how many pictures it shows, how many of them are not there, and
# whether it is wider than the window; sets seen, lost and wide.
macro(inspect page)
  file(READ ${SCRATCH}/${page} html)
  string(REPLACE "</body>" "<script>addEventListener('load', () => {
    const all = [...document.images], root = document.documentElement;
    document.title = 'seen ' + all.length + ' lost ' + all.filter(one => !one.naturalWidth).length
      + ' wide ' + (root.scrollWidth > root.clientWidth);
  })</script></body>" html "${html}")
  file(WRITE ${SCRATCH}/inspected.html "${html}")
  browse(inspected.html --dump-dom --window-size=1000,800)
  if(NOT out MATCHES "<title>seen ([0-9]+) lost ([0-9]+) wide ([a-z]+)</title>")
    fault("${page}: the browser ends with ${status} and says ${err} ${out}")
  endif()
  set(seen "${CMAKE_MATCH_1}")
  set(lost "${CMAKE_MATCH_2}")
  set(wide "${CMAKE_MATCH_3}")
endmacro()

# looks(<page> <pictures> <height> <text>…): the page shows so many pictures and these texts, fits the window, has nothing
# to say, and its picture of that height is blank in no eighth.
function(looks page pictures height)
  inspect(${page})
  if(NOT seen EQUAL pictures OR NOT lost EQUAL 0 OR NOT wide STREQUAL "false" OR console)
    fault("${page}: ${seen} pictures, not ${pictures}; ${lost} are not there; too wide: ${wide}; it says: ${console}")
  endif()
  foreach(text IN LISTS ARGN)
    string(FIND "${out}" "${text}" place)
    if(place EQUAL -1)
      fault("${page} shows no ${text}")
    endif()
  endforeach()
  browse(${page} --window-size=1000,${height} --screenshot=${SCRATCH}/${page}.png)
  if(NOT status EQUAL 0 OR console)
    fault("${page}: the browser ends with ${status}; ${console}")
  endif()
  data_tool(ink ${page}.png 8)
  if(NOT tool_out MATCHES "^1000 ${height} ")
    fault("${page}.png: ${tool_out}")
  endif()
  string(REGEX MATCHALL " [01]\\.[0-9]+" bands "${tool_out}")
  foreach(band IN LISTS bands)
    if(band LESS 0.004)
      fault("${page}.png is blank in a part: ${tool_out}")
    endif()
  endforeach()
endfunction()

# What must be noticed: a picture that is not there, a line that does not fit, a script that fails.
file(WRITE ${SCRATCH}/bad.html "<!DOCTYPE html><title>bad</title><body><img src=\"absent.png\"><p style=\"width:2000px\">a line
<script>nothing()</script></body>")
inspect(bad.html)
if(NOT seen EQUAL 1 OR NOT lost EQUAL 1 OR NOT wide STREQUAL "true" OR NOT console MATCHES "nothing is not defined")
  fault("a bad page is not noticed: ${seen} ${lost} ${wide} ${console}; ${err}")
endif()

trained()
tool(images tiles 120 64)
file(GLOB names RELATIVE ${SCRATCH}/tiles ${SCRATCH}/tiles/*/*)
foreach(name IN LISTS names) # as long as names of tiles are
  string(REPLACE "tile" "0123456789abcdef0123456789abcdef" long ${name})
  file(RENAME ${SCRATCH}/tiles/${name} ${SCRATCH}/tiles/${long})
endforeach()
looks(run/report.html 2 1600 "Pre-trained: quickstart" "Training" "Where images lie" "Settings")
run(--checkpoint run/checkpoint.safetensors --train tiles --test-share 0.5 --method knn --report judged.html)
expect(SUCCESS)
looks(judged.html 12 2000 "On the test set" "What was taken for what" "Where images lie" "Surest mistakes" "Settings")
execute_process(COMMAND ${FINETUNE} --init run/checkpoint.safetensors --train tiles --test-share 0.5 --batch 16 --epochs 2
  --warmup-epochs 0 --out fine WORKING_DIRECTORY ${SCRATCH} RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
if(NOT status EQUAL 0)
  fault("finetune failed")
endif()
looks(fine/report.html 13 1800 "Fine-tuned: quickstart" "Training" "Where images lie" "Surest mistakes")
