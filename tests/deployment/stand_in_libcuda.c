/* As much of NVIDIA's driver (CUDA driver API 12.3, cuda.h) as TensorFlow 2.16 asks before it opens CUDA's libraries and
   lists a GPU: one device of compute capability 8.0. Nothing can be computed on it. */
#include <string.h>

int cuInit(unsigned flags) { return 0; }
int cuDriverGetVersion(int *version) { *version = 12030; return 0; }
int cuDeviceGetCount(int *count) { *count = 1; return 0; }
int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return 0; }
int cuDeviceGetName(char *name, int length, int device) { strncpy(name, "stand-in", length); return 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    /* 16 multiprocessors, 75 and 76 the compute capability */
    *value = attribute == 75 || attribute == 16 ? 8 : attribute == 76 ? 0 : 1;
    return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = (size_t)1 << 33; return 0; }
int cuDeviceGetPCIBusId(char *id, int length, int device) { strncpy(id, "0000:00:1e.0", length); return 0; }
int cuDeviceGetUuid(char *id, int device) { memset(id, 1, 16); return 0; }
int cuDevicePrimaryCtxRetain(void **context, int device) { static int one; *context = &one; return 0; }
int cuDevicePrimaryCtxSetFlags_v2(int device, unsigned flags) { return 0; }
int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active) { *flags = 0; *active = 0; return 0; }
int cuCtxGetCurrent(void **context) { *context = 0; return 0; }
int cuCtxSetCurrent(void *context) { return 0; }
int cuCtxGetDevice(int *device) { *device = 0; return 0; }
int cuMemGetInfo_v2(size_t *free, size_t *total) { *free = *total = (size_t)1 << 33; return 0; }
int cuGetErrorName(int error, const char **name) { *name = "error"; return 0; }
int cuGetErrorString(int error, const char **text) { *text = "error"; return 0; }
