import { access } from "node:fs/promises";
import type Docker from "dockerode";
import { daemonError } from "./daemon-errors.ts";
import type { Endpoint } from "./endpoint.ts";

/** The Docker daemon. dockerode is heavy, so it is loaded with the first call, and only where there is a socket to talk to. */
export class Daemon {
  readonly endpoint: Endpoint;
  #docker: Promise<Docker> | undefined;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /**
   * Everything that is asked of the daemon goes through here.
   * @throws AppError environment when it cannot be reached, engine with its own words when it refuses
   */
  async call<T>(work: (docker: Docker) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#connected());
    } catch (error) {
      throw await daemonError(error, this.endpoint);
    }
  }

  async #connected(): Promise<Docker> {
    const { socketPath } = this.endpoint;
    if (this.#docker === undefined && socketPath !== undefined) await access(socketPath);
    this.#docker ??= connect(this.endpoint);
    return this.#docker;
  }
}

/** Behind TCP and SSH dockerode reads DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH itself. */
async function connect({ socketPath }: Endpoint): Promise<Docker> {
  const { default: Dockerode } = await import("dockerode");
  return socketPath === undefined ? new Dockerode() : new Dockerode({ socketPath });
}
