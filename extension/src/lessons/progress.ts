import * as vscode from "vscode";

const KEY = "lessons.read";

/** The sections that were read, stored for all windows and workspaces. */
export class Progress implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly state: vscode.Memento) {}

  /** The ids of the headings whose sections were read. */
  read(lesson: string): readonly string[] {
    return this.all()[lesson] ?? [];
  }

  async add(lesson: string, heading: string): Promise<void> {
    const read = this.read(lesson);
    if (read.includes(heading)) return;
    await this.state.update(KEY, { ...this.all(), [lesson]: [...read, heading] });
    this.changed.fire();
  }

  async reset(): Promise<void> {
    await this.state.update(KEY, undefined);
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }

  private all(): Readonly<Record<string, readonly string[]>> {
    return this.state.get(KEY, {});
  }
}
