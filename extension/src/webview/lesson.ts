// The lesson's page: its buttons, and the scroll position that survives a hidden tab.

interface Api {
  postMessage(message: { action: string; text: string }): void;
  getState(): { scroll: number } | undefined;
  setState(state: { scroll: number }): void;
}
declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();
const said = document.getElementById("said");

const MILLISECONDS_SAID = 4000;
const ANSWERS: Record<string, string> = { copy: "Copied", insert: "Inserted into the editor" };

document.addEventListener("click", ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  const action = target.dataset.action;
  const text = target.closest("figure")?.querySelector("code")?.textContent;
  if (!action || !text) return;
  api.postMessage({ action, text });
  say(ANSWERS[action] ?? "");
});

let silence: ReturnType<typeof setTimeout> | undefined;

/** Say it to eyes and to screen readers, and be still again after a while. */
function say(text: string): void {
  if (!said) return;
  said.textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => {
    said.textContent = "";
  }, MILLISECONDS_SAID);
}

window.addEventListener("scroll", () => {
  api.setState({ scroll: window.scrollY });
});
window.scrollTo(0, api.getState()?.scroll ?? 0);
