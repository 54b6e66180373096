// The text of a sequence, prepared so that everything in it can be seen.
import type { DataSequence, TextPiece } from "../generated/reports";
import { INVISIBLE } from "../shared/plainText";

/** Text as it is, a line break, or a character that is otherwise invisible, written as a code. */
export interface VisibleText {
  readonly kind: "text" | "break" | "code";
  readonly text: string;
}

/** A document of a sequence, or a part of one. */
export interface ShownDocument {
  /** Its file and line; `undefined` if a text is cut anywhere. */
  readonly place: string | undefined;
  readonly pieces: readonly TextPiece[];
}

/** Divide a text where it has line breaks and invisible characters. */
export function visibleText(text: string): VisibleText[] {
  const parts: VisibleText[] = [];
  let shown = 0;
  for (const found of text.matchAll(INVISIBLE)) {
    if (found.index > shown) parts.push({ kind: "text", text: text.slice(shown, found.index) });
    parts.push(...Array.from(found[0], visibleCharacter));
    shown = found.index + found[0].length;
  }
  if (shown < text.length) parts.push({ kind: "text", text: text.slice(shown) });
  return parts;
}

function visibleCharacter(character: string): VisibleText {
  if (character === "\n") return { kind: "break", text: character };
  const known: Record<string, string> = { "\t": "\\t", "\r": "\\r" };
  const code = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0");
  return { kind: "code", text: known[character] ?? `\\u${code}` };
}

/** The documents of a sequence, in the order in which the model reads them. */
export function documentsOf({ places, pieces }: DataSequence): ShownDocument[] {
  const documents: TextPiece[][] = [];
  for (const piece of pieces) {
    const last = documents.at(-1);
    if (last && !piece.begins_document) last.push(piece);
    else documents.push([piece]);
  }
  return documents.map((own, index) => ({ place: places[index], pieces: own }));
}
