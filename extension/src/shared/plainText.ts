/** Control characters, and characters that are invisible or change the direction of text. */
export const INVISIBLE =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]+/gu;

/**
 * Make text from outside safe for a notification, a view or a title: one line without links. VS Code
 * makes a link of `[text](target)` in a notification, and the target may be a command.
 */
export function plainText(text: string): string {
  return text.replace(INVISIBLE, " ").replaceAll("](", "] (");
}

/** Text from outside for a page: invisible characters are written as escapes; lines stay lines. */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, (found) => Array.from(found, escaped).join(""));
}

function escaped(character: string): string {
  if (character === "\n" || character === "\t") return character;
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}

/** The same for an item of a list, where VS Code makes an icon of `$(name)`. */
export function itemText(text: string): string {
  return plainText(text).replaceAll("$(", "$ (");
}
