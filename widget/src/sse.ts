/** Server-sent events read from a fetch body: EventSource can't send an Authorization header. */
export interface ServerEvent {
  name: string;
  data: string;
}

/** Yields events with data in one line, as the server sends them; `heard` is called for heartbeats too. */
export async function* serverEvents(
  body: ReadableStream<Uint8Array>,
  heard: () => void,
): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as never).getReader() as ReadableStreamDefaultReader<string>;
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop()!;
    for (const block of blocks) {
      const [name, data] = ["event", "data"].map((field) => RegExp(`^${field}: ?(.*)`, "m").exec(block)?.[1]);
      if (data) yield { name: name ?? "message", data };
    }
  }
}
