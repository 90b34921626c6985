/** Where the Docker daemon is: the same for the reads through its API and the writes through compose. */
export interface Endpoint {
  /** As DOCKER_HOST. Given to compose always, so that a context of the docker CLI cannot lead it elsewhere. */
  readonly url: string;
  /** Path of a local daemon's socket; absent for a daemon behind TCP or SSH. */
  readonly socketPath?: string;
}

const DEFAULT_SOCKET = "/var/run/docker.sock";

export function dockerEndpoint(environment: NodeJS.ProcessEnv): Endpoint {
  const url = environment.DOCKER_HOST?.trim() || `unix://${DEFAULT_SOCKET}`;
  if (!url.startsWith("unix://")) return { url };
  return { url, socketPath: url.slice("unix://".length) || DEFAULT_SOCKET };
}
