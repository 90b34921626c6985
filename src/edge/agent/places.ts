import { join } from "node:path";

export function agentSocket(folder: string, number: number): string {
  return join(folder, `agent${number}.sock`);
}

export function agentReport(folder: string, number: number): string {
  return join(folder, `agent${number}.json`);
}
