/* What programs print when memory runs out, as found in their own output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/symptom.h"

#define GPU "out of GPU memory"
#define HOST "out of memory"
#define SHARED "out of shared memory (/dev/shm)"

static void names_the_memory_that_ran_out(void **state)
{
    (void)state;
    static const struct {
        const char *printed, *on_gpu, *on_cpu;
    } cases[] = {
        {"torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB", GPU, GPU},
        {"RuntimeError: CUDA error: out of memory", GPU, GPU},
        {"RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", GPU,
         GPU},
        {"W tensorflow/tsl: OOM when allocating tensor with shape[64,512] by allocator GPU_0_bfc", GPU, GPU},
        {"OOM when allocating tensor with shape[64,512] and type float", GPU, HOST},
        {"XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8 bytes.", GPU, HOST},
        {"RuntimeError: [enforce fail at alloc_cpu.cpp:75] DefaultCPUAllocator: can't allocate memory", HOST,
         HOST},
        {"numpy.core._exceptions._ArrayMemoryError: Unable to allocate 7.28 TiB", HOST, HOST},
        {"MemoryError", HOST, HOST},
        {"terminate called after throwing an instance of 'std::bad_alloc'", HOST, HOST},
        {"memory allocation of 8000000000000 bytes failed", HOST, HOST},
        {"ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared "
         "memory (shm).",
         SHARED, SHARED},
        {"ResourceExhaustedError: /logs/x; No space left on device", NULL, NULL},
        {"ModuleNotFoundError: No module named 'memory'", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found[] = {symptom_find(cases[i].printed, false), symptom_find(cases[i].printed, true)};
        const char *expected[] = {cases[i].on_cpu, cases[i].on_gpu};
        for (int on_gpu = 0; on_gpu < 2; on_gpu++) {
            if (expected[on_gpu])
                assert_string_equal(found[on_gpu], expected[on_gpu]);
            else
                assert_null(found[on_gpu]);
        }
    }
}

static void knows_the_words_for_a_killed_child(void **state)
{
    (void)state;
    assert_true(symptom_is_killed_child("train.sh: line 3: 12 Killed                  python train.py"));
    assert_true(
        symptom_is_killed_child("RuntimeError: DataLoader worker (pid 12) is killed by signal: Killed."));
    assert_true(symptom_is_killed_child("Killed\n"));
    assert_false(symptom_is_killed_child("Killed two birds with one stone"));
    assert_false(symptom_is_killed_child(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_memory_that_ran_out),
        cmocka_unit_test(knows_the_words_for_a_killed_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
