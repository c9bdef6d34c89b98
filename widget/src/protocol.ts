/**
 * Shapes of the visitor interface under /api/v1/visitor.
 * Times are ISO 8601 in UTC; `seq` is a message's place in the visitor's thread: it only grows and may have gaps.
 */
export type Lang = "en" | "ja";
export type Author = "customer" | "bot" | "agent" | "system";

/** Who owns the conversation. */
export type Owner = "bot" | "queued" | "assigned" | "resolved";

export interface Agent {
  name: string;
}

export interface Button {
  id: string;
  title: string;
  used?: boolean;
}

/** A step of an order's way, its label in the conversation's language. */
export interface Step {
  label: string;
  done?: boolean;
  at?: string | null;
}

/** What rich messages carry; each kind uses its own part. Only http(s) addresses are linked. */
export interface Details {
  /** article */
  title?: string;
  url?: string;
  /** order and case */
  number?: string;
  /** order: its state in words, its way, its parcel */
  label?: string;
  steps?: Step[];
  carrier?: string | null;
  tracking_url?: string | null;
}

export interface Message {
  seq: number;
  id: string;
  author: Author;
  /** text, article, order, case, choice; contact asks for an e-mail address; anything else reads as text. */
  kind: string;
  text: string;
  buttons?: Button[] | null;
  data?: Details | null;
  agent?: Agent | null;
  created_at: string;
  /** On the visitor's own messages, if the server gives it back. */
  client_id?: string | null;
}

export interface Queue {
  position?: number;
  /** Seconds, lower and upper bound. */
  estimate?: [number, number] | null;
  /** false: nobody is on duty. */
  staffed?: boolean;
}

export interface Snapshot {
  state: Owner;
  queue?: Queue | null;
  agent?: Agent | null;
  /** false: don't ask for a rating (a complaint is open, a bereavement, ...). */
  rating?: boolean;
}

export interface History extends Snapshot {
  messages: Message[];
}

export interface Session {
  token: string;
  conversation_id: string;
  /** The thread's newest seq. */
  seq: number;
}

export interface Accepted {
  id: string;
  seq: number;
}
