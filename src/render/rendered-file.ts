/** A file that the state asks for, under the rendered folder of the home. */
export interface RenderedFile {
  /** Relative to the rendered folder, with forward slashes. */
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Permission bits. */
  readonly mode: number;
  /**
   * Belongs to the user that the containers run as, and so does the folder it stands in: a process that dropped its rights could
   * not read it otherwise.
   */
  readonly forContainer: boolean;
}
