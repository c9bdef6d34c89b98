/**
 * What the customer sent and the server hasn't acknowledged yet. Kept in the browser under its client id, sent
 * one after another in order, and sent again with the same id until the server answers: so nothing is lost on a
 * reload or a dead connection, and nothing arrives twice.
 */
import { type Refused, isRefused, pauseAfter, sleeper } from "./api.ts";
import * as kept from "./kept.ts";

export interface Letter {
  client_id: string;
  text: string;
  /** Set when a button was pressed; `text` is then its title. */
  button?: string;
  /** Newest seq known when it was written: its own will be higher. */
  after: number;
  at: string;
}

export interface OutboxHooks {
  /** Resolves to the seq that the server gave it. */
  post(letter: Letter): Promise<number>;
  sent(letter: Letter, seq: number): void;
  /** The server will never take this one. */
  refused(letter: Letter, why: Refused): void;
  /** Several tries failed, or the server asks for a pause. It goes on by itself, at once when the customer asks. */
  stuck(): void;
}

export interface Outbox {
  add(letter: Letter): void;
  /** Tries now what is waiting. */
  retry(): void;
  clear(): void;
}

const key = ({ client_id }: Letter): string => `out:${client_id}`;

/** What an earlier page left unsent, oldest first. */
export const leftUnsent = (): Letter[] =>
  kept
    .keys("out:")
    .map((name) => JSON.parse(kept.get(name)!) as Letter)
    .sort((a, b) => (a.at < b.at ? -1 : 1));

export function createOutbox(letters: Letter[], hooks: OutboxHooks): Outbox {
  const { sleep, wake } = sleeper();
  let busy = false;
  let tries = 0;

  function done(letter: Letter): void {
    kept.set(key(letter), null);
    // Cleared meanwhile, it is another's place.
    if (letters[0] === letter) letters.shift();
    tries = 0;
  }

  async function pump(): Promise<void> {
    if (busy) return;
    busy = true;
    for (let letter; (letter = letters[0]); ) {
      try {
        const seq = await hooks.post(letter);
        done(letter);
        hooks.sent(letter, seq);
      } catch (error) {
        if (isRefused(error) && error.status < 500 && error.status !== 429) {
          done(letter);
          hooks.refused(letter, error);
          continue;
        }
        // Where the server names a pause, another try is certain.
        if (++tries > 3 || (isRefused(error) && error.pause)) hooks.stuck();
        await sleep(pauseAfter(error, tries - 1));
      }
    }
    busy = false;
  }

  function retry(): void {
    tries = 0;
    wake();
    void pump();
  }

  return {
    add(letter) {
      kept.set(key(letter), JSON.stringify(letter));
      letters.push(letter);
      retry();
    },
    retry,
    clear: () => letters.splice(0),
  };
}
