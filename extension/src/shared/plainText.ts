/** Control characters, and those that change the direction of what follows. */
// eslint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/**
 * Text from outside for a notification: of one line, and without links. VS Code turns `[text](target)`
 * in a notification into a link, and the target may be a command.
 */
export function plainText(text: string): string {
  return text.replace(UNSEEN, " ").replaceAll("](", "] (");
}
