import { counter, type Family, familiesOf, gauge } from "./family.ts";

/**
 * The daemon itself, in the names that every process is asked for. prom-client's own are many more, and watch the event loop a hundred
 * times a second for them.
 */
export function daemonFamilies(version: string): Family[] {
  const { user, system } = process.cpuUsage();
  const build = familiesOf([{ version, node: process.versions.node }], (labels) => labels);
  return [
    build.gauge(
      "mtproxy_build_info",
      "Version of this product, which tells these numbers, and of Node.js. From the package.",
      () => 1,
    ),
    counter(
      "process_cpu_seconds_total",
      "Processor time of the daemon, seconds. From the kernel.",
      (user + system) / 1e6,
    ),
    gauge(
      "process_resident_memory_bytes",
      "Resident memory of the daemon. From the kernel.",
      process.memoryUsage.rss(),
    ),
    gauge("process_start_time_seconds", "When the daemon started, Unix time. From its clock.", startTime),
  ];
}

const startTime = Math.round(Date.now() / 1000 - process.uptime());
