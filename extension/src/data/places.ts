// The places in files that a report names; only these can be opened.
import type { DataReport } from "../generated/reports";

/** A position in a file, counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The place of a document of the data, `file:line`. */
export function placeOfDocument(text: string): Place | undefined {
  const [, file, line] = /^(.+):(\d+)$/su.exec(text) ?? [];
  return file === undefined ? undefined : { file, line: Number(line), column: 1 };
}

/** The place of a finding, `file:line:column`; `undefined` for an option of the command line. */
export function placeOfFinding(text: string): Place | undefined {
  const [, file, line, column] = /^(.+):(\d+):(\d+)$/su.exec(text) ?? [];
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) };
}

/** A part of a message; `place` is the same text if it is a place in a file. */
export interface MessagePart {
  readonly text: string;
  readonly place?: string;
}

/** In characters: a message may repeat a path that somebody wrote. */
const LONGEST_MESSAGE = 5000;

/** Divide a message where it names a place in one of the files. The rest of a long one is cut off. */
export function partsOf(whole: string, files: ReadonlySet<string>): MessagePart[] {
  const message =
    whole.length > LONGEST_MESSAGE ? `${whole.slice(0, LONGEST_MESSAGE - 1)}…` : whole;
  const parts: MessagePart[] = [];
  let shown = 0;
  for (const { index, 0: line } of message.matchAll(/:\d+/gu)) {
    const begin = beginOfName(message, shown, index, files);
    if (begin === undefined) continue;
    const place = message.slice(begin, index + line.length);
    if (begin > shown) parts.push({ text: message.slice(shown, begin) });
    parts.push({ text: place, place });
    shown = index + line.length;
  }
  if (shown < message.length) parts.push({ text: message.slice(shown) });
  return parts;
}

/** Where the longest name of a file begins that ends at `end`; names may contain spaces. */
function beginOfName(
  message: string,
  first: number,
  end: number,
  files: ReadonlySet<string>,
): number | undefined {
  let longest: number | undefined;
  for (const file of files) {
    const begin = end - file.length;
    if (begin < first || begin >= (longest ?? end) || !message.endsWith(file, end)) continue;
    if (begin === 0 || /[\s(]/u.test(message[begin - 1] ?? "")) longest = begin;
  }
  return longest;
}

/** All places of a report, by their texts. */
export function placesOf({
  errors,
  warnings,
  files,
  view,
}: DataReport): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const add = (text: string, place: Place | undefined): void => {
    if (place) places.set(text, place);
  };
  const names = new Set(files);
  for (const { place, message } of [...errors, ...warnings]) {
    add(place, placeOfFinding(place));
    for (const { place: named } of partsOf(message, names)) {
      if (named !== undefined) add(named, placeOfDocument(named));
    }
  }
  const duplicates = [view?.training.duplicates, view?.validation?.duplicates];
  const documents = [
    ...duplicates.flatMap((one) => (one ? [one.place, one.same_as] : [])),
    ...(view?.sequences.flatMap((sequence) => sequence.places) ?? []),
  ];
  for (const place of documents) add(place, placeOfDocument(place));
  return places;
}
