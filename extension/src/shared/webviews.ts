import { randomBytes } from "node:crypto";

import * as vscode from "vscode";

/** A page; its style sheet and its script are named after it. */
interface Page {
  readonly title: string;
  readonly name: string;
  /** HTML. */
  readonly body: string;
}

/** The HTML of a page that can load its own style sheet and script, and nothing else. */
export function page(
  webview: vscode.Webview,
  media: vscode.Uri,
  { title, name, body }: Page,
): string {
  const nonce = randomBytes(16).toString("base64");
  const resource = (file: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(media, file)).toString();
  const policy = [
    "default-src 'none'",
    `style-src ${webview.cspSource}`,
    `img-src ${webview.cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${resource(`${name}.css`)}">
</head>
<body>
${body}
<div id="announcement" role="status" aria-live="polite"></div>
<script nonce="${nonce}" src="${resource(`${name}.js`)}"></script>
</body>
</html>`;
}

/** Escape text for HTML, attributes included. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
