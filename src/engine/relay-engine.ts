/** A relay's container as it stands on Docker. */
export interface RelayContainer {
  readonly running: boolean;
  readonly restarts: number;
  readonly image: string;
}

/** What runs a relay on this machine. Its files are rendered in a folder of their own, and it knows no home. */
export interface RelayEngine {
  /** AppError environment without Docker or Compose, conflict when the relay of another folder runs. */
  container(): Promise<RelayContainer | undefined>;
  /** Makes the container what the Compose file says; one that is so already is left alone. */
  up(): Promise<void>;
  /** Why HAProxy in its running container would refuse its configuration. */
  checkConfig(): Promise<string | undefined>;
  /** Ends what is open with it. No error when there is none. */
  remove(): Promise<void>;
  /** The last that HAProxy printed. */
  lastLines(): Promise<readonly string[]>;
}
