/** A published image of the C proxy. What is said of it was read from its Dockerfile and logs; `image probe` measures. */
export interface KnownImage {
  readonly image: string;
  readonly note: string;
}

export const knownImages: readonly KnownImage[] = [
  {
    image: "ghcr.io/getpagespeed/mtproxy",
    note: "takes the hello of current apps and a new proxy-multi.conf without a restart; the default",
  },
  {
    image: "telegrammessenger/proxy",
    note: "built in 2020: padded and plain links only, current apps get no answer to fake-TLS",
  },
];
