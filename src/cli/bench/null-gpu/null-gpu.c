/*
 * A Vulkan driver that does everything but compute: SwiftShader with vkCmdDispatch left out. What a frame takes on it is what
 * asking for it costs the processor, in the application and in everything above the driver.
 *
 * Exports what the loader asks a driver for (Vulkan-Loader, docs/LoaderDriverInterface.md, version 5).
 * LOKI_NULL_GPU_DRIVER names the driver that it stands before; what it counts lies in the file LOKI_NULL_GPU_COUNTS.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef void (*Function)(void);
typedef Function (*Lookup)(void *handle, const char *name);

enum { KERNELS, COPIES, BARRIERS, SUBMISSIONS, COUNTERS };

static void *driver;
static Lookup instance_lookup, device_lookup;
static uint64_t nowhere[COUNTERS];
static uint64_t *counts = nowhere;

static void (*copy_buffer)(void *, uint64_t, uint64_t, uint32_t, const void *);
static void (*pipeline_barrier)(void *, uint32_t, uint32_t, uint32_t, uint32_t, const void *, uint32_t, const void *,
                                uint32_t, const void *);
static int (*queue_submit)(void *, uint32_t, const void *, uint64_t);

static void count(int what) { __atomic_fetch_add(&counts[what], 1, __ATOMIC_RELAXED); }

static void dispatch(void *commands, uint32_t x, uint32_t y, uint32_t z) {
  (void)commands, (void)x, (void)y, (void)z;
  count(KERNELS);
}

static void dispatch_indirect(void *commands, uint64_t buffer, uint64_t offset) {
  (void)commands, (void)buffer, (void)offset;
  count(KERNELS);
}

static void counted_copy(void *commands, uint64_t from, uint64_t to, uint32_t regions, const void *region) {
  count(COPIES);
  copy_buffer(commands, from, to, regions, region);
}

static void counted_barrier(void *commands, uint32_t from, uint32_t to, uint32_t flags, uint32_t memories,
                            const void *memory, uint32_t buffers, const void *buffer, uint32_t images,
                            const void *image) {
  count(BARRIERS);
  pipeline_barrier(commands, from, to, flags, memories, memory, buffers, buffer, images, image);
}

static int counted_submit(void *queue, uint32_t submits, const void *submit, uint64_t fence) {
  count(SUBMISSIONS);
  return queue_submit(queue, submits, submit, fence);
}

static Function replaced(const char *name, Function real) {
  if (real == NULL) return NULL;
  if (strcmp(name, "vkCmdDispatch") == 0) return (Function)dispatch;
  if (strcmp(name, "vkCmdDispatchIndirect") == 0) return (Function)dispatch_indirect;
  if (strcmp(name, "vkCmdCopyBuffer") == 0) {
    copy_buffer = (void *)real;
    return (Function)counted_copy;
  }
  if (strcmp(name, "vkCmdPipelineBarrier") == 0) {
    pipeline_barrier = (void *)real;
    return (Function)counted_barrier;
  }
  if (strcmp(name, "vkQueueSubmit") == 0) {
    queue_submit = (void *)real;
    return (Function)counted_submit;
  }
  return real;
}

static Function device_function(void *device, const char *name) { return replaced(name, device_lookup(device, name)); }

static void open_driver(void) {
  const char *path = getenv("LOKI_NULL_GPU_DRIVER"), *file = getenv("LOKI_NULL_GPU_COUNTS");
  if (driver != NULL || path == NULL) return;
  driver = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (driver != NULL) instance_lookup = (Lookup)dlsym(driver, "vk_icdGetInstanceProcAddr");
  int descriptor = file == NULL ? -1 : open(file, O_RDWR);
  if (descriptor < 0) return;
  void *memory = mmap(NULL, sizeof nowhere, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory != MAP_FAILED) counts = memory;
  close(descriptor);
}

Function vk_icdGetInstanceProcAddr(void *instance, const char *name) {
  open_driver();
  if (instance_lookup == NULL) return NULL;
  Function real = instance_lookup(instance, name);
  if (real != NULL && strcmp(name, "vkGetDeviceProcAddr") == 0) {
    device_lookup = (Lookup)real;
    return (Function)device_function;
  }
  return replaced(name, real);
}

static Function exported(const char *name) {
  open_driver();
  return driver == NULL ? NULL : (Function)dlsym(driver, name);
}

Function vk_icdGetPhysicalDeviceProcAddr(void *instance, const char *name) {
  Lookup real = (Lookup)exported("vk_icdGetPhysicalDeviceProcAddr");
  return real == NULL ? NULL : real(instance, name);
}

int vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
  int (*real)(uint32_t *) = (int (*)(uint32_t *))exported("vk_icdNegotiateLoaderICDInterfaceVersion");
  return real == NULL ? -3 /* VK_ERROR_INITIALIZATION_FAILED */ : real(version);
}
