#!/bin/sh
# An nvidia-smi without a GPU, for the tests. FURCATE_STUB_GPUS is how many it lists (default 2);
# FURCATE_STUB_SMI makes it misbehave: "garbage", "unknown", "lost", "fail", "mismatch", "stderr", "crash", "flood", or "hang", which leaves the pid of a child
# in the file FURCATE_STUB_PID names.
case "$FURCATE_STUB_SMI" in
fail)
    exit 9
    ;;
mismatch)
    echo 'Failed to initialize NVML: Driver/library version mismatch'
    echo 'NVML library version: 550.54'
    exit 18
    ;;
stderr)
    printf 'couldn\033[2Jt communicate with the NVIDIA driver\n' >&2
    exit 9
    ;;
crash)
    kill -SEGV $$
    ;;
unknown)
    echo '0, [N/A], Fake A'
    exit 0
    ;;
lost)
    echo 'Unable to determine the device handle for GPU0000:01:00.0: Unknown Error'
    ;;
garbage)
    printf 'No devices were found\n\n-1, GPU-1, A\n0, GPU-00000000\n99999999999, GPU-2, B\n,,,,\n7, 8, 9\n'
    printf '1, GPU-11111111, Stub GPU, 1\n\001\377\n2, GPU-2'
    exit 0
    ;;
flood)
    exec yes '0, GPU-00000000, Stub GPU'
    ;;
hang)
    sleep 600 &
    echo $! >"$FURCATE_STUB_PID"
    wait
    ;;
esac

i=0
while [ "$i" -lt "${FURCATE_STUB_GPUS:-2}" ]; do
    echo "$i, GPU-$i$i$i$i$i$i$i$i-1c2d-4e3f-8a9b-0c1d2e3f4a5b, Stub GPU $i"
    i=$((i + 1))
done
