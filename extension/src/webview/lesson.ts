// The lesson's page: its buttons, the results of its blocks, and the reading position.
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

const ANNOUNCEMENT_MILLISECONDS = 4000;
const SCROLLED_MILLISECONDS = 200;

const api = acquireVsCodeApi();
const main = document.querySelector("main");
const lesson = main?.dataset.lesson ?? "";
const announcement = document.getElementById("announcement");

document.addEventListener("click", ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  const action = target.dataset.action as Action | undefined;
  const block = target.closest("figure")?.dataset.block;
  if (action && block) api.postMessage({ type: "block", block: Number(block), action });
});

let clearing: ReturnType<typeof setTimeout> | undefined;

/** Show a text for a while; screen readers read it too. */
function announce(text: string): void {
  if (!announcement) return;
  announcement.textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => {
    announcement.textContent = "";
  }, ANNOUNCEMENT_MILLISECONDS);
}

let scrolled: ReturnType<typeof setTimeout> | undefined;

/** Report the position if it has changed since the last report. */
function reportScroll(): void {
  if (scrolled === undefined) return;
  clearTimeout(scrolled);
  scrolled = undefined;
  api.postMessage({ type: "scroll", lesson, top: window.scrollY });
}

/** Whether the page is at its position. Before, VS Code may scroll to that of the previous page. */
let placed = false;

window.addEventListener("scroll", () => {
  if (!placed) return;
  api.setState({ lesson, scroll: window.scrollY });
  clearTimeout(scrolled);
  scrolled = setTimeout(reportScroll, SCROLLED_MILLISECONDS);
});

// A click may open another lesson before the pause is over.
document.addEventListener("click", reportScroll, { capture: true });

/** Scroll to a heading and focus it, so that reading and tabbing continue from there. */
function reveal(id: string): void {
  const heading = document.getElementById(id);
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
  heading?.scrollIntoView();
}

const reading =
  main &&
  watchReading(main, (heading) => {
    api.postMessage({ type: "read", heading });
  });

/** Note that the page is about to be at its position: what is visible from now on is read. */
function arrive(): void {
  if (!placed) reading?.start();
  placed = true;
}

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  if (data.type === "scroll" || data.type === "reveal") arrive();
  if (data.type === "scroll") window.scrollTo(0, data.top);
  else if (data.type === "reveal") reveal(data.heading);
  else if (data.type === "say") announce(data.text);
  else if (data.type === "reset") reading?.reset();
  else showResult(data.block, data.result);
});

const state = api.getState();
if (state?.lesson === lesson) {
  arrive();
  window.scrollTo(0, state.scroll);
} else api.setState({ lesson, scroll: 0 });
api.postMessage({ type: "ready" });
