/** What was asked of a frame and has no answer yet. */

interface Waiting {
  kept(value: unknown): void;
  broken(why: Error): void;
}

export class Asking {
  readonly #error: (code: string, message: string) => Error;
  #last = 0;
  #waiting = new Map<string, Waiting>();
  /** Those that wait for the frame to be there. */
  #starting: Waiting[] = [];

  constructor(error: (code: string, message: string) => Error) {
    this.#error = error;
  }

  /** `send` gets the question's number, at once or when the frame is there. */
  ask<T>(name: string, seconds: number, there: boolean, send: (id: string) => void): Promise<T> {
    return new Promise<T>((resolve, broken) => {
      const kept = resolve as (value: unknown) => void;
      const begin = (): void => {
        const id = String((this.#last += 1));
        const late = setTimeout(() => {
          this.#waiting.delete(id);
          broken(this.#error("timeout", `${name} had no answer within ${seconds} seconds.`));
        }, seconds * 1_000);
        this.#waiting.set(id, {
          kept: (value) => { clearTimeout(late); kept(value); },
          broken: (why) => { clearTimeout(late); broken(why); },
        });
        send(id);
      };
      if (there) begin();
      else this.#starting.push({ kept: begin, broken });
    });
  }

  /** The frame is there. */
  begin(): void {
    for (const { kept } of this.#starting.splice(0)) kept(undefined);
  }

  answer(id: string, ok: boolean, value: unknown, error: unknown): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (!waiting) return;
    if (ok) return waiting.kept(value);
    const { code, message } = (typeof error === "object" && error !== null ? error : { message: error }) as Record<string, unknown>;
    waiting.broken(this.#error(String(code ?? "refused"), String(message ?? "The frame refused.")));
  }

  end(code: string, message: string): void {
    const why = this.#error(code, message);
    const all = [...this.#waiting.values(), ...this.#starting];
    this.#waiting.clear();
    this.#starting = [];
    for (const { broken } of all) broken(why);
  }
}
