import entrypoint from "../../docker/entrypoint.sh";
import healthcheck from "../../docker/healthcheck.sh";
import stats from "../../docker/stats.sh";
import type { RenderedFile } from "./rendered-file.ts";

/** What containers run around the proxy, the same for every shard. */
export function renderScripts(): RenderedFile[] {
  const scripts = { "entrypoint.sh": entrypoint, "healthcheck.sh": healthcheck, "stats.sh": stats };
  return Object.entries(scripts).map(([name, text]) => ({
    path: `scripts/${name}`,
    content: withNotice(text),
    mode: 0o755,
    forContainer: true,
  }));
}

function withNotice(text: string): string {
  const notice = '# Installed by mtproxy; changes made here are lost. "mtproxy apply" writes it anew.';
  return text.replace("#!/bin/sh\n", `#!/bin/sh\n${notice}\n`);
}
