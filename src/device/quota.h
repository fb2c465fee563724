#pragma once

/*
 * How many CPUs' worth of time the control group of a process may use, its ancestors included: the smallest
 * cpu.max (cgroup v2) or cpu.cfs_quota_us (v1). 0 when nothing limits it or that cannot be found out.
 *
 * mounts  a file like /proc/self/mountinfo (proc(5))
 * groups  a file like /proc/self/cgroup (cgroups(7))
 */
double device_cpu_quota(const char *mounts, const char *groups);
