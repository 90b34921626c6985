import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../../bench/free-port.ts";

export interface Prometheus {
  /** Values by the labels, as `name=value,…`; empty while it has none. */
  query(expression: string): Promise<Record<string, number>>;
  /** Of the alert rules that are shipped, those that it evaluates. */
  rules(): Promise<string[]>;
  end(): Promise<void>;
}

/** A real Prometheus on loopback that scrapes a stats API every second, with the rules that the package has. */
export async function startPrometheus(target: number, tokenFile: string): Promise<Prometheus> {
  const [folder, port] = [await mkdtemp(join(tmpdir(), "mtproxy-prometheus-")), await freePort()];
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    scrape_configs: [
      {
        job_name: "mtproxy",
        authorization: { credentials_file: tokenFile },
        static_configs: [{ targets: [`127.0.0.1:${target}`] }],
      },
    ],
    rule_files: [resolve("share/prometheus/rules.yml")],
  };
  // YAML takes JSON.
  await writeFile(join(folder, "prometheus.yml"), JSON.stringify(config));
  const flags = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
  const child = spawn("prometheus", [...flags, `--web.listen-address=127.0.0.1:${port}`, "--log.level=error"], {
    stdio: "ignore",
    timeout: 120_000,
  });
  const ended = once(child, "close");
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    return ((await response.json()) as { data: unknown }).data;
  };
  return {
    async query(expression) {
      const data = await get(`query?query=${encodeURIComponent(expression)}`).catch(() => ({ result: [] }));
      const { result } = data as { result: { metric: Record<string, string>; value: [number, string] }[] };
      return Object.fromEntries(result.map(({ metric, value }) => [labelsOf(metric), Number(value[1])]));
    },
    async rules() {
      const { groups } = (await get("rules")) as { groups: { rules: { name: string; health: string }[] }[] };
      return groups.flatMap(({ rules }) => rules.filter(({ health }) => health === "ok").map(({ name }) => name));
    },
    async end() {
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function labelsOf({ __name__: _, job: __, instance: ___, ...labels }: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
