import * as vscode from "vscode";

import { page } from "../shared/webviews";
import { BlockRunner } from "./blockRunner";
import type { Action } from "./blocks";
import { insertBlock, openBlock } from "./edits";
import type { Lesson } from "./lesson";
import { LINKED_COMMANDS } from "./links";
import { fromPage, type FromPage, type ToPage } from "./messages";
import { lessonBody } from "./page";
import { type LessonParts, VIEW_TYPE } from "./parts";
import type { Rendered } from "./render";

/** The scroll positions: pixels from the top by the lesson's id. */
const SCROLL = "lessons.scroll";

/** The lesson that is open. */
interface Shown {
  readonly lesson: Lesson;
  readonly rendered: Rendered;
  readonly runner: BlockRunner;
}

/** The panel of the open lesson; another lesson replaces it. */
export class LessonPanel implements vscode.Disposable {
  private readonly panel: vscode.WebviewPanel;
  private readonly media: vscode.Uri;
  private shown: Shown | undefined;
  private ready = false;
  /** Sent to the page as soon as it is ready. */
  private place: ToPage | undefined;
  private readonly trust = vscode.workspace.onDidGrantWorkspaceTrust(() => void this.fill());

  constructor(
    private readonly parts: LessonParts,
    private readonly given?: vscode.WebviewPanel,
  ) {
    this.media = vscode.Uri.joinPath(parts.context.extensionUri, "dist", "webview");
    this.panel =
      given ??
      vscode.window.createWebviewPanel(VIEW_TYPE, "", vscode.ViewColumn.Beside, {
        enableFindWidget: true,
      });
    this.panel.webview.options = {
      enableScripts: true,
      enableCommandUris: [...LINKED_COMMANDS],
      localResourceRoots: [this.media],
    };
    this.panel.webview.onDidReceiveMessage(async (message: unknown) => {
      const known = fromPage(message);
      if (known && this.shown) await this.answer(known, this.shown);
    });
    this.panel.onDidChangeViewState(() => {
      // VS Code destroys a hidden page; the page sends `ready` when it is shown again.
      if (!this.panel.visible) this.ready = false;
    });
    this.panel.onDidDispose(() => {
      this.trust.dispose();
      this.shown?.runner.dispose();
    });
  }

  get onDidDispose(): vscode.Event<void> {
    return this.panel.onDidDispose;
  }

  /** Show a lesson at a heading, or at the last scroll position. */
  async show(lesson: Lesson, heading?: string): Promise<void> {
    this.panel.reveal(undefined, false);
    if (this.shown?.lesson.id === lesson.id) {
      if (heading) this.goTo({ type: "reveal", heading });
      return;
    }
    const before = this.shown;
    before?.runner.dispose();
    const rendered = await this.parts.catalog.rendered(lesson);
    const runner = new BlockRunner(this.parts, lesson, (block, result) => {
      this.post({ type: "result", block, result });
    });
    this.shown = { lesson, rendered, runner };
    const top = this.scrolls()[lesson.id] ?? 0;
    if (heading) this.place = { type: "reveal", heading };
    // A restored page has kept its scroll position.
    else if (!this.given || before) this.place = { type: "scroll", top };
    this.panel.title = lesson.title;
    await this.fill();
  }

  /** Make all sections of the page unread, so that it reports none it saw before. */
  resetReading(): void {
    this.post({ type: "reset" });
  }

  dispose(): void {
    this.panel.dispose();
  }

  private async fill(): Promise<void> {
    if (!this.shown) return;
    this.ready = false;
    const { lesson, rendered } = this.shown;
    this.panel.webview.html = page(this.panel.webview, this.media, {
      title: lesson.title,
      name: "lesson",
      body: lessonBody(
        lesson,
        rendered,
        await this.parts.catalog.lessons(),
        vscode.workspace.isTrusted,
      ),
    });
  }

  private async answer(message: FromPage, { lesson, rendered, runner }: Shown): Promise<void> {
    switch (message.type) {
      case "ready":
        this.ready = true;
        if (this.place) this.goTo(this.place);
        runner.sendAll();
        break;
      case "scroll":
        // It may be of the page before this one, which was scrolled last.
        if ((await this.parts.catalog.lessons()).some(({ id }) => id === message.lesson)) {
          await this.parts.context.workspaceState.update(SCROLL, {
            ...this.scrolls(),
            [message.lesson]: message.top,
          });
        }
        break;
      case "read":
        if (rendered.headings.some(({ id }) => id === message.heading)) {
          await this.parts.progress.add(lesson.id, message.heading);
        }
        break;
      case "block":
        await this.act(message.action, message.block, runner, rendered);
        break;
    }
  }

  /** The page sends only a block's number, so the text that runs is always the lesson's. */
  private async act(
    action: Action,
    index: number,
    runner: BlockRunner,
    { blocks }: Rendered,
  ): Promise<void> {
    const block = blocks[index];
    if (!block) return;
    if (action === "stop") {
      runner.stop(index);
      return;
    }
    if (!block.actions.includes(action)) return;
    if (action === "copy") {
      await vscode.env.clipboard.writeText(block.text);
      this.post({ type: "say", text: "Copied" });
    } else if (action === "insert") {
      await insertBlock(block.text, this.parts.editors.yaml());
      this.post({ type: "say", text: "Inserted into the editor" });
    } else if (action === "open") {
      await openBlock(block);
    } else {
      await runner.run(index, action, block);
    }
  }

  private scrolls(): Readonly<Record<string, number>> {
    return this.parts.context.workspaceState.get(SCROLL, {});
  }

  private goTo(place: ToPage): void {
    this.place = this.ready ? undefined : place;
    if (this.ready) this.post(place);
  }

  private post(message: ToPage): void {
    void this.panel.webview.postMessage(message);
  }
}
