/** Every word the widget says: English, Japanese. */
import type { Lang } from "./protocol.ts";

type Range = readonly [low: number, high: number];

/** Seconds in whole minutes, or hours from an hour and a half on; the upper bound never too short. */
function rounded([low, high]: Range): [from: number, to: number, hours: boolean] {
  const hours = high > 5400;
  const unit = hours ? 3600 : 60;
  const to = Math.ceil(high / unit) || 1;
  return [Math.min(Math.floor(low / unit), to), to, hours];
}

const words = {
  title: ["Customer service", "お客様サポート"],
  otherLanguage: ["日本語", "English"],

  // Authors
  customer: ["You", "お客様"],
  bot: ["Automated assistant", "自動応答アシスタント"],
  agent: ["Our team", "担当者"],
  system: ["Notice", "お知らせ"],

  // Who speaks now, by who owns the conversation
  queued: ["Automated, while you wait", "自動応答アシスタント（順番待ち）"],
  assigned: ["A person from our team", "担当者が対応しております"],
  resolved: ["Automated assistant", "自動応答アシスタント"],

  welcomeTitle: ["How can we help?", "どのようなご用件でしょうか"],
  welcome: [
    "Ask about orders, delivery, returns or anything in the shop. An automated assistant answers at once, and you can have a person at any time.",
    "ご注文や配送、返品、商品のことなど、お気軽にお尋ねください。自動応答アシスタントがすぐにお答えし、いつでも担当者におつなぎします。",
  ],
  careful: [
    "Please leave out card numbers and passwords.",
    "カード番号やパスワードのご入力はお控えください。",
  ],
  earlier: ["Earlier messages", "以前のメッセージ"],
  newest: ["New messages", "新着メッセージ"],
  write: ["Write a message", "メッセージを入力"],
  send: ["Send", "送信"],
  left: [(n: number) => `${n} characters left`, (n: number) => `残り${n}文字`],
  over: [(n: number) => `${n} characters too many`, (n: number) => `${n}文字超えています`],
  sending: ["Sending…", "送信中…"],
  sent: ["Sent", "送信済み"],
  seen: ["Read", "既読"],
  unsent: ["Not sent", "送信できていません"],
  resend: ["Try again", "再送する"],
  isTyping: [(name: string) => `${name} is writing…`, (name: string) => `${name}が入力中です…`],
  open: ["Open chat", "チャットを開く"],
  openUnread: [(n: number) => `Open chat, ${n} new`, (n: number) => `チャットを開く（新着${n}件）`],
  close: ["Close chat", "チャットを閉じる"],
  today: ["Today", "今日"],
  yesterday: ["Yesterday", "昨日"],
  readMore: ["Read more", "詳しく見る"],
  order: [(number: string) => `Order ${number}`, (number: string) => `ご注文 ${number}`],
  case: [(number: string) => `Case ${number}`, (number: string) => `受付番号 ${number}`],
  track: ["Track the parcel", "荷物を追跡"],

  menu: ["More options", "メニュー"],
  transcript: ["Download this chat", "会話をダウンロード"],
  help: ["Help pages and contact", "ヘルプとお問い合わせ先"],
  erase: ["Delete my data", "データを削除"],
  eraseAsk: [
    "Delete this chat and all we keep with it? There is no way back.",
    "この会話と、お預かりしている情報をすべて削除します。元には戻せませんが、よろしいでしょうか。",
  ],
  eraseYes: ["Delete", "削除する"],
  back: ["Back", "戻る"],

  email: ["Your e-mail address", "メールアドレス"],
  invalid: ["Please check the address.", "メールアドレスをご確認ください。"],

  place: [
    (n: number) => (n < 2 ? "You're next in line" : `You're number ${n} in line`),
    (n: number) => (n < 2 ? "次におつなぎします" : `ただいま${n}番目にお待ちです`),
  ],
  waiting: ["You're in line for a person", "担当者におつなぎします"],
  range: [
    (estimate: Range) => {
      const [from, to, hours] = rounded(estimate);
      const span = from && from < to ? `${from} to ${to}` : to;
      return `${from ? "about" : "up to"} ${span} ${hours ? "hour" : "minute"}${to > 1 ? "s" : ""}`;
    },
    (estimate: Range) => {
      const [from, to, hours] = rounded(estimate);
      const unit = hours ? "時間" : "分";
      return from ? `約${from < to ? `${from}〜` : ""}${to}${unit}` : `${to}${unit}以内の見込み`;
    },
  ],
  away: ["Nobody from our team is here right now.", "ただいま担当者が不在にしております。"],
  wait: ["Keep waiting", "このまま待つ"],
  message: ["Leave a message", "メッセージを残す"],
  meanwhile: ["Ask the assistant (your place is kept)", "アシスタントに質問する（順番はそのまま）"],
  giveUp: ["Give up my place", "順番待ちをやめる"],
  options: ["Options", "選択肢"],
  messageHint: [
    "Write your message here in the chat. We'll answer by e-mail.",
    "ご用件はこのチャットにお書きください。メールでお返事いたします。",
  ],
  save: ["Save", "登録する"],

  rate: ["How was this chat?", "今回の対応はいかがでしたか"],
  scores: ["Very poor,Poor,All right,Good,Very good", "とても不満,不満,ふつう,満足,とても満足"],
  thanks: ["Thank you.", "ありがとうございます。"],
  comment: ["Anything to add? (optional)", "お気づきの点（任意）"],
  dismiss: ["Close", "閉じる"],

  // In passing
  lost: ["Connection lost. Trying again…", "接続が切れました。つなぎ直しています…"],
  offline: [
    "You're offline. What you write is sent when you're back.",
    "オフラインです。ご入力の内容は、接続が戻り次第送信されます。",
  ],
  expired: [
    "Your earlier chat has expired. This is a new one.",
    "以前の会話の有効期限が過ぎたため、新しい会話を始めました。",
  ],
  closedChoice: [
    "That choice is no longer open. Just write what you need.",
    "その選択肢は受付を終了しました。ご用件をそのままお書きください。",
  ],
  refused: [
    "That couldn't be sent as it is. Please change it a little.",
    "このままでは送信できませんでした。少し変えてお送りください。",
  ],
  failed: [
    "That didn't work just now. Please try again in a moment.",
    "うまくいきませんでした。恐れ入りますが、少し待ってからもう一度お試しください。",
  ],
  deleted: ["Your chat and its data have been deleted.", "会話とデータを削除しました。"],
  stuck: [
    "Not sent yet. Your message is kept, and sent as soon as possible.",
    "まだ送信できていません。保存してありますので、準備が整い次第送信されます。",
  ],
} as const;

export type Texts = { readonly [Key in keyof typeof words]: (typeof words)[Key][number] };

const pick = (index: 0 | 1): Texts =>
  Object.fromEntries(Object.entries(words).map(([key, pair]) => [key, pair[index]])) as unknown as Texts;

export const texts: Record<Lang, Texts> = { en: pick(0), ja: pick(1) };
