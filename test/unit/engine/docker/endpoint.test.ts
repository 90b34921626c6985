import { describe, expect, test } from "vitest";
import { composeEnvironment } from "../../../../src/engine/docker/compose-command.ts";
import { dockerEndpoint } from "../../../../src/engine/docker/endpoint.ts";

describe("the Docker daemon's address", () => {
  test("is the local socket without DOCKER_HOST", () => {
    const local = { url: "unix:///var/run/docker.sock", socketPath: "/var/run/docker.sock" };
    expect(dockerEndpoint({})).toEqual(local);
    expect(dockerEndpoint({ DOCKER_HOST: "" })).toEqual(local);
  });

  test("is DOCKER_HOST where that is set; only a socket is local", () => {
    expect(dockerEndpoint({ DOCKER_HOST: "unix:///run/user/1000/docker.sock" }).socketPath).toBe(
      "/run/user/1000/docker.sock",
    );
    expect(dockerEndpoint({ DOCKER_HOST: "tcp://192.0.2.1:2376" })).toEqual({ url: "tcp://192.0.2.1:2376" });
    expect(dockerEndpoint({ DOCKER_HOST: "ssh://root@example.com" })).toEqual({ url: "ssh://root@example.com" });
  });
});

describe("the environment of compose", () => {
  test("holds what finds the daemon, and nothing that changes what compose does", () => {
    const environment = {
      PATH: "/bin",
      HOME: "/root",
      DOCKER_CERT_PATH: "/certs",
      DOCKER_CONTEXT: "elsewhere",
      COMPOSE_FILE: "/other.yml",
      COMPOSE_PROJECT_NAME: "other",
      MTPROXY_IMAGE: "other",
    };
    expect(composeEnvironment(environment, "tcp://192.0.2.1:2376")).toEqual({
      PATH: "/bin",
      HOME: "/root",
      DOCKER_CERT_PATH: "/certs",
      DOCKER_HOST: "tcp://192.0.2.1:2376",
      LC_ALL: "C.UTF-8",
    });
  });
});
