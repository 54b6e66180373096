import { constants } from "node:fs";
import * as fs from "node:fs/promises";

import type { TrainsmithEvent } from "../generated/events";
import { EVENT_SCHEMA, LIMITS } from "../generated/validation";
import { parseAs } from "../shared/schema";

/** A pipe is not waited for, and a link is not followed. Windows has neither. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
const NEWLINE = 0x0a;
const CHUNK_BYTES = 1 << 20;
/** If the first bytes have changed, it is another file: a run's first event has its start time. */
const HEAD_BYTES = 256;
/** The most that one call reads, so that the events of a large file are not all in memory. */
const MOST_BYTES = 16 * CHUNK_BYTES;

/** The result of a call of `read`. */
export interface Reading {
  /** The file was replaced or removed: events read before are void. */
  readonly restarted: boolean;
  readonly events: readonly TrainsmithEvent[];
  /** Whether the file has more than one call reads. */
  readonly more: boolean;
}

/** Reads a run's events as they are written, each line once, by offset. */
export class EventTail {
  private offset = 0;
  /** The bytes of a line that is not complete yet. */
  private rest: Buffer = Buffer.alloc(0);
  /** The first bytes and the inode of the file that was read. */
  private head: Buffer = Buffer.alloc(0);
  private inode = 0n;
  /** Lines that are not events. After too many, the rest of the file is not parsed. */
  private others = 0;

  constructor(private readonly file: string) {}

  /**
   * The events written since the last call, or some of them. A file that does not exist yet, is not regular or is
   * too large has none; a file that was replaced or truncated is read from its start.
   */
  async read(): Promise<Reading> {
    const handle = await fs.open(this.file, FLAGS).catch(() => undefined);
    if (!handle) return { restarted: this.reset(), events: [], more: false };
    try {
      const status = await handle.stat({ bigint: true });
      const { ino, size } = status;
      if (!status.isFile() || size > LIMITS.events) {
        return { restarted: this.reset(), events: [], more: false };
      }
      const restarted = (await this.isReplaced(handle, ino, size)) && this.reset();
      this.inode = ino;
      const events: TrainsmithEvent[] = [];
      const buffer = Buffer.alloc(CHUNK_BYTES);
      const end = this.offset + MOST_BYTES;
      while (this.offset < end) {
        const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, this.offset);
        if (bytesRead === 0) return { restarted, events, more: false };
        this.offset += bytesRead;
        events.push(...this.parseChunk(buffer.subarray(0, bytesRead)));
      }
      return { restarted, events, more: true };
    } finally {
      await handle.close();
    }
  }

  private async isReplaced(handle: fs.FileHandle, inode: bigint, size: bigint): Promise<boolean> {
    if (this.offset === 0) return false;
    if (inode !== this.inode || size < this.offset) return true;
    const head = Buffer.alloc(this.head.length);
    await handle.read(head, 0, head.length, 0);
    return !head.equals(this.head);
  }

  /** Start again from the beginning of the file. Returns whether anything had been read. */
  private reset(): boolean {
    const before = this.offset;
    this.offset = this.others = 0;
    this.rest = this.head = Buffer.alloc(0);
    return before > 0;
  }

  private parseChunk(bytes: Buffer): TrainsmithEvent[] {
    if (this.head.length < HEAD_BYTES) {
      this.head = Buffer.concat([this.head, bytes]).subarray(0, HEAD_BYTES);
    }
    const all = Buffer.concat([this.rest, bytes]);
    const events: TrainsmithEvent[] = [];
    let start = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, start)) {
      const event = this.others < LIMITS.otherLines ? parse(all.subarray(start, end)) : undefined;
      if (event) events.push(event);
      else this.others++;
      start = end + 1;
    }
    // A line that is too long is cut, and stays too long.
    this.rest = Buffer.from(all.subarray(start, start + LIMITS.eventLine));
    return events;
  }
}

/** A line that is not an event is skipped: it was cut by a crash, or somebody else wrote it. */
function parse(line: Buffer): TrainsmithEvent | undefined {
  if (line.length === 0 || line.length >= LIMITS.eventLine) return undefined;
  return parseAs(line.toString("utf8"), EVENT_SCHEMA, LIMITS.eventText) as
    TrainsmithEvent | undefined;
}
