import { nameless } from "./command-line.ts";
import { readVariables, variable } from "./shell-variables.ts";
import { countOf, type ImportFormat, portOf, tagOf } from "./source.ts";

/**
 * mtconfig.conf of HirbodBehnam's installer of the official proxy: shell variables PORT, CPU_CORES, SECRET_ARY=(…), TAG, TLS_DOMAIN,
 * PUBLIC_IP. It hands out fake-TLS links where TLS_DOMAIN is set, padded ones otherwise, and starts CPU_CORES - 1 workers.
 */
export const hirbod: ImportFormat = {
  title: "HirbodBehnam's installer",
  matches: ({ text }) => /^[ \t]*SECRET_ARY=\(/m.test(text),
  read: ({ text, mode }) => {
    const variables = readVariables(text);
    const keys = variables.SECRET_ARY;
    const port = portOf(variable(variables, "PORT"));
    const server = variable(variables, "PUBLIC_IP");
    const cores = countOf(variable(variables, "CPU_CORES"));
    return {
      ...nameless(typeof keys === "object" ? keys : [], {
        domain: variable(variables, "TLS_DOMAIN"),
        port,
        server,
        mode,
      }),
      settings: {
        port,
        publicHost: server,
        workers: cores === undefined ? undefined : Math.max(0, cores - 1),
        tag: tagOf(variable(variables, "TAG")),
      },
      notes: [],
    };
  },
};
