/** Control characters, and characters that change the direction of text. */
// eslint-disable-next-line no-control-regex
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/**
 * Make text from outside safe for a notification: one line without links. VS Code makes a link of
 * `[text](target)` in a notification, and the target may be a command.
 */
export function plainText(text: string): string {
  return text.replace(INVISIBLE, " ").replaceAll("](", "] (");
}
