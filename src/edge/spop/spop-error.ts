/** Status codes of a DISCONNECT frame (HAProxy's SPOE.txt, section 3.5). */
export const spopStatus = {
  normal: 0,
  ioError: 1,
  timeout: 2,
  frameTooBig: 3,
  invalidFrame: 4,
  noVersion: 5,
  noMaxFrameSize: 6,
  noCapabilities: 7,
  unsupportedVersion: 8,
  badMaxFrameSize: 9,
  fragmentation: 10,
  interlacedFrames: 11,
  unknownFrameId: 12,
  noResources: 13,
  unknown: 99,
} as const;

export type SpopStatus = (typeof spopStatus)[keyof typeof spopStatus];

/** The peer broke the protocol. `status` is what the DISCONNECT frame says of it. */
export class SpopError extends Error {
  override readonly name = "SpopError";
  readonly status: SpopStatus;

  constructor(status: SpopStatus, message: string) {
    super(message);
    this.status = status;
  }
}

export function invalidFrame(message: string): SpopError {
  return new SpopError(spopStatus.invalidFrame, message);
}
