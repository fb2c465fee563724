# A stub of the NVIDIA driver's library and tool, for the tests of every layer, in tests/stubs of the build folder:
#   libnvidia-ml.so.1         for LD_LIBRARY_PATH; see stub_nvml.c
#   bin/nvidia-smi            for PATH; see stub_nvidia_smi.sh
#   absent/libnvidia-ml.so.1  an empty file, for LD_LIBRARY_PATH: hides the real library of a machine that has one
set(FURCATE_STUBS ${CMAKE_BINARY_DIR}/tests/stubs)
add_library(stub-nvml SHARED ${CMAKE_CURRENT_LIST_DIR}/stub_nvml.c)
set_target_properties(stub-nvml PROPERTIES OUTPUT_NAME nvidia-ml SOVERSION 1 C_VISIBILITY_PRESET default
    LIBRARY_OUTPUT_DIRECTORY ${FURCATE_STUBS})
file(WRITE ${FURCATE_STUBS}/absent/libnvidia-ml.so.1 "")
configure_file(${CMAKE_CURRENT_LIST_DIR}/stub_nvidia_smi.sh ${FURCATE_STUBS}/bin/nvidia-smi COPYONLY)

foreach(name IN ITEMS nvml choose)
    add_dependencies(test-device-${name} stub-nvml)
    set_tests_properties(device.${name} PROPERTIES ENVIRONMENT "LD_LIBRARY_PATH=${FURCATE_STUBS}")
endforeach()
set_tests_properties(device.nvidia_smi PROPERTIES
    ENVIRONMENT "LD_LIBRARY_PATH=${FURCATE_STUBS}/absent;FURCATE_STUBS=${FURCATE_STUBS}")
