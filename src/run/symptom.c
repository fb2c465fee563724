#include "run/symptom.h"

#include <stddef.h>
#include <string.h>

enum memory { GPU, HOST, EITHER, SHARED };

/*
 * The first that is found decides, so the plain ones come last. Each says that memory ran out and nothing
 * else: "ResourceExhaustedError" alone, for one, is what TensorFlow says of a full disk too.
 */
static const struct symptom {
    const char *text;
    enum memory memory;
} symptoms[] = {
    /* PyTorch, of CUDA, ROCm and XPU; the driver's and the runtime's own words through it */
    {"CUDA out of memory", GPU},
    {"HIP out of memory", GPU},
    {"XPU out of memory", GPU},
    {"CUDA error: out of memory", GPU},
    {"HIP error: out of memory", GPU},
    {"CUDA driver error: out of memory", GPU},
    {"[CUDA]: out of memory", GPU}, /* Triton */
    /* CUDA and HIP, by name: Numba, CuPy, RAPIDS, XGBoost, TensorFlow, C programs */
    {"CUDA_ERROR_OUT_OF_MEMORY", GPU},
    {"cudaErrorMemoryAllocation", GPU},
    {"hipErrorOutOfMemory", GPU},
    {"hipErrorMemoryAllocation", GPU},
    {"cudaMalloc failed: out of memory", GPU},
    {"cudaMalloc retry failed: out of memory", GPU},
    {"hipMalloc failed: out of memory", GPU},
    {"CUDA: out of memory", GPU},
    {"Cuda Runtime (out of memory)", GPU},
    {"CUDA failure 2: out of memory", GPU},
    {"cupy.cuda.memory.OutOfMemoryError", GPU},
    {"Out of GPU memory", GPU},
    /* their libraries: cuBLAS, hipBLAS, cuSPARSE, cuSOLVER, cuDNN; then cuFFT, cuRAND, rocBLAS, MIOpen */
    {"_STATUS_ALLOC_FAILED", GPU},
    {"_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED", GPU},
    {"CUFFT_ALLOC_FAILED", GPU},
    {"CURAND_STATUS_ALLOCATION_FAILED", GPU},
    {"rocblas_status_memory_error", GPU},
    {"miopenStatusAllocFailed", GPU},
    /* NCCL and RCCL, without and with the error's number */
    {"Cuda failure 'out of memory'", GPU},
    {"Cuda failure 2 'out of memory'", GPU},
    {"HIP failure 'out of memory'", GPU},
    /* oneAPI, OpenCL, Vulkan */
    {"OUT_OF_DEVICE_MEMORY", GPU},
    {"CL_MEM_OBJECT_ALLOCATION_FAILURE", GPU},
    /* TensorFlow says which, mostly; XLA and so JAX do not */
    {"by allocator GPU_", GPU},
    {"by allocator gpu_host", HOST},
    {"by allocator cpu", HOST},
    {"by allocator mklcpu", HOST},
    {"OOM when allocating tensor", EITHER},
    {"failed to allocate memory [Op:", EITHER},
    {"RESOURCE_EXHAUSTED: Out of memory", EITHER},
    {"RESOURCE_EXHAUSTED: Failed to allocate request", EITHER},
    {"Resource exhausted: Out of memory", EITHER},
    {"Out of memory while trying to allocate", EITHER},
    {"Ran out of memory in memory space hbm", GPU},
    {"Out of memory error on GPU", GPU},                           /* PaddlePaddle */
    {"Failed to allocate memory for requested buffer of", EITHER}, /* ONNX Runtime */

    /* Python's workers hand arrays over in /dev/shm, which in a container is 64 MB at first */
    {"out of shared memory. Please", SHARED},
    {"insufficient shared memory (shm)", SHARED},
    {"unable to write to file </torch_", SHARED},
    {"NCCL WARN Error while creating shared memory segment", SHARED},

    {"DefaultCPUAllocator: can't allocate memory", HOST}, /* PyTorch */
    {"DefaultCPUAllocator: not enough memory", HOST},
    {"_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED", HOST}, /* cuDNN */
    {"bad_malloc: Failed to allocate", HOST},                /* XGBoost */
    {"java.lang.OutOfMemoryError", HOST},
    {"insufficient memory for the Java Runtime", HOST},
    {"JavaScript heap out of memory", HOST},
    {"runtime: out of memory", HOST}, /* Go */
    {"memory allocation of ", HOST},  /* Rust */
    {"std::bad_alloc", HOST},
    {"OutOfMemoryError()", HOST},        /* Julia */
    {"cannot allocate vector of", HOST}, /* R */
    {"virtual memory exhausted", HOST},
    {"Out of memory!", HOST}, /* Perl */
    {"oom_kill event", HOST}, /* Slurm */
    {"oom-kill event", HOST},
    {"MemoryError", HOST}, /* Python; numpy's is _ArrayMemoryError */
    {"Cannot allocate memory", HOST},
};

const char *symptom_find(const char *text, bool on_gpu)
{
    static const char *const meanings[] = {
        [GPU] = "out of GPU memory",
        [HOST] = "out of memory",
        [SHARED] = "out of shared memory (/dev/shm)",
    };
    for (size_t i = 0; i < sizeof symptoms / sizeof *symptoms; i++)
        if (strstr(text, symptoms[i].text)) {
            enum memory memory = symptoms[i].memory;
            return meanings[memory != EITHER ? memory : on_gpu ? GPU : HOST];
        }
    return NULL;
}

bool symptom_is_killed_child(const char *text)
{
    static const char *const words[] = {
        "is killed by signal: Killed", /* PyTorch's DataLoader */
        "SIGKILL",                     /* Python's subprocess, torchrun, joblib */
        "exitcode  : -9",              /* torchrun */
        " Killed  ",                   /* bash, before the command */
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(text, words[i]))
            return true;
    const char *end = text + strlen(text);
    while (end > text && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    return end - text >= 6 && memcmp(end - 6, "Killed", 6) == 0; /* a shell, last of all */
}
