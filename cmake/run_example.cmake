# Runs an example as ctest does: cmake -DPROGRAM=<file> -DSTEM=<examples/name> -P run_example.cmake
# Arguments come from STEM.args; what it prints must equal STEM.expected. Both files are optional.
set(arguments "")
if(EXISTS ${STEM}.args)
  file(READ ${STEM}.args text)
  separate_arguments(arguments UNIX_COMMAND "${text}")
endif()

execute_process(COMMAND ${PROGRAM} ${arguments} OUTPUT_VARIABLE printed RESULT_VARIABLE status)
message("${printed}")
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with status ${status}")
endif()

if(EXISTS ${STEM}.expected)
  file(READ ${STEM}.expected expected)
  if(NOT printed STREQUAL expected)
    message(FATAL_ERROR "It printed the above; ${STEM}.expected says:\n${expected}")
  endif()
endif()
