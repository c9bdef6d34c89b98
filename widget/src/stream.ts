/** Keeps one event stream open: watches its heartbeat, and comes back with growing pauses when it dies. */
import { pauseAfter, sleeper } from "./api.ts";
import { type ServerEvent, serverEvents } from "./sse.ts";

/** The server's heartbeat comes every 15 s; two missed and a little grace mean that the socket is dead. */
const silence = 35_000;

export interface StreamHooks {
  /** Makes the request; may throw. `again` is true from the second attempt on. */
  connect(signal: AbortSignal, again: boolean): Promise<Response>;
  event(event: ServerEvent): void;
  /** Something was heard: the connection lives. */
  alive(): void;
  lost(): void;
}

export interface Stream {
  start(): void;
  stop(): void;
  /** Drops the connection, if there is one, for a new one. */
  reconnect(): void;
  /** The page is in sight again: don't wait out a pause, don't trust a silent socket. */
  nudge(): void;
}

export function createStream(hooks: StreamHooks): Stream {
  const { sleep, wake } = sleeper();
  let running = 0;
  let runs = 0;
  let attempt: AbortController | undefined;
  let lastHeard = 0;

  async function run(mine: number): Promise<void> {
    let tries = 0;
    for (let again = false; running === mine; again = true) {
      const current = (attempt = new AbortController());
      let watchdog = 0;
      let failure: unknown;
      const heard = (): void => {
        lastHeard = Date.now();
        clearTimeout(watchdog);
        watchdog = setTimeout(() => current.abort(), silence);
      };
      try {
        heard();
        const { body } = await hooks.connect(current.signal, again);
        const listen = (): void => (heard(), hooks.alive());
        for await (const event of serverEvents(body!, listen)) {
          tries = 0;
          hooks.event(event);
        }
      } catch (error) {
        failure = error;
      }
      clearTimeout(watchdog);
      if (running !== mine) return;
      hooks.lost();
      await sleep(pauseAfter(failure, tries++));
    }
  }

  function reconnect(): void {
    wake();
    attempt?.abort();
  }

  return {
    start() {
      if (!running) void run((running = ++runs));
    },
    stop() {
      running = 0;
      reconnect();
    },
    reconnect,
    nudge() {
      if (Date.now() - lastHeard > silence / 2) reconnect();
      else wake();
    },
  };
}
