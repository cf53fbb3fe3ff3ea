# JACKDAW_SANITIZE: what goes behind -fsanitize=, for the whole build. The presets set it.
set(JACKDAW_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined or thread")

add_compile_options(${jackdaw_compiler_hazard_flags})

# Without vptr: that check opens a pipe to look at an object, and some tests run out of descriptors.
set(jackdaw_sanitizer_flags "")
if(JACKDAW_SANITIZE)
  set(jackdaw_sanitizer_flags -fsanitize=${JACKDAW_SANITIZE} -fno-sanitize-recover=all
                              -fno-sanitize=vptr -fno-omit-frame-pointer)
  add_compile_options(${jackdaw_sanitizer_flags})
  add_link_options(${jackdaw_sanitizer_flags})
endif()
