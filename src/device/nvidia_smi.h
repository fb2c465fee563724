#pragma once
#include "device/device.h"

/* device_find_nvidia_smi() with the time that nvidia-smi has, in milliseconds. */
void device_ask_nvidia_smi(struct device_list *list, int limit_ms);
