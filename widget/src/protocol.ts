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
  /** The id of their picture, fetched with the token. */
  picture?: string;
}

export interface Button {
  id: string;
  title: string;
  used?: boolean;
}

/** What an answer is to hold. */
export type Wanted = "order_number" | "email" | "postcode" | "phone";

/** A file; its content is fetched with the token. */
export interface Attachment {
  id: string;
  name: string;
  type: string;
  /** Bytes. */
  size: number;
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
  /** a question: a form is offered for its answer */
  expects?: Wanted[];
}

export interface Message {
  seq: number;
  id: string;
  author: Author;
  /** text, article, order, case, choice, attachment; contact asks for an e-mail address; anything else reads as text. */
  kind: string;
  text: string;
  buttons?: Button[] | null;
  data?: Details | null;
  attachments?: Attachment[] | null;
  agent?: Agent | null;
  /** Where the customer wrote it. */
  channel?: string;
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

/** A call or message agreed on; `contact` is a number, an address, or "chat" for here. */
export interface Call {
  at: string;
  contact?: string | null;
}

/** Free times to be called back, and their days in the zone asked for. */
export interface Slots {
  slots: { at: string; day: string }[];
}

/** Another channel on which the conversation goes on, or could. */
export interface Link {
  channel: string;
  linked: boolean;
  /** Answers go there wherever the customer writes. */
  preferred?: boolean;
}

export interface Snapshot {
  state: Owner;
  queue?: Queue | null;
  agent?: Agent | null;
  callback?: Call | null;
  /** When people are there. */
  hours?: { open: boolean; next_open_at?: string | null };
  /** What there is to know before one asks. */
  notice?: { id: number; text: string } | null;
  links?: Link[];
  /** false: don't ask for a rating (a complaint is open, a bereavement, ...). */
  rate?: boolean;
  /** Answers and transcripts can go out by e-mail. */
  mail?: boolean;
  /** The customer has signed in elsewhere and goes on there: the session is to be taken up again. */
  moved?: boolean;
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

/** A file was taken. */
export interface Attached {
  id: string;
  seq: number;
  attachment: Attachment;
}

export interface Accepted {
  id: string;
  seq: number;
}
