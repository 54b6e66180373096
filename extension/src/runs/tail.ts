import * as fs from "node:fs/promises";

import type { TrainsmithEvent } from "../generated/events";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1 << 20;
/** A file that begins with other bytes than before is another file: a run says when it started. */
const HEAD_BYTES = 256;

/** What a call of `read` has found. */
export interface Reading {
  /** The file is another one than before, or gone: what was read of it no longer counts. */
  readonly restarted: boolean;
  readonly events: readonly TrainsmithEvent[];
}

/** Reads a run's events as they are written, each line once, by offset. */
export class EventTail {
  private offset = 0;
  /** The bytes of a line whose end is not written yet. */
  private rest: Buffer = Buffer.alloc(0);
  /** The file that was read: its first bytes, and its number on the disk. */
  private head: Buffer = Buffer.alloc(0);
  private inode = 0n;

  constructor(private readonly file: string) {}

  /**
   * The events written since the last call. A file that isn't there yet has none; one that was
   * replaced or became shorter is read from its start.
   */
  async read(): Promise<Reading> {
    const handle = await fs.open(this.file).catch(() => undefined);
    if (!handle) return { restarted: this.beginAgain(), events: [] };
    try {
      const { ino, size } = await handle.stat({ bigint: true });
      const restarted = (await this.isAnother(handle, ino, size)) && this.beginAgain();
      this.inode = ino;
      const events: TrainsmithEvent[] = [];
      const buffer = Buffer.alloc(CHUNK_BYTES);
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, this.offset);
        if (bytesRead === 0) return { restarted, events };
        this.offset += bytesRead;
        events.push(...this.take(buffer.subarray(0, bytesRead)));
      }
    } finally {
      await handle.close();
    }
  }

  private async isAnother(handle: fs.FileHandle, inode: bigint, size: bigint): Promise<boolean> {
    if (this.offset === 0) return false;
    if (inode !== this.inode || size < this.offset) return true;
    const head = Buffer.alloc(this.head.length);
    await handle.read(head, 0, head.length, 0);
    return !head.equals(this.head);
  }

  /** Whether something had been read. */
  private beginAgain(): boolean {
    const before = this.offset;
    this.offset = 0;
    this.rest = this.head = Buffer.alloc(0);
    return before > 0;
  }

  private take(bytes: Buffer): TrainsmithEvent[] {
    if (this.head.length < HEAD_BYTES) {
      this.head = Buffer.concat([this.head, bytes]).subarray(0, HEAD_BYTES);
    }
    const all = Buffer.concat([this.rest, bytes]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    this.rest = Buffer.from(all.subarray(end));
    return all
      .subarray(0, end)
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "")
      .flatMap(parse);
  }
}

/** A line that is no event, after a crash perhaps, is passed over. */
function parse(line: string): TrainsmithEvent[] {
  try {
    const value = JSON.parse(line) as TrainsmithEvent;
    return [value];
  } catch {
    return [];
  }
}
