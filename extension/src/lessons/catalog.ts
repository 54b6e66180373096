import { remembered } from "../shared/remembered";
import type { Found, Lesson } from "./lesson";
import type { Rendered } from "./render";

/** The lessons in a folder and their pages, each loaded when it is first needed. */
export class Catalog {
  private readonly pages = new Map<string, () => Promise<Rendered>>();

  /** Every lesson in order, and those that cannot be read. */
  readonly find: () => Promise<Found>;

  constructor(root: string) {
    this.find = remembered(async () => {
      const { findLessons } = await import("./lesson");
      return findLessons(root);
    });
  }

  /** Every lesson that can be read, in order. */
  async lessons(): Promise<readonly Lesson[]> {
    return (await this.find()).lessons;
  }

  /** A lesson's page. The renderer is large, so it is loaded with the first one. */
  rendered({ id, markdown, diagrams }: Lesson): Promise<Rendered> {
    const page =
      this.pages.get(id) ??
      remembered(async () => {
        const { renderLesson } = await import("./render");
        return renderLesson(markdown, diagrams);
      });
    this.pages.set(id, page);
    return page();
  }
}
