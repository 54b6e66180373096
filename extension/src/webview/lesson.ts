// The lesson's page: its buttons, what became of its blocks, and where the reader is.
import type { Action } from "../lessons/blocks";
import type { FromPage, PageState, ToPage } from "../lessons/messages";
import { watchReading } from "./lesson/reading";
import { showResult } from "./lesson/results";

interface Api {
  postMessage(message: FromPage): void;
  getState(): PageState | undefined;
  setState(state: PageState): void;
}
declare function acquireVsCodeApi(): Api;

const MILLISECONDS_SAID = 4000;
const MILLISECONDS_STILL = 200;

const api = acquireVsCodeApi();
const main = document.querySelector("main");
const lesson = main?.dataset.lesson ?? "";
const said = document.getElementById("said");

document.addEventListener("click", ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  const action = target.dataset.action as Action | undefined;
  const block = target.closest("figure")?.dataset.block;
  if (action && block) api.postMessage({ type: "block", block: Number(block), action });
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

let still: ReturnType<typeof setTimeout> | undefined;

/** Whether the reader's place is shown. Until then VS Code may scroll to that of the page before. */
let placed = false;

window.addEventListener("scroll", () => {
  if (!placed) return;
  const scroll = window.scrollY;
  api.setState({ lesson, scroll });
  clearTimeout(still);
  still = setTimeout(() => {
    api.postMessage({ type: "scroll", top: scroll });
  }, MILLISECONDS_STILL);
});

/** The heading takes the focus too, so that reading and tabbing go on from there. */
function reveal(id: string): void {
  const heading = document.getElementById(id);
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
  heading?.scrollIntoView();
}

const readAnew =
  main &&
  watchReading(main, (heading) => {
    api.postMessage({ type: "read", heading });
  });

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  placed ||= data.type === "scroll" || data.type === "reveal";
  if (data.type === "scroll") window.scrollTo(0, data.top);
  else if (data.type === "reveal") reveal(data.heading);
  else if (data.type === "say") say(data.text);
  else if (data.type === "reset") readAnew?.();
  else showResult(data.block, data.result);
});

const state = api.getState();
if (state?.lesson === lesson) {
  placed = true;
  window.scrollTo(0, state.scroll);
} else api.setState({ lesson, scroll: 0 });
api.postMessage({ type: "ready" });
