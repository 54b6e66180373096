import * as fs from "node:fs/promises";

import type { TrainsmithEvent } from "../generated/events";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1 << 20;

/** Reads a run's events as they are written, each line once, by offset. */
export class EventTail {
  private offset = 0;
  /** The bytes of a line whose end is not written yet. */
  private rest = Buffer.alloc(0);

  constructor(private readonly file: string) {}

  /** The events written since the last call. A file that isn't there yet has none. */
  async read(): Promise<TrainsmithEvent[]> {
    const events: TrainsmithEvent[] = [];
    const handle = await fs.open(this.file).catch(() => undefined);
    if (!handle) return events;
    try {
      const buffer = Buffer.alloc(CHUNK_BYTES);
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, this.offset);
        if (bytesRead === 0) return events;
        this.offset += bytesRead;
        events.push(...this.take(buffer.subarray(0, bytesRead)));
      }
    } finally {
      await handle.close();
    }
  }

  private take(bytes: Buffer): TrainsmithEvent[] {
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
