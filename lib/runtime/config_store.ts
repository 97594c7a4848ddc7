/** The configuration as a text that can be read, checked, replaced and taken back while the process runs. */

export interface ConfigVersion {
  /** the name to roll back to */
  readonly id: string;
  /** wall ms when it was replaced */
  readonly at: number;
  readonly bytes: number;
}

export interface ConfigOutcome {
  /** the configuration is right, or in use */
  readonly good: boolean;
  /** what there is to say of it */
  readonly messages: string;
}

export interface ConfigStore {
  readonly path: string;
  /** The text in use. Throws when it cannot be read. */
  read(): Promise<string>;
  /** Checks a text as a whole and changes nothing. */
  check(text: string): Promise<ConfigOutcome>;
  /** Puts a text in the place of the file and takes it; when it cannot be taken everything stays. */
  replace(text: string): Promise<ConfigOutcome>;
  /** Newest first. */
  versions(): Promise<readonly ConfigVersion[]>;
  /** Takes an earlier version (undefined: the newest) back. */
  rollback(id?: string): Promise<ConfigOutcome>;
}
