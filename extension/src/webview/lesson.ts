// The lesson's page: its buttons, and the scroll position that survives a hidden tab.

interface Api {
  postMessage(message: { action: string; text: string }): void;
  getState(): { scroll: number } | undefined;
  setState(state: { scroll: number }): void;
}
declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();
const said = document.getElementById("said");

const ANSWERS: Record<string, string> = { copy: "Copied", insert: "Inserted into the editor" };

document.addEventListener("click", ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  const action = target.dataset.action;
  const text = target.closest("figure")?.querySelector("code")?.textContent;
  if (!action || !text) return;
  api.postMessage({ action, text });
  if (said) said.textContent = ANSWERS[action] ?? "";
});

window.addEventListener("scroll", () => {
  api.setState({ scroll: window.scrollY });
});
window.scrollTo(0, api.getState()?.scroll ?? 0);
