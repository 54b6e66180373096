import type { Facts, RunMessage } from "../../runs/series";
import { Rows } from "./rows";

/** What the page has received about runs, by the run's folder. */
export class RunData {
  readonly rows = new Map<string, Rows>();
  readonly facts = new Map<string, Facts>();

  receive(message: RunMessage): void {
    if (message.type === "facts") {
      this.facts.set(message.folder, message.facts);
      return;
    }
    const rows = this.rows.get(message.folder) ?? new Rows();
    rows.write(message.from, message.columns);
    this.rows.set(message.folder, rows);
  }

  /** Forget every run except those in these folders. */
  retain(folders: readonly string[]): void {
    for (const folder of [...this.rows.keys()].filter((one) => !folders.includes(one))) {
      this.rows.delete(folder);
      this.facts.delete(folder);
    }
  }
}
