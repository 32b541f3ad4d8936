/* A driver library as NVML describes it, with one GPU that tells some things and refuses others.

   The figures of the GPU come from environment variables, so that a test can make it hot, full or idle. */

#include <stdlib.h>
#include <string.h>

#define SUCCESS 0
#define NOT_SUPPORTED 3

typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned int gpu, memory; } utilization_t;
typedef struct {
    unsigned int pid;
    unsigned long long usedGpuMemory;
    unsigned int gpuInstanceId, computeInstanceId;
} process_t;

static unsigned long long figure(const char *name, unsigned long long otherwise) {
    const char *value = getenv(name);
    return value == NULL ? otherwise : strtoull(value, NULL, 10);
}

int nvmlInit_v2(void) { return SUCCESS; }
int nvmlInitWithFlags(unsigned int flags) { (void)flags; return SUCCESS; }
int nvmlShutdown(void) { return SUCCESS; }
const char *nvmlErrorString(int code) { (void)code; return "not supported"; }
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = (unsigned int)figure("FAKE_GPUS", 1); return SUCCESS; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) { *device = (void *)(size_t)(index + 1); return SUCCESS; }
int nvmlDeviceGetName(void *device, char *name, unsigned int length) {
    (void)device; strncpy(name, "Imagined A100", length); return SUCCESS;
}
int nvmlDeviceGetUtilizationRates(void *device, utilization_t *utilization) {
    (void)device; utilization->gpu = (unsigned int)figure("FAKE_UTILIZATION", 90); utilization->memory = 10; return SUCCESS;
}
int nvmlDeviceGetMemoryInfo(void *device, memory_t *memory) {
    (void)device;
    memory->total = 80ULL << 30; memory->used = figure("FAKE_USED_GIB", 8) << 30; memory->free = memory->total - memory->used;
    return SUCCESS;
}
int nvmlDeviceGetTemperature(void *device, unsigned int sensor, unsigned int *temperature) {
    (void)device; (void)sensor; *temperature = (unsigned int)figure("FAKE_TEMPERATURE", 60); return SUCCESS;
}
int nvmlDeviceGetPowerUsage(void *device, unsigned int *milliwatts) { (void)device; *milliwatts = 250500; return SUCCESS; }
int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned int *milliwatts) { (void)device; (void)milliwatts; return NOT_SUPPORTED; }
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned int *count, process_t *processes) {
    (void)device;
    unsigned int room = *count;
    *count = 1;
    if (room < 1) return 7; /* insufficient size: asked how much room is needed */
    memset(processes, 0, sizeof *processes);
    processes[0].pid = (unsigned int)figure("FAKE_PID", 1); processes[0].usedGpuMemory = 3ULL << 30;
    return SUCCESS;
}
